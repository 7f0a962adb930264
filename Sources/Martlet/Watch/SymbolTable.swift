// Which object files define what and refer to what.
private import Glibc

/// The global symbols of a program's objects, as nm(1) tells them of several files in the portable format
/// (`nm -P -g`; POSIX.1-2024, nm, STDOUT): a line `FILE:` before those of each file, which are
/// `NAME TYPE VALUE SIZE`. GNU's and LLVM's differ in what they leave out.
struct SymbolTable {
  struct Object {
    let path: String
    /// Symbols that another object has to define.
    fileprivate(set) var references: [Int] = []

    /// The module or package that it was built for, as SwiftPM lays it out.
    var folder: Substring { path[..<(path.lastIndex(of: "/") ?? path.startIndex)] }
  }

  struct Symbol {
    let name: String
    /// Objects that define it; more than one would not link.
    fileprivate(set) var definitions: [Int] = []
    /// Objects with a copy for their own use, one of which is linked: of inlined functions, specialisations,
    /// default arguments.
    fileprivate(set) var copies: [Int] = []
  }

  private(set) var objects: [Object] = []
  private(set) var symbols: [Symbol] = []
  private var numbers: [String: Int] = [:]

  /// - Parameter text: what nm printed; lines that are none of its are left out.
  init(_ text: UnsafeRawBufferPointer) {
    var rest = text
    while let start = rest.baseAddress, !rest.isEmpty {
      let end = memchr(start, Int32(UInt8(ascii: "\n")), rest.count)
      let length = end.map { UnsafeRawPointer($0) - start } ?? rest.count
      read(UnsafeRawBufferPointer(rebasing: rest[..<length]))
      rest = UnsafeRawBufferPointer(rebasing: rest[min(length + 1, rest.count)...])
    }
  }

  subscript(name: String) -> Symbol? { numbers[name].map { symbols[$0] } }

  private mutating func read(_ line: UnsafeRawBufferPointer) {
    if line.last == UInt8(ascii: ":") {
      let path = UnsafeRawBufferPointer(rebasing: line.dropLast())
      objects.append(Object(path: String(decoding: path, as: UTF8.self)))
      return
    }
    let object = objects.count - 1
    guard object >= 0, let (name, type) = Self.symbol(line) else { return }
    switch type {
    // Undefined; the lower-case ones may stay so.
    case UInt8(ascii: "U"), UInt8(ascii: "v"), UInt8(ascii: "w"):
      objects[object].references.append(number(name))
    // Weak, and GNU's unique ones.
    case UInt8(ascii: "V"), UInt8(ascii: "W"), UInt8(ascii: "u"):
      symbols[number(name)].copies.append(object)
    default: symbols[number(name)].definitions.append(object)
    }
  }

  private mutating func number(_ name: UnsafeRawBufferPointer) -> Int {
    let name = String(decoding: name, as: UTF8.self)
    if let number = numbers[name] { return number }
    symbols.append(Symbol(name: name))
    numbers[name] = symbols.count - 1
    return symbols.count - 1
  }

  /// The letters of global symbols, and of the undefined ones, which may be without numbers.
  private static let types = Set("ABCDGIRSTUVWiuvw".utf8)
  private static let undefined = Set("Uvw".utf8)

  /// A name may have spaces, so that a line is read from its end. GNU's nm leaves out a size of 0, and both
  /// numbers of what is undefined, for which LLVM's has zeroes.
  private static func symbol(
    _ line: UnsafeRawBufferPointer
  ) -> (name: UnsafeRawBufferPointer, type: UInt8)? {
    func split(at type: Range<Int>) -> (name: UnsafeRawBufferPointer, type: UInt8)? {
      guard type.lowerBound > 1 else { return nil }
      let name = UnsafeRawBufferPointer(rebasing: line[..<(type.lowerBound - 1)])
      return (name, line[type.lowerBound])
    }
    func isType(_ word: Range<Int>, _ letters: Set<UInt8>) -> Bool {
      word.count == 1 && letters.contains(line[word.lowerBound])
    }
    func isNumber(_ word: Range<Int>) -> Bool {
      !word.isEmpty && line[word].allSatisfy(isHexadecimal)
    }
    let last = word(before: line.count, in: line)
    if isType(last, undefined) { return split(at: last) }
    guard isNumber(last) else { return nil }
    let second = word(before: last.lowerBound, in: line)
    let third = word(before: second.lowerBound, in: line)
    if isNumber(second), isType(third, types) { return split(at: third) }
    return isType(second, types) ? split(at: second) : nil
  }

  private static func word(before end: Int, in line: UnsafeRawBufferPointer) -> Range<Int> {
    var end = end
    while end > 0, line[end - 1] == UInt8(ascii: " ") { end -= 1 }
    var start = end
    while start > 0, line[start - 1] != UInt8(ascii: " ") { start -= 1 }
    return start..<end
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }
}
