// Messages out of a stream's bytes.

/// Cuts the payload of one stream into gRPC's length-prefixed messages (gRPC over HTTP/2,
/// "Length-Prefixed-Message"), whatever pieces it arrives in.
package struct MessageDeframer: Sendable {
  private static let prefixBytes = 5

  /// Memory set aside for a message on the word of its prefix alone. More is taken as bytes come,
  /// so that a peer cannot make us hold 4 MiB for 5 bytes.
  private static let maxTrustedBytes = 64 << 10

  private let maxMessageBytes: Int
  private var prefixTaken = 0
  private var length: UInt32 = 0
  private var message: [UInt8] = []

  package init(maxMessageBytes: Int) {
    self.maxMessageBytes = maxMessageBytes
  }

  /// Takes bytes off the front of `bytes` until a message is whole and returns it; nil when `bytes`
  /// is used up. Call until nil. After an error the stream is of no use any more.
  package mutating func next(
    from bytes: inout UnsafeRawBufferPointer
  ) throws(FramingError) -> [UInt8]? {
    while prefixTaken < Self.prefixBytes {
      guard let byte = unsafe bytes.first else { return nil }
      unsafe bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
      try takePrefix(byte)
    }
    let missing = Int(length) - message.count
    if message.isEmpty, bytes.count >= missing {
      // The whole message lies before us: one allocation, one copy.
      let whole = unsafe [UInt8](bytes[..<missing])
      unsafe bytes = UnsafeRawBufferPointer(rebasing: bytes[missing...])
      prefixTaken = 0
      return whole
    }
    if message.isEmpty { message.reserveCapacity(min(Int(length), Self.maxTrustedBytes)) }
    let taken = min(missing, bytes.count)
    unsafe message.append(contentsOf: bytes[..<taken])
    unsafe bytes = UnsafeRawBufferPointer(rebasing: bytes[taken...])
    guard message.count == Int(length) else { return nil }
    prefixTaken = 0
    var whole: [UInt8] = []
    swap(&whole, &message)
    return whole
  }

  private mutating func takePrefix(_ byte: UInt8) throws(FramingError) {
    if prefixTaken == 0 {
      guard byte == 0 else { throw byte == 1 ? .compressed : .badFlag(byte) }
      length = 0
    } else {
      length = length << 8 | UInt32(byte)
    }
    prefixTaken += 1
    if prefixTaken == Self.prefixBytes, length > maxMessageBytes {
      throw .tooLarge(bytes: Int(length), limit: maxMessageBytes)
    }
  }

  /// Whether the stream may end here: no message is half received.
  package var isBetweenMessages: Bool { prefixTaken == 0 }
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
