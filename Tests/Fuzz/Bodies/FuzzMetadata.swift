// What gRPC keeps in header fields: metadata, timeouts, statuses, base64 and percent-encoding.

import MartletCore
import MartletWire

/// The names that mean something, and some that do not.
private let names = [
  "grpc-timeout", "grpc-status", "grpc-message", "grpc-encoding", "grpc-accept-encoding",
  "content-type", ":path", ":status", "te", "trace-bin", "x-name", "grpc-status-details-bin",
  "grpc-retry-pushback-ms", "cookie", "host", "-bin",
]

/// A header section from a peer: pairs of a name and a value.
func fuzzMetadata(_ bytes: UnsafeRawBufferPointer) throws(BrokenClaim) {
  var input = InputReader(bytes)
  var block = HeaderBlock()
  while !input.isAtEnd {
    let choice = input.number(below: names.count + 4)
    // nghttp2 lets only token characters through in names.
    let name =
      choice < names.count
      ? names[choice]
      : String(decoding: input.bytes(input.number(below: 20)).map(tokenByte), as: UTF8.self)
    let value = input.bytes(Int(input.byte()))
    var text = name
    text.withUTF8 { name in
      value.withUnsafeBytes { block.append(name: UnsafeRawBufferPointer(name), value: $0) }
    }
    try fuzzValue(value)
  }
  _ = (try? block.requestCompression, try? block.responseEncoding)
  _ = (block.hasGRPCContentType, block.httpStatus)
  try fuzzTimeout(block)
  try fuzzStatus(block)
  try fuzzCustom(block)
}

private func tokenByte(_ byte: UInt8) -> UInt8 {
  let tokens = Array("abcdefghijklmnopqrstuvwxyz0123456789-_.!#$%&'*+^`|~".utf8)
  return tokens[Int(byte) % tokens.count]
}

private func fuzzValue(_ value: [UInt8]) throws(BrokenClaim) {
  let encoded = Base64.encode(value, .none)
  let decoded = encoded.withUnsafeBytes { Base64.decode($0) }
  try claim(decoded == value, "base64 of \(value) reads back as \(String(describing: decoded))")
  if let bytes = value.withUnsafeBytes({ Base64.decode($0) }) {
    let again = Base64.encode(bytes, .none).withUnsafeBytes { Base64.decode($0) }
    try claim(again == bytes, "base64 \(value) means two things")
  }
  let text = String(decoding: value, as: UTF8.self)
  let escaped = PercentEncoding.encode(text)
  try claim(escaped.allSatisfy { (0x20...0x7E).contains($0) }, "\(escaped) is not printable")
  let unescaped = escaped.withUnsafeBytes { PercentEncoding.decode($0) }
  try claim(unescaped.utf8.elementsEqual(text.utf8), "percent-encoding changes \(value)")
  _ = value.withUnsafeBytes { PercentEncoding.decode($0) }
}

/// A timeout that is passed on grows by what its unit cannot say, and no more.
private func fuzzTimeout(_ block: borrowing HeaderBlock) throws(BrokenClaim) {
  guard let timeout = (try? block.grpcTimeout) ?? nil else { return }
  var next = HeaderBlock()
  next.append(timeout: timeout)
  let passedOn = (try? next.grpcTimeout) ?? nil
  let isKept = passedOn.map { $0 >= timeout && $0 <= timeout + timeout / 50_000 } ?? false
  try claim(isKept, "a timeout of \(timeout) is passed on as \(String(describing: passedOn))")
}

private func fuzzStatus(_ block: borrowing HeaderBlock) throws(BrokenClaim) {
  guard let status = block.grpcStatus else { return }
  var next = HeaderBlock()
  next.append(status)
  try claim(next.grpcStatus == status, "\(status) is passed on as \(next)")
}

/// Metadata that can be sent arrives as it was.
private func fuzzCustom(_ block: borrowing HeaderBlock) throws(BrokenClaim) {
  let metadata = block.metadata
  var next = HeaderBlock()
  guard (try? next.append(metadata)) != nil else {
    return try claim(next.isEmpty, "metadata that cannot be sent is sent in part")
  }
  try claim(next.metadata == metadata, "\(metadata) is passed on as \(next.metadata)")
}
