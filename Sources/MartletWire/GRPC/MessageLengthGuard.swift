// Sees to it that no message of a stream is too long, without keeping any of it.

/// Follows gRPC's length prefixes (gRPC over HTTP/2, "Length-Prefixed-Message") through a stream whose
/// bytes are only passed on.
package struct MessageLengthGuard {
  package let limit: Int
  private var prefixTaken = 0
  private var announced = 0

  /// Messages that have begun: their prefix was there.
  package private(set) var messages = 0

  /// Payload of the current message that is still to come.
  private var remaining = 0

  package init(limit: Int) {
    self.limit = limit
  }

  /// Whether all bytes so far are whole messages.
  package var isBetweenMessages: Bool { prefixTaken == 0 && remaining == 0 }

  /// The announced length of the first message that is too long; nil while all is well.
  package mutating func excess(in bytes: UnsafeRawBufferPointer) -> Int? {
    var index = 0
    while index < bytes.count {
      if remaining > 0 {
        let taken = min(remaining, bytes.count - index)
        remaining -= taken
        index += taken
        continue
      }
      if prefixTaken > 0 { announced = unsafe announced << 8 | Int(bytes[index]) }
      prefixTaken += 1
      index += 1
      guard prefixTaken == GRPCMessage.prefixBytes else { continue }
      if announced > limit { return announced }
      messages += 1
      remaining = announced
      prefixTaken = 0
      announced = 0
    }
    return nil
  }
}
