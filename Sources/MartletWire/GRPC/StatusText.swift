// `grpc-message` where it is longer than it may be.

/// Cuts percent-encoded text.
enum StatusText {
  /// The text, or as much of it as fits `limit` with a note that says where it was cut. `whole` is the length of all
  /// of it, of which `text` may be but the beginning.
  static func cut(
    _ text: UnsafeRawBufferPointer, of whole: Int, to limit: Int
  ) -> [UInt8] {
    guard whole > limit || whole > text.count else { return unsafe Array(text) }
    // Another hop may have cut it before.
    let earlier = unsafe note(endOf: text)
    let end = earlier?.start ?? text.count
    let whole = earlier?.whole ?? whole
    let room = max(0, limit - note(whole, of: whole).utf8.count)
    let count = unsafe length(
      of: UnsafeRawBufferPointer(rebasing: text[..<end]), upTo: min(room, end))
    return unsafe Array(text[..<count]) + Array(note(count, of: whole).utf8)
  }

  private static func note(_ kept: Int, of whole: Int) -> String {
    "\(noteStart)\(kept) of \(whole)\(noteEnd)"
  }

  private static let noteStart = " [cut after "
  private static let noteEnd = " bytes]"

  /// Where the note of an earlier cut starts, and what it says the whole was.
  private static func note(
    endOf text: UnsafeRawBufferPointer
  ) -> (start: Int, whole: Int)? {
    let end = unsafe String(decoding: text.suffix(64), as: UTF8.self)
    guard end.hasSuffix(noteEnd), let start = end.ranges(of: noteStart).last,
      let whole = Int(
        end[start.upperBound...].dropLast(noteEnd.count).split(separator: " ").last ?? "")
    else { return nil }
    return (text.count - end[start.lowerBound...].utf8.count, whole)
  }

  /// How much of a text may stand alone: no half of an escape or of a character.
  private static func length(of text: UnsafeRawBufferPointer, upTo limit: Int) -> Int {
    guard limit < text.count else { return text.count }
    var end = limit
    // `%`, or `%X`, at the end.
    for back in 1...2 where end >= back {
      if unsafe text[end - back] == percent {
        end -= back
        break
      }
    }
    return unsafe withoutHalfCharacter(text, end)
  }

  /// Takes the bytes of a character off that is not whole (RFC 3629), each of which may be escaped.
  private static func withoutHalfCharacter(_ text: UnsafeRawBufferPointer, _ end: Int) -> Int {
    var start = end
    // A character has four bytes at most.
    for taken in 1...4 {
      guard let (byte, count) = unsafe lastByte(text, start) else { return end }
      start -= count
      guard byte & 0xc0 != 0x80 else { continue }
      let needed = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
      return taken < needed ? start : end
    }
    return end
  }

  /// The byte that ends at `end`, and how long it is written.
  private static func lastByte(_ text: UnsafeRawBufferPointer, _ end: Int) -> (UInt8, Int)? {
    guard end > 0 else { return nil }
    if end >= 3, unsafe text[end - 3] == percent,
      let byte = unsafe UInt8(String(decoding: text[end - 2..<end], as: UTF8.self), radix: 16)
    {
      return (byte, 3)
    }
    return unsafe (text[end - 1], 1)
  }

  private static let percent = UInt8(ascii: "%")
}
