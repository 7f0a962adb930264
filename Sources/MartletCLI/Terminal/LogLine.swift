// A line that some program has printed, as a terminal may have it.

internal import MartletCore

enum LogLine {
  private static let escape: UInt8 = 0x1B

  /// The line with colours (SGR of ECMA-48, 8.3.117) as they are, and with escapes for whatever else would steer the
  /// terminal: a program may print what a stranger has sent it. Bytes that are no UTF-8 become U+FFFD.
  static func visible(_ line: [UInt8]) -> [UInt8] {
    guard line.contains(where: { $0 < 0x20 || $0 > 0x7E }) else { return line }
    var shown: [UInt8] = []
    var rest = line[...]
    // What a line ends with on other systems.
    if rest.last == 0x0D { rest.removeLast() }
    while let start = rest.firstIndex(of: escape) {
      shown += text(rest[..<start])
      let end = endOfColour(rest[start...])
      shown += end.map { Array(rest[start..<$0]) } ?? text(rest[start...start])
      rest = rest[(end ?? start + 1)...]
    }
    return shown + text(rest)
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    Array(String(decoding: bytes, as: UTF8.self).printable.utf8)
  }

  /// Where the colour ends that begins with `bytes`; nil when they begin none.
  private static func endOfColour(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.dropFirst().first == UInt8(ascii: "[") else { return nil }
    let parameters = bytes.dropFirst(2).prefix { (0x30...0x3B).contains($0) }
    guard parameters.endIndex < bytes.endIndex, bytes[parameters.endIndex] == UInt8(ascii: "m")
    else { return nil }
    return parameters.endIndex + 1
  }
}
