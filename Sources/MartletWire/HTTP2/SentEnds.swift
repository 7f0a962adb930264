// How a client has ended its side of its latest streams.

/// Two bits for each of a client's latest streams. RFC 9113 §5.1 has frames behind END_STREAM and RST_STREAM refused
/// with STREAM_CLOSED, and those on a stream that the server has reset ignored, since they may have been on their
/// way. Of older streams nothing is known, and such frames are ignored. 264 bytes for each connection.
@safe struct SentEnds {
  enum End: UInt64, Equatable {
    case endStream = 1
    case reset = 2
  }

  private var bits: [32 of UInt64] = .init(repeating: 0)
  private var highest: Int32 = 0

  private static let streamsInWord: Int32 = 32
  /// Twice what may be open at once, in words.
  private static let streams = streamsInWord * 32

  /// A stream begins: those between it and the one before were skipped.
  @inline(__always)
  mutating func begin(_ number: Int32) {
    guard number & 1 == 1 else { return }
    let (word, shift) = Self.place(number)
    bits[word] &= ~(3 << shift)
    if number > highest + 2 { forgetSkipped(before: number) }
    highest = number
  }

  private mutating func forgetSkipped(before number: Int32) {
    let skipped = min((number - highest) / 2, Self.streams)
    for back in 1..<max(2, skipped) { set(number - 2 * back, to: 0) }
  }

  mutating func end(_ number: Int32, by end: End) {
    guard isKnown(number) else { return }
    set(number, to: end.rawValue)
  }

  /// Nil for a stream that goes on, and for one of which nothing is known.
  func end(of number: Int32) -> End? {
    guard isKnown(number) else { return nil }
    let (word, shift) = Self.place(number)
    return End(rawValue: bits[word] >> shift & 3)
  }

  /// How a stream on which a frame has come had ended before; nil when it had not. With `isEnd` it ends now.
  @inline(__always)
  mutating func sent(on number: Int32, isEnd: Bool) -> End? {
    guard isKnown(number) else { return nil }
    let (word, shift) = Self.place(number)
    let value = bits[word]
    if let end = End(rawValue: value >> shift & 3) { return end }
    if isEnd { bits[word] = value | End.endStream.rawValue << shift }
    return nil
  }

  @inline(__always)
  private func isKnown(_ number: Int32) -> Bool {
    number & 1 == 1 && number <= highest && number > highest - 2 * Self.streams
  }

  private mutating func set(_ number: Int32, to value: UInt64) {
    let (word, shift) = Self.place(number)
    bits[word] = bits[word] & ~(3 << shift) | value << shift
  }

  @inline(__always)
  private static func place(_ number: Int32) -> (word: Int, shift: UInt64) {
    let index = number / 2 & (streams - 1)
    return (Int(index / streamsInWord), UInt64(index % streamsInWord) * 2)
  }
}
