// gRPC-Web's bodies (grpc/doc/PROTOCOL-WEB.md): gRPC's messages, and the trailers behind them.

package import MartletCore

/// One of gRPC-Web's media types.
package struct GRPCWebFormat: Sendable, Hashable {
  /// The body is in base64.
  package var isText: Bool

  /// The kind of the messages with its plus sign, such as `+proto`; may be empty.
  package var kind: String

  private static let binary = "application/grpc-web"
  private static let text = "application/grpc-web-text"

  package init(isText: Bool, kind: String = "") {
    self.isText = isText
    self.kind = kind
  }

  /// Nil for another type. `mediaType` is in lower case and has no parameters.
  package init?(mediaType: some StringProtocol) {
    let type = mediaType.prefix { $0 != "+" }
    guard type == Self.binary || type == Self.text else { return nil }
    self.init(isText: type == Self.text, kind: String(mediaType[type.endIndex...]))
  }

  package var contentType: String { (isText ? Self.text : Self.binary) + kind }

  /// gRPC's own type for the same messages.
  package var grpcContentType: String { "application/grpc" + kind }
}

extension HeaderBlock {
  /// The fields as the last frame of a body: the flag 0x80, their length, and a line for each without an empty one
  /// behind them ("Message framing"). Pseudo-header fields are left out.
  package var grpcWebTrailers: [UInt8] {
    var lines: [UInt8] = []
    for index in 0..<count {
      unsafe withField(at: index) { name, value in
        guard unsafe name.first != UInt8(ascii: ":") else { return }
        unsafe lines.append(contentsOf: name)
        lines += [UInt8(ascii: ":"), UInt8(ascii: " ")]
        unsafe lines.append(contentsOf: value)
        lines += [0x0d, 0x0a]
      }
    }
    return GRPCMessage.prefix(flag: 0x80, lines.count) + lines
  }
}

/// Checks that a request's body is one message: browsers cannot send a stream.
package enum GRPCWebRequest {
  /// What is wrong with a body, in base64 no more; nil when it is one message with its prefix.
  package static func problem(in body: [UInt8], maxMessageBytes: Int) -> RPCStatus? {
    let prefix = GRPCMessage.prefixBytes
    guard body.count >= prefix else {
      return RPCStatus(.internalError, "the request ended without a whole message")
    }
    guard body[0] <= 1 else {
      return RPCStatus(.internalError, "the request is not framed as gRPC-Web: flag \(body[0])")
    }
    let length = body[1..<prefix].reduce(0) { $0 << 8 | Int($1) }
    guard length <= maxMessageBytes else {
      return RPCStatus(
        .resourceExhausted,
        "a message of \(length) bytes is beyond the limit of \(maxMessageBytes) "
          + MessageLimit.settings)
    }
    guard body.count >= prefix + length else {
      return RPCStatus(.internalError, "the request ended without a whole message")
    }
    guard body.count == prefix + length else {
      return RPCStatus(
        .unimplemented,
        "a call by gRPC-Web sends one message; for streams of them use gRPC over HTTP/2")
    }
    return nil
  }
}

/// Puts a stream of messages into base64 as it passes. Groups are padded where a message ends, so that whoever reads
/// has all of it, and nowhere else.
package struct GRPCWebTextEncoder {
  /// The last bytes, fewer than three, of a message that is not whole.
  private var carry: [UInt8] = []
  /// Of any length: who sends them has seen to that.
  private var messages = MessageLengthGuard(limit: .max)

  package init() {}

  /// The text of so many more bytes; empty when they are too few to write yet.
  package mutating func encode(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    _ = unsafe messages.excess(in: bytes)
    var input = carry
    unsafe input.append(contentsOf: bytes)
    let rest = messages.isBetweenMessages ? 0 : input.count % 3
    carry = Array(input.suffix(rest))
    return Base64.encode(Array(input.dropLast(rest)), .full)
  }
}
