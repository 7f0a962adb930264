// Copies fields of one message into another one of another type, without decoding either.

/// What one field of a new message is made of: a field of another message, or all of it.
package struct FieldCopy: Sendable, Hashable {
  /// The type that is read.
  package let root: MessageType
  /// Nil: the whole message.
  private let source: FieldPlace?
  private let target: FieldPlace
  private let conversion: Conversion

  private enum Conversion: Sendable, Hashable {
    /// The bytes are the same for both.
    case bytes
    /// Numbers of another width, and enums as numbers.
    case values
    /// Enums by the names of their values.
    case names
  }

  /// Throws when the source does not fit. Of the same type everything fits, and messages of types that are
  /// the same on the wire; numbers into wider ones,
  /// an enum into an `int32`, `int64` or, by its name, a string, a string into bytes, and a singular
  /// field into a repeated one, as its only element.
  ///
  /// - Parameter source: nil for a whole message of the type `root`.
  package init(
    from source: FieldPlace?, of root: MessageType, to target: FieldPlace
  ) throws(SchemaError) {
    self.root = root
    self.source = source
    self.target = target
    let leaf = target.field
    guard let source else {
      let difference = leaf.messageType.flatMap { root.difference(from: $0) }
      guard leaf.kind == .message, difference == nil, !leaf.isMap else {
        throw SchemaError(
          "\(leaf.fullName) is \(leaf.typeName), but what comes here is \(root)"
            + Self.reason(difference))
      }
      conversion = .bytes
      return
    }
    guard let conversion = Self.conversion(from: source.field, to: leaf) else {
      throw SchemaError(
        "\(leaf.fullName) is \(leaf.typeName), but \(source.field.fullName) is "
          + source.field.typeName + Self.reason(Self.difference(from: source.field, to: leaf)))
    }
    self.conversion = conversion
  }

  /// Between the messages of two fields that have some.
  private static func difference(from source: Field, to target: Field) -> String? {
    guard source.isMap == target.isMap, target.isRepeated || !source.isRepeated,
      let from = source.messageType, let to = target.messageType
    else { return nil }
    return from.difference(from: to)
  }

  private static func reason(_ difference: String?) -> String {
    difference.map { "; \($0)" } ?? ""
  }

  private static func conversion(from source: Field, to target: Field) -> Conversion? {
    if source.isMap || target.isMap {
      guard source.isMap, target.isMap, let from = source.messageType, let to = target.messageType
      else { return nil }
      return from.difference(from: to) == nil ? .bytes : nil
    }
    if source.isRepeated, !target.isRepeated { return nil }
    switch (source.kind, target.kind) {
    case (.message, .message): return difference(from: source, to: target) == nil ? .bytes : nil
    case (.enumeration, .enumeration): return source.enumType == target.enumType ? .bytes : nil
    case (.enumeration, .string): return .names
    case (.enumeration, let kind): return kind.holds(.int32) ? .values : nil
    case (.string, .bytes): return .bytes
    case (let from, let to) where from == to: return .bytes
    case (let from, let to): return to.holds(from) ? .values : nil
    }
  }

  /// Appends the field to the bytes of the new message. A source that is not set sets nothing, but one
  /// without presence stands for its default where the new field is repeated.
  package func append(from message: [UInt8], to output: inout [UInt8]) throws(WireError) {
    var content: [UInt8] = []
    let field = target.field
    guard let source else { return wrap(message, into: &output) }
    switch conversion {
    case .bytes: try appendRecords(of: source, in: message, to: &content)
    case .values:
      for value in try values(of: source, in: message) where mustBeSaid(value) {
        content.appendTag(field.number, field.kind.wireType)
        content.appendNumber(value.enumAsNumber, as: field.kind)
      }
    case .names:
      for value in try values(of: source, in: message) {
        content.appendField(field.number, source.field.spelling(of: value).utf8)
      }
    }
    // What is around a field that is not set is not set by it either.
    guard !content.isEmpty else { return }
    output.append(contentsOf: target.around(content))
  }

  private func mustBeSaid(_ value: FieldValue) -> Bool {
    target.field.isRepeated || target.field.hasPresence || !value.isZero
  }

  private func values(of source: FieldPlace, in message: [UInt8]) throws(WireError) -> [FieldValue]
  {
    let values = try source.values(in: message)
    if source.field.isRepeated || source.field.hasPresence { return values }
    if target.field.isRepeated { return values.isEmpty ? [source.field.defaultValue] : values }
    return values.filter { !$0.isZero }
  }

  private func appendRecords(
    of source: FieldPlace, in message: [UInt8], to content: inout [UInt8]
  ) throws(WireError) {
    let (number, isMessage) = (target.field.number, source.field.kind == .message)
    var records = try source.records(in: message)
    // The last value of a singular field counts; those of a message merge.
    if !source.field.isRepeated {
      if isMessage, target.field.isRepeated, records.count > 1 {
        return content.appendField(number, records.flatMap { message[$0.range] })
      }
      if !isMessage {
        records = records.suffix(1)
        // Zero on the wire is as good as nothing, unless both fields know it from that.
        let isKnown =
          source.field.hasPresence && (target.field.isRepeated || target.field.hasPresence)
        if !isKnown, let value = records.last, try source.isZero(value, in: message) {
          records = []
        }
      }
      if records.isEmpty, target.field.isRepeated, !source.field.hasPresence {
        return appendDefault(of: source.field, to: &content)
      }
    }
    for record in records {
      content.appendTag(number, record.type)
      if record.type == .lengthDelimited { content.appendVarint(UInt64(record.range.count)) }
      content.append(contentsOf: message[record.range])
    }
  }

  private func appendDefault(of field: Field, to content: inout [UInt8]) {
    let number = target.field.number
    switch field.defaultValue {
    case .string(let text): content.appendField(number, text.utf8)
    case .bytes(let bytes): content.appendField(number, bytes)
    case let value:
      content.appendTag(number, field.kind.wireType)
      content.appendNumber(value, as: field.kind)
    }
  }

  private func wrap(_ message: [UInt8], into output: inout [UInt8]) {
    var content: [UInt8] = []
    content.reserveCapacity(message.count + 10)
    content.appendField(target.field.number, message)
    output.append(contentsOf: target.around(content))
  }
}

extension FieldPlace {
  /// Content in the messages on the way to the field. Several that come one after another merge.
  fileprivate func around(_ content: [UInt8]) -> [UInt8] {
    var content = content
    for field in way.fields.reversed() {
      var outer: [UInt8] = []
      outer.reserveCapacity(content.count + 10)
      outer.appendField(field.number, content)
      content = outer
    }
    return content
  }

  /// The encoding of a message that says of the field that it is zero, also where it has no presence: what
  /// follows another message takes its place. Nil when a message says what the field is, and for fields
  /// that are set or not.
  package func zero(unlessIn message: [UInt8]) -> [UInt8]? {
    guard !field.isRepeated, !field.hasPresence, (try? records(in: message))?.isEmpty == true else {
      return nil
    }
    var content: [UInt8] = []
    content.appendTag(field.number, field.kind.wireType)
    content.append(contentsOf: [UInt8](repeating: 0, count: field.kind.zeroSize))
    return around(content)
  }
}

extension FieldValue {
  /// An enum's value as the number that it is on the wire.
  fileprivate var enumAsNumber: FieldValue {
    if case .enumeration(let number) = self { .signed(Int64(number)) } else { self }
  }
}

extension FieldKind {
  /// Whether every number of another kind is also one of this.
  fileprivate func holds(_ other: FieldKind) -> Bool {
    switch self {
    case .int64, .sfixed64, .sint64: other.isSigned || other.isUnsigned32
    case .int32, .sfixed32, .sint32: other.isSigned32
    case .uint64, .fixed64: other.isUnsigned32 || other == .uint64 || other == .fixed64
    case .uint32, .fixed32: other.isUnsigned32
    case .double: other == .float || other == .double || other.isSigned32 || other.isUnsigned32
    case .float: other == .float
    case .bool, .string, .bytes, .message, .enumeration: false
    }
  }

  /// Bytes of the encoding of zero, all of which are 0; of an empty text its length.
  var zeroSize: Int {
    switch wireType {
    case .fixed64: 8
    case .fixed32: 4
    case .varint, .lengthDelimited, .group: 1
    }
  }

  private var isSigned32: Bool { self == .int32 || self == .sfixed32 || self == .sint32 }
  private var isSigned: Bool {
    isSigned32 || self == .int64 || self == .sfixed64 || self == .sint64
  }
  private var isUnsigned32: Bool { self == .uint32 || self == .fixed32 }
}
