// Compression of whole messages.

package import MartletCore

/// Keeps zlib's memory from one message to the next; there is none before the first. Messages stand
/// for themselves (gRPC, "Compression"), so all calls of a loop share one codec. One thread only.
package final class MessageCodec {
  private var inflaters = [Inflater?](repeating: nil, count: Compression.allCases.count)
  private var deflaters = [Deflater?](repeating: nil, count: Compression.allCases.count)

  package init() {}

  /// Throws as soon as there is more than `maxBytes`, whatever is still to come.
  package func inflate(
    _ message: [UInt8], _ compression: Compression, maxBytes: Int
  ) throws(FramingError) -> [UInt8] {
    let index = Int(compression.rawValue)
    guard let inflater = inflaters[index] ?? Inflater(compression) else {
      throw .undecodable(compression, "there is no memory for it")
    }
    inflaters[index] = inflater
    return try inflater.inflate(message, maxBytes: maxBytes)
  }

  func framed(_ message: [UInt8], _ compression: Compression) -> [UInt8]? {
    let index = Int(compression.rawValue)
    // Without memory for it messages are sent as they are.
    guard let deflater = deflaters[index] ?? Deflater(compression) else { return nil }
    deflaters[index] = deflater
    return deflater.framed(message)
  }

  /// The compressed bytes; nil when they would not be fewer.
  package func deflate(_ bytes: [UInt8], _ compression: Compression) -> [UInt8]? {
    framed(bytes, compression).map { Array($0.dropFirst(MessageDeframer.prefixBytes)) }
  }
}

/// Decompresses the messages of one direction of a call.
package struct Decompressor {
  let codec: MessageCodec
  let compression: Compression
  let maxMessageBytes: Int

  package init(_ codec: MessageCodec, _ compression: Compression, maxMessageBytes: Int) {
    self.codec = codec
    self.compression = compression
    self.maxMessageBytes = maxMessageBytes
  }
}

/// Compresses the messages of one direction of a call.
package struct Compressor {
  package let codec: MessageCodec
  package let compression: Compression
  let minMessageBytes: Int

  package init(_ codec: MessageCodec, _ compression: Compression, limits: Limits) {
    self.codec = codec
    self.compression = compression
    minMessageBytes = limits.minCompressedMessageBytes
  }

  /// The compressed message behind its prefix; nil when it should be sent as it is.
  package func framed(_ message: [UInt8]) -> [UInt8]? {
    guard message.count >= minMessageBytes else { return nil }
    return codec.framed(message, compression)
  }
}

/// A message as it came.
package struct FramedMessage {
  let bytes: [UInt8]
  /// Nil when the message is not compressed.
  let decompressor: Decompressor?

  /// How the message is compressed; nil when it is not.
  package var compression: Compression? { decompressor?.compression }

  /// The message as it was meant. It becomes long only here, so that what waits to be read takes no
  /// more memory than its sender needed bytes.
  package func plain() throws(FramingError) -> [UInt8] {
    guard let decompressor else { return bytes }
    return try decompressor.codec.inflate(
      bytes, decompressor.compression, maxBytes: decompressor.maxMessageBytes)
  }
}
