// The end of a request that has failed.
internal import MartletCore
internal import MartletDispatch
internal import MartletWire

/// A status, and what the deployment that gave it said beside.
struct FailedAnswer {
  var refusal: Refusal
  /// A `google.rpc.Status`.
  var details: [UInt8]?
  var trailing = HeaderBlock()

  init(_ refusal: Refusal) {
    self.refusal = refusal
  }

  /// Of a call that answered with a status other than OK. Its metadata leaves room for the details.
  init(_ error: RPCError, _ metadata: AnswerMetadata) {
    refusal = Refusal(error.status.code, error.status.message)
    details = error.statusDetails
    trailing = metadata.trailing
    trailing.shorten(to: KeptMetadata.maxAnswerBytes - (details?.count ?? 0) * 4 / 3)
  }
}
