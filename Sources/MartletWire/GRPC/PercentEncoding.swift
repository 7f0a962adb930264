// How `grpc-message` carries any text in printable ASCII.

/// Percent-encoding of gRPC over HTTP/2, "Status-Message": space to `~` stand for themselves, `%`
/// and everything else become `%XX` of their UTF-8 bytes.
package enum PercentEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  package static func encode(_ text: String) -> [UInt8] {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
        encoded.append(byte)
      } else {
        encoded.append(UInt8(ascii: "%"))
        encoded.append(digits[Int(byte >> 4)])
        encoded.append(digits[Int(byte & 0xF)])
      }
    }
    return encoded
  }

  /// Never fails: what is not a valid escape stays as it is, as the specification demands, and what is
  /// not UTF-8 becomes U+FFFD.
  package static func decode(_ bytes: UnsafeRawBufferPointer) -> String {
    guard unsafe bytes.contains(UInt8(ascii: "%")) else {
      return unsafe String(decoding: bytes, as: UTF8.self)
    }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if unsafe bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
        let high = unsafe nibble(bytes[index + 1]), let low = unsafe nibble(bytes[index + 2])
      {
        decoded.append(high << 4 | low)
        index += 3
      } else {
        unsafe decoded.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: decoded, as: UTF8.self)
  }

  private static func nibble(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
