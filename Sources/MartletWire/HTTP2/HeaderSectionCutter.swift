// Shortens the strings of a header section that nghttp2 would end the connection for.

/// Reads a header section in HPACK (RFC 7541 §6) piece by piece and writes it again with its longest strings
/// cut.
///
/// nghttp2 takes no string of more than 64 KiB. The table of names and values belongs to all calls of the
/// connection, so a section that was begun must be read to its end, or the connection is of no use. What is
/// cut stays longer than the whole table: an entry of it empties the table, as the whole string would have
/// (§4.4).
@safe struct HeaderSectionCutter {
  /// A string that was cut: that of the field with this number, counted from 0.
  struct Cut: Equatable {
    var field: Int
    /// Its bytes as they were sent.
    var bytes: Int
  }

  private enum Step {
    /// The first byte of a field is next.
    case field
    /// The rest of a table index.
    case index(literal: Bool, isNamed: Bool)
    /// The first byte of a string.
    case string
    /// The rest of a string's length.
    case length
    /// Bytes of a string that passes.
    case passing(left: Int)
    /// Bytes of a string that is cut.
    case cutting(left: Int)
    /// This is no HPACK; nghttp2 is to say so.
    case broken
  }

  private(set) var cuts: [Cut] = []
  /// Fields that are whole.
  private(set) var fields = 0

  private let maxStringBytes: Int
  private var step = Step.field
  private var number = 0
  private var shift = 0
  private var isHuffman = false
  private var isName = false
  private var stringBytes = 0
  private var kept: [UInt8] = []

  init(maxStringBytes: Int) {
    self.maxStringBytes = min(maxStringBytes, SessionBounds.maxHPACKStringBytes)
  }

  mutating func take(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    var offset = 0
    while offset < bytes.count {
      switch step {
      case .passing(let left):
        let count = min(left, bytes.count - offset)
        unsafe output.append(contentsOf: bytes[offset..<offset + count])
        offset += count
        step = .passing(left: left - count)
        if left == count { stringEnded() }
      case .cutting(let left):
        let count = min(left, bytes.count - offset)
        let wanted = min(count, SessionBounds.keptStringBytes - kept.count)
        if wanted > 0 { unsafe kept.append(contentsOf: bytes[offset..<offset + wanted]) }
        offset += count
        step = .cutting(left: left - count)
        if left == count { writeCut(to: &output) }
      case .broken:
        unsafe output.append(contentsOf: bytes[offset...])
        return
      case .field, .index, .string, .length:
        take(byte: unsafe bytes[offset], to: &output)
        offset += 1
      }
    }
  }

  private mutating func take(byte: UInt8, to output: inout [UInt8]) {
    switch step {
    case .field:
      output.append(byte)
      fieldBegan(byte)
    case .index(let isLiteral, let isNamed):
      output.append(byte)
      guard let index = integer(byte) else { return }
      indexEnded(index, isLiteral, isNamed: isNamed)
    case .string:
      isHuffman = byte & 0x80 != 0
      guard let count = begin(byte, bits: 7) else { return step = .length }
      stringBegan(count, to: &output)
    case .length:
      guard let count = integer(byte) else { return }
      stringBegan(count, to: &output)
    case .passing, .cutting, .broken: break
    }
  }

  // MARK: Integers (§5.1)

  /// The first byte; nil when more follow.
  private mutating func begin(_ byte: UInt8, bits: Int) -> Int? {
    let most = 1 << bits - 1
    number = Int(byte) & most
    shift = 0
    return number < most ? number : nil
  }

  /// The next byte; nil when more follow, or there are too many.
  private mutating func integer(_ byte: UInt8) -> Int? {
    number += Int(byte & 0x7f) << shift
    guard byte & 0x80 != 0 else { return number }
    shift += 7
    // nghttp2 takes no larger ones.
    if shift > 28 { step = .broken }
    return nil
  }

  // MARK: Fields

  private mutating func fieldBegan(_ byte: UInt8) {
    let (bits, isLiteral, isUpdate): (Int, Bool, Bool) =
      switch byte {
      case 0x80...: (7, false, false)
      case 0x40...: (6, true, false)
      case 0x20...: (5, false, true)
      default: (4, true, false)
      }
    // A new size of the table is no field.
    if isUpdate { fields -= 1 }
    guard let index = begin(byte, bits: bits) else {
      return step = .index(literal: isLiteral, isNamed: true)
    }
    indexEnded(index, isLiteral, isNamed: index != 0)
  }

  private mutating func indexEnded(_ index: Int, _ isLiteral: Bool, isNamed: Bool) {
    guard isLiteral else { return fieldEnded() }
    isName = !isNamed
    step = .string
  }

  private mutating func fieldEnded() {
    fields += 1
    step = .field
  }

  // MARK: Strings (§5.2)

  private mutating func stringBegan(_ count: Int, to output: inout [UInt8]) {
    stringBytes = count
    guard count <= maxStringBytes else {
      kept = []
      step = .cutting(left: count)
      return
    }
    Self.writeLength(count, isHuffman: isHuffman, to: &output)
    step = .passing(left: count)
    if count == 0 { stringEnded() }
  }

  private mutating func stringEnded() {
    guard isName else { return fieldEnded() }
    isName = false
    step = .string
  }

  /// Writes the beginning of a long string, as it is.
  private mutating func writeCut(to output: inout [UInt8]) {
    if cuts.last?.field == fields { cuts.removeLast() }
    cuts.append(Cut(field: fields, bytes: stringBytes))
    var text = isHuffman ? HuffmanText.beginning(of: kept) : kept
    text = Array(text.prefix(SessionBounds.keptStringBytes))
    let missing = SessionBounds.leastCutStringBytes - text.count
    if missing > 0 { text += repeatElement(UInt8(ascii: "x"), count: missing) }
    Self.writeLength(text.count, isHuffman: false, to: &output)
    output += text
    kept = []
    stringEnded()
  }

  private static func writeLength(_ count: Int, isHuffman: Bool, to output: inout [UInt8]) {
    let first: UInt8 = isHuffman ? 0x80 : 0
    guard count >= 0x7f else { return output.append(first | UInt8(count)) }
    output.append(first | 0x7f)
    var rest = count - 0x7f
    while rest > 0x7f {
      output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    output.append(UInt8(rest))
  }
}
