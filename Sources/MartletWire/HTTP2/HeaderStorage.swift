// The memory of a header block.

/// Two buffers that grow and are never given back while the block lives: the fields, and the bytes of
/// those names and values that are not literals. Arrays would check their uniqueness and
/// their bounds for each field; a request has eight.
@safe final class HeaderStorage {
  /// Where one field lies.
  struct Field {
    /// The address of a literal, or an offset into `bytes`.
    var valueStart: UInt
    var valueCount: UInt32
    /// An offset into `bytes`; known names have none, their text is a literal.
    var nameStart: UInt32
    var nameCount: UInt32
    var name: HeaderName
    var valueIsLiteral: Bool
    /// Never put in the HPACK table: the value is secret or differs each time, as its sender said. Of other
    /// values `HeaderName.mayBeIndexed` decides when they are sent.
    var neverIndexed: Bool
  }

  /// What HPACK counts for each field besides its name and value (RFC 7541 §4.1).
  static var fieldOverhead: Int { 32 }

  private static let firstFields = 16
  private static let firstBytes = 256

  private(set) var fields: UnsafeMutablePointer<Field>
  private(set) var bytes: UnsafeMutableRawPointer
  private(set) var fieldCount = 0
  private(set) var byteCount = 0
  /// Which names there are. Most questions about a request's fields are answered no, and so without
  /// looking at them.
  private(set) var names: HeaderNames = []
  private var fieldCapacity: Int
  private var byteCapacity: Int

  init() {
    fieldCapacity = Self.firstFields
    byteCapacity = Self.firstBytes
    unsafe fields = .allocate(capacity: fieldCapacity)
    unsafe bytes = .allocate(byteCount: byteCapacity, alignment: 1)
  }

  /// A copy that may be changed on its own.
  convenience init(_ other: HeaderStorage) {
    self.init()
    append(contentsOf: other)
  }

  deinit {
    unsafe fields.deallocate()
    unsafe bytes.deallocate()
  }

  func removeAll() {
    fieldCount = 0
    byteCount = 0
    names = []
  }

  /// Takes the last field off again.
  func removeLast() {
    guard fieldCount > 0 else { return }
    fieldCount -= 1
    let field = unsafe fields[fieldCount]
    names = []
    for index in 0..<fieldCount { names.formUnion(HeaderNames(unsafe fields[index].name)) }
    guard !field.valueIsLiteral else { return }
    // A field's name lies before its value, and both behind those of the fields before.
    byteCount = field.name == .other ? Int(field.nameStart) : Int(field.valueStart)
  }

  /// Where the first field of `name` is.
  @inline(__always) func firstIndex(of name: HeaderName) -> Int? {
    guard names.contains(HeaderNames(name)) else { return nil }
    for index in 0..<fieldCount where unsafe fields[index].name == name { return index }
    return nil
  }

  /// Adds the fields of `other` that `isKept` wants, by index: the bytes of all of them in one piece.
  @inline(__always) func append(
    contentsOf other: HeaderStorage, where isKept: (Int) -> Bool = { _ in true }
  ) {
    let shift = unsafe append(UnsafeRawBufferPointer(start: other.bytes, count: other.byteCount))
    for index in 0..<other.fieldCount where isKept(index) {
      var field = unsafe other.fields[index]
      if !field.valueIsLiteral { field.valueStart += UInt(shift) }
      if field.name == .other { field.nameStart += UInt32(truncatingIfNeeded: shift) }
      append(field)
    }
  }

  @inline(__always) func append(_ field: Field) {
    if fieldCount == fieldCapacity { growFields() }
    unsafe (fields + fieldCount).initialize(to: field)
    fieldCount += 1
    names.formUnion(HeaderNames(field.name))
  }

  /// Adds bytes and returns where they start.
  @inline(__always) func append(_ added: UnsafeRawBufferPointer) -> Int {
    let start = byteCount
    guard let base = added.baseAddress else { return start }
    reserveBytes(added.count)
    unsafe (bytes + start).copyMemory(from: base, byteCount: added.count)
    byteCount += added.count
    return start
  }

  @inline(__always) private func reserveBytes(_ count: Int) {
    if byteCapacity - byteCount < count { growBytes(count) }
  }

  private func growFields() {
    let grown = UnsafeMutablePointer<Field>.allocate(capacity: fieldCapacity * 2)
    unsafe grown.moveInitialize(from: fields, count: fieldCount)
    unsafe fields.deallocate()
    unsafe fields = grown
    fieldCapacity *= 2
  }

  private func growBytes(_ count: Int) {
    byteCapacity = max(byteCapacity * 2, byteCount + count)
    let grown = UnsafeMutableRawPointer.allocate(byteCount: byteCapacity, alignment: 1)
    unsafe grown.copyMemory(from: bytes, byteCount: byteCount)
    unsafe bytes.deallocate()
    unsafe bytes = grown
  }

  /// A field's name where it lies.
  @inline(__always) func name(of field: Field) -> UnsafeRawBufferPointer {
    if field.name != .other {
      let text = field.name.text
      return unsafe UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
    return unsafe UnsafeRawBufferPointer(
      start: bytes + Int(field.nameStart), count: Int(field.nameCount))
  }

  /// A field's value where it lies.
  @inline(__always) func value(of field: Field) -> UnsafeRawBufferPointer {
    let start =
      unsafe field.valueIsLiteral
      ? UnsafeRawPointer(bitPattern: field.valueStart)
      : UnsafeRawPointer(bytes + Int(field.valueStart))
    return unsafe UnsafeRawBufferPointer(start: start, count: Int(field.valueCount))
  }

  // MARK: Adding whole fields

  func append(_ name: HeaderName, literal value: StaticString) {
    append(
      Field(
        valueStart: unsafe UInt(bitPattern: value.utf8Start),
        valueCount: UInt32(value.utf8CodeUnitCount), nameStart: 0, nameCount: 0, name: name,
        valueIsLiteral: true, neverIndexed: false))
  }

  func append(_ name: HeaderName, _ value: UnsafeRawBufferPointer, neverIndexed: Bool) {
    let start = unsafe append(value)
    append(
      Field(
        valueStart: UInt(bitPattern: start), valueCount: UInt32(truncatingIfNeeded: value.count),
        nameStart: 0, nameCount: 0, name: name, valueIsLiteral: false, neverIndexed: neverIndexed))
  }

  /// Adds a field as it was received.
  @inline(__always) func append(
    name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, neverIndexed: Bool
  ) {
    unsafe append(HeaderName(spelled: name), spelled: name, value, neverIndexed: neverIndexed)
  }

  /// The same for a name that was looked at before.
  func append(
    _ known: HeaderName, spelled name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer,
    neverIndexed: Bool
  ) {
    var nameStart = 0
    var nameCount = 0
    if known == .other {
      nameStart = unsafe append(name)
      nameCount = name.count
    }
    let valueStart = unsafe append(value)
    append(
      Field(
        valueStart: UInt(bitPattern: valueStart),
        valueCount: UInt32(truncatingIfNeeded: value.count),
        nameStart: UInt32(truncatingIfNeeded: nameStart),
        nameCount: UInt32(truncatingIfNeeded: nameCount), name: known, valueIsLiteral: false,
        neverIndexed: neverIndexed))
  }
}
