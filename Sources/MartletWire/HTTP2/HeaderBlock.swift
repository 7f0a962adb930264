// A header section, flat: one buffer of bytes and where in it each field lies.

/// An ordered list of header fields without a String or an allocation for each. One that is emptied
/// with `removeAll` and filled again allocates nothing; literals (`append(_:literal:)`) are not even
/// copied.
package struct HeaderBlock: Sendable {
  /// Where one field lies. A literal's `start` is its address, another's its offset in `bytes`.
  struct Field: Sendable {
    var nameStart: UInt
    var valueStart: UInt
    var nameCount: UInt32
    var valueCount: UInt32
    var name: HeaderName
    var nameIsLiteral: Bool
    var valueIsLiteral: Bool
    /// Never put in the HPACK table: the value differs each time or is secret.
    var neverIndexed: Bool
  }

  var bytes: [UInt8] = []
  var fields: [Field] = []

  /// What HPACK counts for each field besides its name and value (RFC 7541 §4.1).
  static var fieldOverhead: Int { 32 }

  package init() {}

  package var count: Int { fields.count }
  package var isEmpty: Bool { fields.isEmpty }

  /// Empties the block and keeps its memory for the next one.
  package mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
  }
}

// MARK: - Adding fields

extension HeaderBlock {
  /// Adds a field whose value is a literal of the program; nothing is copied.
  package mutating func append(_ name: HeaderName, literal value: StaticString) {
    fields.append(
      Field(
        nameStart: Self.address(name.text), valueStart: Self.address(value),
        nameCount: UInt32(name.text.utf8CodeUnitCount),
        valueCount: UInt32(value.utf8CodeUnitCount), name: name, nameIsLiteral: true,
        valueIsLiteral: true, neverIndexed: false))
  }

  /// Adds a field of a known name. `neverIndexed` is for values that differ each time, such as a
  /// timeout: it keeps them out of both sides' HPACK tables (RFC 7541 §7.1.3).
  package mutating func append(
    _ name: HeaderName, _ value: UnsafeRawBufferPointer, neverIndexed: Bool = false
  ) {
    let valueStart = UInt(bytes.count)
    unsafe bytes.append(contentsOf: value)
    fields.append(
      Field(
        nameStart: Self.address(name.text), valueStart: valueStart,
        nameCount: UInt32(name.text.utf8CodeUnitCount), valueCount: UInt32(value.count),
        name: name, nameIsLiteral: true, valueIsLiteral: false, neverIndexed: neverIndexed))
  }

  package mutating func append(_ name: HeaderName, _ value: String, neverIndexed: Bool = false) {
    var value = value
    value.withUTF8 { utf8 in
      unsafe append(name, UnsafeRawBufferPointer(utf8), neverIndexed: neverIndexed)
    }
  }

  /// Adds a field of any name, which must be lower case.
  package mutating func append(
    name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, neverIndexed: Bool = false
  ) {
    let known = unsafe HeaderName(spelled: name)
    guard known == .other else {
      return unsafe append(known, value, neverIndexed: neverIndexed)
    }
    let nameStart = UInt(bytes.count)
    unsafe bytes.append(contentsOf: name)
    unsafe bytes.append(contentsOf: value)
    fields.append(
      Field(
        nameStart: nameStart, valueStart: nameStart + UInt(name.count),
        nameCount: UInt32(name.count), valueCount: UInt32(value.count), name: .other,
        nameIsLiteral: false, valueIsLiteral: false, neverIndexed: neverIndexed))
  }

  package mutating func append(name: String, value: String, neverIndexed: Bool = false) {
    var (name, value) = (name, value)
    name.withUTF8 { name in
      value.withUTF8 { value in
        unsafe append(
          name: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer(value),
          neverIndexed: neverIndexed)
      }
    }
  }

  /// Adds the field at `index` of another block, as a proxy does.
  package mutating func append(fieldAt index: Int, of other: borrowing HeaderBlock) {
    let field = other.fields[index]
    unsafe other.withBytes(of: field) { name, value in
      if field.nameIsLiteral && field.valueIsLiteral {
        fields.append(field)
      } else {
        unsafe append(name: name, value: value, neverIndexed: field.neverIndexed)
      }
    }
  }

  package mutating func append(contentsOf other: borrowing HeaderBlock) {
    for index in 0..<other.count { append(fieldAt: index, of: other) }
  }

  private static func address(_ literal: StaticString) -> UInt {
    unsafe UInt(bitPattern: literal.utf8Start)
  }
}

// MARK: - Reading fields

extension HeaderBlock {
  /// The known name of the field at `index`, or `.other`.
  package func name(at index: Int) -> HeaderName { fields[index].name }

  package func firstIndex(of name: HeaderName) -> Int? {
    fields.firstIndex { $0.name == name }
  }

  package func contains(_ name: HeaderName) -> Bool { firstIndex(of: name) != nil }

  /// Reads a field's name and value where they lie.
  package func withField<Result, Failure: Error>(
    at index: Int,
    _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(Failure) ->
      Result
  ) throws(Failure) -> Result {
    try unsafe withBytes(of: fields[index], body)
  }

  /// Reads the first value of `name` where it lies; nil when there is none.
  package func withValue<Result, Failure: Error>(
    of name: HeaderName, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard let index = firstIndex(of: name) else { return nil }
    return try unsafe withBytes(of: fields[index]) { (_, value) throws(Failure) in
      try unsafe body(value)
    }
  }

  /// The first value of `name` as a String; nil when there is none.
  package subscript(name: HeaderName) -> String? {
    unsafe withValue(of: name) { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// The first value of a name in lower case; nil when there is none.
  package subscript(name: String) -> String? {
    pairs.first { $0.name == name }?.value
  }

  /// Every field as Strings: for tests and for logs.
  package var pairs: [(name: String, value: String)] {
    fields.map { field in
      unsafe withBytes(of: field) { name, value in
        unsafe (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
      }
    }
  }

  func withBytes<Result, Failure: Error>(
    of field: Field,
    _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(Failure) ->
      Result
  ) throws(Failure) -> Result {
    // A typed throw cannot cross `withUnsafeBytes`, hence the Result.
    let outcome = unsafe bytes.withUnsafeBytes { bytes in
      let name = unsafe Self.part(
        field.nameStart, field.nameCount, isLiteral: field.nameIsLiteral, of: bytes)
      let value = unsafe Self.part(
        field.valueStart, field.valueCount, isLiteral: field.valueIsLiteral, of: bytes)
      do throws(Failure) {
        return Swift.Result<Result, Failure>.success(try unsafe body(name, value))
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  private static func part(
    _ start: UInt, _ count: UInt32, isLiteral: Bool, of bytes: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    if isLiteral {
      return unsafe UnsafeRawBufferPointer(
        start: UnsafeRawPointer(bitPattern: start), count: Int(count))
    }
    return unsafe UnsafeRawBufferPointer(rebasing: bytes[Int(start)..<Int(start) + Int(count)])
  }
}

extension HeaderBlock: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, String)...) {
    self.init()
    for (name, value) in elements { append(name: name, value: value) }
  }
}

extension HeaderBlock: CustomStringConvertible {
  package var description: String {
    pairs.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
  }
}
