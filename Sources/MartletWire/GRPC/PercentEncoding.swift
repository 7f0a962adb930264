// How `grpc-message` carries any text in printable ASCII.

/// Percent-encoding of gRPC over HTTP/2, "Status-Message": space to `~` stand for themselves, `%`
/// and everything else become `%XX` of their UTF-8 bytes. A space at either end does too: a field value of
/// HTTP has none there (RFC 9113 §8.2.1), so it would be stripped or have the whole answer refused.
package enum PercentEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  package static func encode(_ text: String) -> [UInt8] {
    encode(text.utf8) { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "%") }
  }

  /// A `grpc-message` as it came, made fit for a field value; nil when it is already. Escapes stay as they
  /// are: its sender has made them.
  package static func repaired(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    guard let first = unsafe bytes.first, let last = unsafe bytes.last else { return nil }
    let isFit =
      unsafe first != UInt8(ascii: " ") && last != UInt8(ascii: " ")
      && bytes.allSatisfy { (0x20...0x7E).contains($0) }
    return unsafe isFit ? nil : encode(bytes) { (0x20...0x7E).contains($0) }
  }

  /// `isPlain` says which bytes stand for themselves, unless they are spaces at an end.
  private static func encode(
    _ text: some BidirectionalCollection<UInt8>, _ isPlain: (UInt8) -> Bool
  ) -> [UInt8] {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(text.count + 4)
    let last = text.indices.last
    for index in text.indices {
      let byte = text[index]
      let isAtEnd = index == text.startIndex || index == last
      if isPlain(byte), byte != UInt8(ascii: " ") || !isAtEnd {
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
