// Answers of replicas that the router looks into.
internal import MartletCore
internal import MartletNet
internal import MartletWire

extension Router {
  /// What decompresses the messages of an answer, by its head; nil: they are not compressed. The router asks
  /// for none that are, but a replica may have been told to compress all. Throws what is wrong with an answer
  /// that cannot be read.
  func decompressor(
    ofAnswer head: borrowing HeaderBlock, _ maxMessageBytes: Int
  ) throws(RPCError) -> Decompressor? {
    if let failure = head.statusOfNonsense { throw RPCError(failure) }
    do throws(RPCError) {
      return try head.responseEncoding.map {
        Decompressor(codec, $0, maxMessageBytes: maxMessageBytes)
      }
    } catch {
      throw RPCError(error.status.code, "the answer cannot be read: \(error.status.message)")
    }
  }
}

extension Duration {
  /// How long to wait before another try of a call, by `grpc-retry-pushback-ms` of its answer (gRFC A6); nil: there
  /// is to be none.
  init?(retryPushback text: String?) {
    self = .zero
    guard let text else { return }
    guard let milliseconds = Int64(text), milliseconds >= 0 else { return nil }
    self = .milliseconds(milliseconds)
  }
}

extension HeaderBlock {
  /// What trailers, or a head that is the whole answer, say of how the call ended.
  var statusOfAnswer: RPCStatus {
    grpcStatus ?? statusOfNonsense ?? RPCStatus(.unknown, "the answer has no gRPC status")
  }

  /// What the head of an answer that is not gRPC means; nil for one that is, and for trailers.
  var statusOfNonsense: RPCStatus? {
    guard let status = httpStatus else { return nil }
    guard status == 200 else {
      return RPCStatus(RPCStatus.Code(httpStatus: status), "the answer has HTTP status \(status)")
    }
    guard !hasGRPCContentType else { return nil }
    let type = self[.contentType] ?? "missing"
    return RPCStatus(.unknown, "the answer is not gRPC: its content-type is \(type)")
  }
}
