// One message with its prefix, where it is not left to a stream to write that.

/// gRPC over HTTP/2, "Length-Prefixed-Message".
package enum GRPCMessage {
  /// Bytes in front of each message.
  package static let prefixBytes = MessageDeframer.prefixBytes

  /// The message, not compressed, behind its prefix.
  package static func framed(_ message: [UInt8]) -> [UInt8] {
    var framed = prefix(flag: 0, message.count)
    framed += message
    return framed
  }

  static func prefix(flag: UInt8, _ count: Int) -> [UInt8] {
    [flag] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * (3 - $0))) }
  }
}
