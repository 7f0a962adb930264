// The errors that both sides of a call make.
internal import MartletCore
internal import MartletWire

extension RPCError {
  static func messageTooLarge(_ bytes: Int, limit: Int) -> RPCError {
    RPCError(
      .resourceExhausted,
      "the message has \(bytes) bytes and at most \(limit) may be sent \(MessageLimit.settings)")
  }

  /// What a peer's bad framing means to the call.
  init(_ error: FramingError) {
    switch error {
    case .tooLarge(let bytes, let limit):
      self.init(
        .resourceExhausted,
        "the message has \(bytes) bytes and at most \(limit) are accepted \(MessageLimit.settings)")
    case .compressed:
      self.init(.internalError, "the message is compressed and grpc-encoding does not say how")
    case .badFlag(let flag):
      self.init(.internalError, "the message's flag byte is \(flag)")
    case .inflatedTooLarge(let limit):
      self.init(
        .resourceExhausted,
        "the message has more than \(limit) bytes once it is decompressed, and no more are accepted "
          + MessageLimit.settings
      )
    case .undecodable(let compression, let reason):
      self.init(
        .internalError, "the message cannot be decompressed with \(compression.name): \(reason)")
    }
  }
}
