// Messages out of a stream's bytes.

package import MartletCore

/// Cuts the payload of one stream into gRPC's length-prefixed messages (gRPC over HTTP/2,
/// "Length-Prefixed-Message"), whatever pieces it arrives in.
package struct MessageDeframer {
  static let prefixBytes = 5

  /// Memory set aside for a message on the word of its prefix alone. More is taken as bytes come,
  /// so that a peer cannot make us hold 4 MiB for 5 bytes.
  private static let maxTrustedBytes = 64 << 10

  private let maxMessageBytes: Int
  private var prefixTaken = 0
  private var isCompressed = false
  private var length: UInt32 = 0
  private var message: [UInt8] = []

  /// What messages with the compressed flag are decompressed with; nil while none may have it.
  package var decompressor: Decompressor?

  package init(maxMessageBytes: Int) {
    self.maxMessageBytes = maxMessageBytes
  }

  /// Takes bytes off the front of `bytes` until a message is whole and returns it, decompressed; nil
  /// when `bytes` is used up. Call until nil. After an error the stream is of no use any more.
  package mutating func next(
    from bytes: inout UnsafeRawBufferPointer
  ) throws(FramingError) -> [UInt8]? {
    guard let message = unsafe try nextBytes(from: &bytes) else { return nil }
    guard isCompressed else { return message }
    return try FramedMessage(bytes: message, decompressor: decompressor).plain()
  }

  /// As `next`, but the message may still be compressed.
  package mutating func nextFramed(
    from bytes: inout UnsafeRawBufferPointer
  ) throws(FramingError) -> FramedMessage? {
    guard let message = unsafe try nextBytes(from: &bytes) else { return nil }
    return FramedMessage(bytes: message, decompressor: isCompressed ? decompressor : nil)
  }

  private mutating func nextBytes(
    from bytes: inout UnsafeRawBufferPointer
  ) throws(FramingError) -> [UInt8]? {
    var taken = 0
    while prefixTaken < Self.prefixBytes {
      guard taken < bytes.count else {
        unsafe bytes = unsafe Self.rest(of: bytes, from: taken)
        return nil
      }
      unsafe try takePrefix(bytes[taken])
      taken += 1
    }
    let missing = Int(length) - message.count
    let available = min(missing, bytes.count - taken)
    let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[taken..<taken + available])
    unsafe bytes = unsafe Self.rest(of: bytes, from: taken + available)
    if message.isEmpty, available == missing {
      // The whole message lay before us: one allocation, one copy.
      prefixTaken = 0
      return unsafe [UInt8](part)
    }
    if message.isEmpty { message.reserveCapacity(min(Int(length), Self.maxTrustedBytes)) }
    unsafe message.append(contentsOf: part)
    guard message.count == Int(length) else { return nil }
    prefixTaken = 0
    var whole: [UInt8] = []
    swap(&whole, &message)
    return whole
  }

  private static func rest(
    of bytes: UnsafeRawBufferPointer, from start: Int
  ) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
  }

  private mutating func takePrefix(_ byte: UInt8) throws(FramingError) {
    if prefixTaken == 0 {
      guard byte <= 1 else { throw .badFlag(byte) }
      isCompressed = byte == 1
      guard !isCompressed || decompressor != nil else { throw .compressed }
      length = 0
    } else {
      length = length << 8 | UInt32(byte)
    }
    prefixTaken += 1
    if prefixTaken == Self.prefixBytes, length > maxMessageBytes {
      throw .tooLarge(bytes: Int(length), limit: maxMessageBytes)
    }
  }

  /// How the message that came last was compressed; nil when it was not.
  package var lastCompression: Compression? { isCompressed ? decompressor?.compression : nil }

  /// Lets go of what came of a message: the stream is of no use any more.
  package mutating func drop() {
    message = []
  }

  /// The length that the message in the making is announced with; 0 between messages.
  package var announcedBytes: Int { prefixTaken == Self.prefixBytes ? Int(length) : 0 }

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
  /// A compressed message is longer than `Limits.maxMessageBytes` once it is decompressed.
  case inflatedTooLarge(limit: Int)
  /// A compressed message cannot be decompressed, and why.
  case undecodable(Compression, String)
}
