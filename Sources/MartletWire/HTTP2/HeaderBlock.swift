// A header section, flat: one buffer of bytes and where in it each field lies.

/// An ordered list of header fields without a String or an allocation for each. One that is emptied
/// with `removeAll` and filled again allocates nothing; literals (`append(_:literal:)`) are not even
/// copied. A value: copies share their memory until one is changed.
package struct HeaderBlock {
  /// Nil while nothing was ever added.
  var storage: HeaderStorage?

  package init() {}

  package var count: Int { storage?.fieldCount ?? 0 }
  package var isEmpty: Bool { count == 0 }

  /// Empties the block and keeps its memory for the next one.
  package mutating func removeAll() {
    guard storage != nil else { return }
    if isKnownUniquelyReferenced(&storage) {
      storage?.removeAll()
    } else {
      storage = nil
    }
  }

  /// Whether the block has memory that no other one shares.
  var isSoleOwner: Bool {
    mutating get { isKnownUniquelyReferenced(&storage) }
  }

  /// The memory, nobody else's.
  mutating func owned() -> HeaderStorage {
    makeOwn()
    return unsafe storage.unsafelyUnwrapped
  }

  /// Calls `body` with memory that is nobody else's and stays for the call, so that nobody counts it.
  @inline(__always)
  private mutating func withOwned(_ body: (HeaderStorage) -> Void) {
    makeOwn()
    unsafe Unmanaged.passUnretained(storage.unsafelyUnwrapped)._withUnsafeGuaranteedRef(body)
  }

  @inline(__always)
  private mutating func makeOwn() {
    guard !isKnownUniquelyReferenced(&storage) else { return }
    copyStorage()
  }

  @inline(never)
  private mutating func copyStorage() {
    storage = storage.map { HeaderStorage($0) } ?? HeaderStorage()
  }
}

// Memory is changed only by a block that is its sole owner, so blocks may go anywhere.
extension HeaderBlock: @unchecked Sendable {}

// MARK: - Adding fields

extension HeaderBlock {
  /// Adds a field whose value is a literal of the program; nothing is copied.
  package mutating func append(_ name: HeaderName, literal value: StaticString) {
    withOwned { $0.append(name, literal: value) }
  }

  /// Adds a field of a known name. `neverIndexed` is for values that differ each time, such as a
  /// timeout: it keeps them out of both sides' HPACK tables (RFC 7541 §7.1.3).
  package mutating func append(
    _ name: HeaderName, _ value: UnsafeRawBufferPointer, neverIndexed: Bool = false
  ) {
    precondition(name != .other, "a field of an unknown name is added by its bytes")
    withOwned { unsafe $0.append(name, value, neverIndexed: neverIndexed) }
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
    withOwned { unsafe $0.append(name: name, value: value, neverIndexed: neverIndexed) }
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
    guard let source = other.storage, index < source.fieldCount else { return }
    let field = unsafe source.fields[index]
    withOwned { storage in
      if field.valueIsLiteral, field.name != .other {
        storage.append(field)
      } else {
        unsafe storage.append(
          field.name, spelled: source.name(of: field), source.value(of: field),
          neverIndexed: field.neverIndexed)
      }
    }
  }

  package mutating func append(contentsOf other: borrowing HeaderBlock) {
    guard let source = other.storage else { return }
    withOwned { $0.append(contentsOf: source) }
  }

  /// Adds the fields of another block that `isKept` wants, by index: what a proxy passes on.
  package mutating func append(
    contentsOf other: borrowing HeaderBlock, where isKept: (Int) -> Bool
  ) {
    guard let source = other.storage else { return }
    withOwned { $0.append(contentsOf: source, where: isKept) }
  }

  /// Takes the last field off again.
  package mutating func removeLast() {
    guard !isEmpty else { return }
    owned().removeLast()
  }
}

// MARK: - Reading fields

extension HeaderBlock {
  /// The known name of the field at `index`, or `.other`.
  package func name(at index: Int) -> HeaderName {
    withStorage(index) { storage in unsafe storage.fields[index].name }
  }

  package func firstIndex(of name: HeaderName) -> Int? {
    storage?.firstIndex(of: name)
  }

  /// Which names there are.
  package var names: HeaderNames { storage?.names ?? [] }

  package func contains(_ name: HeaderName) -> Bool { names.contains(HeaderNames(name)) }

  /// Reads a field's name and value where they lie.
  package func withField<Result, Failure: Error>(
    at index: Int,
    _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(Failure) ->
      Result
  ) throws(Failure) -> Result {
    try withStorage(index) { storage throws(Failure) in
      let field = unsafe storage.fields[index]
      return try unsafe body(storage.name(of: field), storage.value(of: field))
    }
  }

  /// Reads the first value of `name` where it lies; nil when there is none.
  package func withValue<Result, Failure: Error>(
    of name: HeaderName, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard let index = firstIndex(of: name) else { return nil }
    return try withStorage(index) { storage throws(Failure) in
      try unsafe body(storage.value(of: storage.fields[index]))
    }
  }

  /// The first value of `name` as a String; nil when there is none.
  package subscript(name: HeaderName) -> String? {
    unsafe withValue(of: name) { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// The first value of a name in lower case; nil when there is none.
  package subscript(name: String) -> String? {
    guard let storage else { return nil }
    var name = name
    return name.withUTF8 { wanted in
      let known = unsafe HeaderName(spelled: UnsafeRawBufferPointer(wanted))
      guard storage.names.contains(HeaderNames(known)) else { return nil }
      for index in 0..<storage.fieldCount {
        let field = unsafe storage.fields[index]
        guard field.name == known else { continue }
        if known == .other, unsafe !storage.name(of: field).elementsEqual(wanted) { continue }
        return unsafe String(decoding: storage.value(of: field), as: UTF8.self)
      }
      return nil
    }
  }

  /// The size of the section as HPACK counts it and peers limit it (RFC 9113 §6.5.2): the bytes of names
  /// and values, and 32 for each field.
  package var listBytes: Int {
    (0..<count).reduce(0) { sum, index in
      unsafe withField(at: index) { name, value in
        sum + name.count + value.count + Self.fieldOverhead
      }
    }
  }

  /// What each field counts beside its bytes.
  package static var fieldOverhead: Int { HeaderStorage.fieldOverhead }

  /// Every field as Strings: for tests and for logs.
  package var pairs: [(name: String, value: String)] {
    (0..<count).map { index in
      unsafe withField(at: index) { name, value in
        unsafe (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
      }
    }
  }

  /// Calls `body` with the memory, which stays alive for the call.
  private func withStorage<Result, Failure: Error>(
    _ index: Int, _ body: (HeaderStorage) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let storage, index >= 0, index < storage.fieldCount else {
      preconditionFailure("there is no field \(index)")
    }
    return try body(storage)
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
