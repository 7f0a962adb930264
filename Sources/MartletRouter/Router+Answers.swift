// Answers of replicas that the router looks into.
internal import MartletCore
internal import MartletNet
internal import MartletWire

extension Router {
  /// What decompresses the messages of an answer, by its head; nil: they are not compressed. The router asks
  /// for none that are, but a replica may have been told to compress all. Throws what is wrong with an answer
  /// that cannot be read.
  func decompressor(ofAnswer head: borrowing HeaderBlock) throws(RPCError) -> Decompressor? {
    if let failure = head.httpFailure { throw RPCError(failure) }
    do throws(RPCError) {
      return try head.responseEncoding.map {
        Decompressor(codec, $0, maxMessageBytes: limits.maxMessageBytes)
      }
    } catch {
      throw RPCError(error.status.code, "the answer cannot be read: \(error.status.message)")
    }
  }
}

extension HeaderBlock {
  /// What an answer's HTTP status means when it is another than 200.
  var httpFailure: RPCStatus? {
    guard let status = httpStatus, status != 200 else { return nil }
    return RPCStatus(RPCStatus.Code(httpStatus: status), "the answer has HTTP status \(status)")
  }
}
