// Messages out of a stream's bytes.

/// Cuts the payload of one stream into gRPC's length-prefixed messages (gRPC over HTTP/2,
/// "Length-Prefixed-Message"), whatever pieces it arrives in.
package struct MessageDeframer: Sendable {
  private let maxMessageBytes: Int

  package init(maxMessageBytes: Int) {
    self.maxMessageBytes = maxMessageBytes
  }

  /// Takes bytes off the front of `bytes` until a message is whole and returns it; nil when `bytes` is used up.
  /// Call until nil.
  package mutating func next(
    from bytes: inout UnsafeRawBufferPointer
  ) throws(FramingError) -> [UInt8]? { fatalError("being written") }

  /// Whether the stream may end here: no message is half received.
  package var isBetweenMessages: Bool { fatalError("being written") }
}

/// What is wrong with a stream's message framing.
package enum FramingError: Error, Sendable, Hashable {
  /// The prefix announces more than `Limits.maxMessageBytes`.
  case tooLarge(bytes: Int, limit: Int)
  /// The compressed flag is set, but no compression was agreed upon.
  case compressed
  /// The prefix's flag byte is neither 0 nor 1.
  case badFlag(UInt8)
}
