// gRPC's message framing and compression.

import MartletCore
import MartletWire

/// Payload of one stream from a peer, in one piece and in many.
func fuzzFraming(_ bytes: UnsafeRawBufferPointer) throws(BrokenClaim) {
  var input = InputReader(bytes)
  let compression = input.pick([nil, Compression.gzip, .deflate])
  let maxBytes = input.pick([1000, 0, 5, 70_000, 200_000])
  let pieceBytes = 1 + input.number(below: 16)
  let payload = input.remainder()
  let codec = MessageCodec()
  func deframer() -> MessageDeframer {
    var deframer = MessageDeframer(maxMessageBytes: maxBytes)
    deframer.decompressor = compression.map {
      Decompressor(codec, $0, maxMessageBytes: maxBytes)
    }
    return deframer
  }

  let whole = Deframed(payload, deframer(), pieceBytes: .max)
  let pieces = Deframed(payload, deframer(), pieceBytes: pieceBytes)
  try claim(whole == pieces, "in pieces it is \(pieces), in one it is \(whole)")
  for message in whole.messages {
    try claim(message.count <= maxBytes, "a message has \(message.count) bytes")
  }
  if compression == nil {
    let again = whole.messages.flatMap { framed($0) }
    try claim(payload.starts(with: again), "the messages are not what was framed")
    if whole.error == nil, whole.isBetweenMessages {
      try claim(payload.count == again.count, "bytes are lost between messages")
    }
  }
  if let compression { try fuzzCompression(payload, compression, codec) }
}

/// The same bytes as a message that we send.
private func fuzzCompression(
  _ message: [UInt8], _ compression: Compression, _ codec: MessageCodec
) throws(BrokenClaim) {
  var limits = Limits()
  limits.minCompressedMessageBytes = 0
  guard let frame = Compressor(codec, compression, limits: limits).framed(message) else { return }
  try claim(frame.count < message.count + 5, "compressed it is longer")
  var deframer = MessageDeframer(maxMessageBytes: message.count)
  deframer.decompressor = Decompressor(codec, compression, maxMessageBytes: message.count)
  let result = Deframed(frame, deframer, pieceBytes: .max)
  try claim(result.messages == [message] && result.error == nil, "it does not come back")
}

/// What a deframer makes of some payload.
private struct Deframed: Equatable {
  var messages: [[UInt8]] = []
  var error: FramingError?
  var isBetweenMessages = false

  init(_ payload: [UInt8], _ deframer: MessageDeframer, pieceBytes: Int) {
    var deframer = deframer
    var rest = payload[...]
    while !rest.isEmpty, error == nil {
      let piece = rest.prefix(pieceBytes)
      rest = rest.dropFirst(piece.count)
      do {
        try piece.withUnsafeBytes { bytes in
          var bytes = bytes
          while let message = try deframer.next(from: &bytes) { messages.append(message) }
        }
      } catch {
        self.error = error as? FramingError
      }
    }
    isBetweenMessages = deframer.isBetweenMessages
  }
}

/// A message behind its prefix.
private func framed(_ message: [UInt8]) -> [UInt8] {
  let length = UInt32(message.count)
  return [0] + (0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * $0)) } + message
}
