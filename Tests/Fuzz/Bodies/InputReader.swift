// Decisions out of an input's bytes.

/// Takes bytes off the front of an input. Past its end everything is 0, so that every input is a whole one.
struct InputReader {
  private var rest: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) {
    rest = bytes
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func byte() -> UInt8 {
    guard let byte = rest.first else { return 0 }
    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
    return byte
  }

  /// A number from 0 up to but not `bound`, which is at most 256.
  mutating func number(below bound: Int) -> Int {
    Int(byte()) % bound
  }

  mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[number(below: choices.count)]
  }

  /// The next bytes, as many as there are of `count`.
  mutating func bytes(_ count: Int) -> [UInt8] {
    defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count)) }
    return Array(rest.prefix(count))
  }

  /// All that is left.
  mutating func remainder() -> [UInt8] {
    bytes(rest.count)
  }
}
