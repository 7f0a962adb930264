// How a client has ended its side of its latest streams.

/// Two bits for each of a client's latest streams. RFC 9113 §5.1 has frames behind END_STREAM and RST_STREAM refused
/// with STREAM_CLOSED, and those on a stream that the server has reset ignored, since they may have been on their
/// way. Of older streams nothing is known, and such frames are ignored.
@safe struct SentEnds {
  enum End: UInt64, Equatable {
    case endStream = 1
    case reset = 2
  }

  /// Nil: no stream of the client's was ever ended. Idle connections have no memory for it.
  private var bits: [UInt64] = []
  private var highest: Int32 = -1

  private static let streamsInWord: Int32 = 32
  private static let words = 32
  /// Twice what may be open at once.
  private static let streams = streamsInWord * Int32(words)

  /// A stream begins: those between it and the one before were skipped.
  mutating func begin(_ number: Int32) {
    guard !bits.isEmpty, number & 1 == 1 else {
      highest = max(highest, number)
      return
    }
    let skipped = min((number - highest) / 2, Self.streams)
    for back in 0..<max(1, skipped) { set(number - 2 * back, to: 0) }
    highest = number
  }

  mutating func end(_ number: Int32, by end: End) {
    guard isKnown(number) else { return }
    if bits.isEmpty { bits = Array(repeating: 0, count: Self.words) }
    set(number, to: end.rawValue)
  }

  /// Nil for one that goes on, and for one of which nothing is known.
  func end(of number: Int32) -> End? {
    guard !bits.isEmpty, isKnown(number) else { return nil }
    let (word, shift) = Self.place(number)
    return End(rawValue: bits[word] >> shift & 3)
  }

  private func isKnown(_ number: Int32) -> Bool {
    number & 1 == 1 && number <= highest && number > highest - 2 * Self.streams
  }

  private mutating func set(_ number: Int32, to value: UInt64) {
    let (word, shift) = Self.place(number)
    bits[word] = bits[word] & ~(3 << shift) | value << shift
  }

  private static func place(_ number: Int32) -> (word: Int, shift: UInt64) {
    let index = number / 2 & (streams - 1)
    return (Int(index / streamsInWord), UInt64(index % streamsInWord) * 2)
  }
}
