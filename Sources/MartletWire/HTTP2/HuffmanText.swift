// The text of a string in HPACK's Huffman code that was cut somewhere.

internal import CNGHTTP2

enum HuffmanText {
  /// Bits of the longest code, of which the cut may leave all but one (RFC 7541, appendix B).
  private static let longestCode = 30

  /// The text that `code` begins with; empty for what is none. The last code may be cut, so up to
  /// `longestCode` bits are taken off until the rest is whole: nghttp2, which has the table, tells.
  static func beginning(of code: [UInt8]) -> [UInt8] {
    for cut in 0..<longestCode {
      let bits = code.count * 8 - cut
      guard bits > 0 else { return [] }
      var bytes = Array(code.prefix((bits + 7) / 8))
      // What fills the last byte are ones (§5.2).
      let filling = bytes.count * 8 - bits
      bytes[bytes.count - 1] |= 1 << filling - 1
      if let text = text(of: bytes) { return text }
    }
    return []
  }

  /// Nil for what is no whole string.
  private static func text(of code: [UInt8]) -> [UInt8]? {
    var inflater: OpaquePointer?
    // Fails only without memory.
    guard unsafe nghttp2_hd_inflate_new(&inflater) == 0 else { return nil }
    defer { unsafe nghttp2_hd_inflate_del(inflater) }
    // A field that is never indexed, with a name of one letter and the string as its value.
    var field: [UInt8] = [0x10, 1, UInt8(ascii: "a"), 0xff]
    var rest = code.count - 0x7f
    guard rest >= 0 else { return nil }
    while rest > 0x7f {
      field.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    field.append(UInt8(rest))
    field += code
    var flags: CInt = 0
    var pair = unsafe nghttp2_nv()
    let taken = unsafe nghttp2_hd_inflate_hd2(inflater, &pair, &flags, field, field.count, 1)
    guard taken == field.count, flags & CInt(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 else {
      return nil
    }
    return unsafe Array(UnsafeBufferPointer(start: pair.value, count: pair.valuelen))
  }
}
