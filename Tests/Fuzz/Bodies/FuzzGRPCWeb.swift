// gRPC-Web's bodies: requests from browsers, and answers as they go out.

import MartletCore
import MartletWire

/// A request's body, and the same bytes as an answer that comes in pieces, as metadata and as a media type.
func fuzzGRPCWeb(_ bytes: UnsafeRawBufferPointer) throws(BrokenClaim) {
  var input = InputReader(bytes)
  let maxBytes = input.pick([1000, 0, 5, 70_000])
  let pieceBytes = 1 + input.number(below: 16)
  let body = input.remainder()
  try fuzzRequest(body, maxBytes)
  try fuzzText(body, pieceBytes, maxBytes)
  try fuzzAnswer(body, pieceBytes)
  try fuzzTrailers(body, pieceBytes)
  let type = String(decoding: body, as: UTF8.self)
  if let format = GRPCWebFormat(mediaType: type) {
    try claim(format.contentType == type, "\(type) becomes \(format.contentType)")
    try claim(
      format.grpcContentType == "application/grpc\(format.kind)", "\(type) is \(format)")
  }
}

/// Messages of a body, cut as those of a stream are.
private func messages(
  _ body: [UInt8], _ maxBytes: Int
) throws -> (messages: [[UInt8]], isWhole: Bool) {
  var deframer = MessageDeframer(maxMessageBytes: maxBytes)
  // Whether it can be decompressed is found out behind the router.
  deframer.decompressor = Decompressor(MessageCodec(), .gzip, maxMessageBytes: maxBytes)
  var messages: [[UInt8]] = []
  try body.withUnsafeBytes { bytes in
    var bytes = bytes
    while let message = try deframer.nextFramed(from: &bytes) {
      messages.append(message.compression == nil ? try message.plain() : [])
    }
  }
  return (messages, deframer.isBetweenMessages)
}

/// A body is a request when it is a stream of one message, within its limit.
private func fuzzRequest(_ body: [UInt8], _ maxBytes: Int) throws(BrokenClaim) {
  let problem = GRPCWebRequest.problem(in: body, maxMessageBytes: maxBytes)
  if let problem { try claim(!problem.message.isEmpty, "it is refused without a reason") }
  guard let found = try? messages(body, maxBytes) else {
    return try claim(problem != nil, "a request is taken that is no stream of messages")
  }
  let isOne = found.messages.count == 1 && found.isWhole
  try claim(
    (problem == nil) == isOne,
    "\(found.messages.count) messages, whole: \(found.isWhole), are \(problem?.message ?? "taken")")
  guard problem == nil, body[0] == 0 else { return }
  try claim(GRPCMessage.framed(found.messages[0]) == body, "the message is not what was framed")
}

/// A body in base64, in one piece and in many, is the same request.
private func fuzzText(_ body: [UInt8], _ pieceBytes: Int, _ maxBytes: Int) throws(BrokenClaim) {
  let whole = Base64.encode(body, .full)
  try claim(whole.count == (body.count + 2) / 3 * 4, "\(body.count) bytes are \(whole.count)")
  try claim(Base64.decodePieces(whole) == body, "base64 changes \(body)")
  let pieces = stride(from: 0, to: body.count, by: pieceBytes).flatMap { start in
    Base64.encode(Array(body[start..<min(start + pieceBytes, body.count)]), .full)
  }
  try claim(Base64.decodePieces(pieces) == body, "base64 in pieces changes \(body)")
  // The bytes as text, of which two may mean the same ones.
  guard let decoded = Base64.decodePieces(body) else { return }
  try claim(
    Base64.decodePieces(Base64.encode(decoded, .full)) == decoded, "\(body) means two things")
  try fuzzRequest(decoded, maxBytes)
}

/// However an answer is cut, its text is the same bytes; all of them wherever a message ends.
private func fuzzAnswer(_ stream: [UInt8], _ pieceBytes: Int) throws(BrokenClaim) {
  var encoder = GRPCWebTextEncoder()
  var guardian = MessageLengthGuard(limit: .max)
  var (sent, written) = (0, 0)
  while sent < stream.count {
    let piece = Array(stream[sent..<min(sent + pieceBytes, stream.count)])
    let text = piece.withUnsafeBytes { encoder.encode($0) }
    _ = piece.withUnsafeBytes { guardian.excess(in: $0) }
    sent += piece.count
    // Each part of the text is whole in itself, so that it can be read as it comes.
    guard let bytes = Base64.decodePieces(text) else {
      throw BrokenClaim("before byte \(sent) the text is not base64")
    }
    try claim(
      stream[written...].starts(with: bytes), "before byte \(sent) the text is of others")
    written += bytes.count
    try claim(sent - written < 3, "of \(sent) bytes \(written) are sent")
    try claim(
      !guardian.isBetweenMessages || written == sent, "a message ended and was not sent")
  }
}

/// The last frame says every field, and nothing else.
private func fuzzTrailers(_ bytes: [UInt8], _ pieceBytes: Int) throws(BrokenClaim) {
  var block = HeaderBlock()
  var lines: [String] = []
  for (index, start) in stride(from: 0, to: min(bytes.count, 500), by: pieceBytes).enumerated() {
    // What HTTP/2 lets a field's value be (RFC 9113 §8.2.1).
    let value = bytes[start..<min(start + pieceBytes, bytes.count)].filter {
      $0 != 0 && $0 != 0x0a && $0 != 0x0d
    }
    let name = index % 5 == 4 ? ":status" : "x-\(index)"
    let text = String(decoding: value, as: UTF8.self)
    block.append(name: name, value: text)
    if !name.hasPrefix(":") { lines.append("\(name): \(text)") }
  }
  let frame = block.grpcWebTrailers
  let length = frame.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
  try claim(frame.first == 0x80 && frame.count == 5 + length, "\(frame.prefix(5)) is no prefix")
  let said = String(decoding: frame.dropFirst(5), as: UTF8.self)
  let expected = lines.map { "\($0)\r\n" }.joined()
  try claim(said.utf8.elementsEqual(expected.utf8), "\(lines) are said as \(said)")
}
