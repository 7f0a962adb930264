// A dotted path to one field, read straight off a message's bytes.

internal import MartletCore

/// `kind` or `page.language`: the way through singular message fields to a singular field that is
/// not a message. Reading walks only the fields in front of it and decodes nothing else.
package struct FieldPath: Sendable, Hashable, CustomStringConvertible {
  package let text: String

  /// The type that the path starts from.
  package let root: MessageType

  /// The fields on the way; the last one is read.
  package let fields: [Field]

  package let leaf: Field

  private let steps: [MessagePath.Step]
  private let unset: FieldValue

  /// Resolves a path. The error names the part that does not exist, with the nearest name, or that
  /// cannot be on a path.
  package init(_ text: String, in root: MessageType) throws(SchemaError) {
    let (way, type, last) = try MessagePath.resolve(text, in: root)
    leaf = try type.requireField(last)
    guard !leaf.isRepeated else {
      throw SchemaError("\(leaf.fullName) is \(leaf.typeName); a path leads to one value")
    }
    guard leaf.kind != .message else {
      throw SchemaError("\(leaf.fullName) is a message; go on to one of its fields")
    }
    self.text = text
    self.root = root
    fields = way.fields + [leaf]
    unset = leaf.defaultValue
    steps = fields.map(MessagePath.Step.init)
  }

  package var description: String { text }

  /// The value in a message of type `root`; the field's default where it is not set. Of several
  /// occurrences the last counts, as everywhere in protobuf. Throws when bytes on the way are
  /// malformed; what lies beside the way is skipped, not checked.
  package func read(_ message: [UInt8]) throws(WireError) -> FieldValue {
    try readIfSet(message) ?? unset
  }

  /// As `read`, but nil where the field is not set.
  package func readIfSet(_ message: [UInt8]) throws(WireError) -> FieldValue? {
    var found: FieldValue?
    try read(WireReader(message), step: 0, &found)
    return found
  }

  /// Occurrences of a message merge: one without the field leaves what an earlier one has found, and one
  /// with another member of the field's oneof undoes it.
  private func read(
    _ reader: WireReader, step index: Int, _ found: inout FieldValue?
  ) throws(WireError) {
    var reader = reader
    let step = steps[index]
    while let tag = try reader.nextTag() {
      // With another wire type it is another field.
      guard tag.number == step.number, tag.type == step.kind.wireType else {
        if step.rivals.contains(tag) { found = nil }
        try reader.skip(tag)
        continue
      }
      if index + 1 < steps.count {
        let nested = WireReader(reader.bytes, in: try reader.lengthDelimited())
        try read(nested, step: index + 1, &found)
        continue
      }
      do throws(WireError) {
        let value = try reader.value(of: step.kind)
        if step.closedEnum?.has(value) != false { found = value }
      } catch {
        throw WireError(error.reason, at: error.offset, field: fields[index].fullName)
      }
    }
  }
}

extension MessageType {
  /// The field of a name, or an error that names the nearest one.
  package func requireField(_ name: String) throws(SchemaError) -> Field {
    if let field = field(named: name) { return field }
    if let reason = whyUnread(name) { throw SchemaError(reason) }
    throw SchemaError(
      "\(fullName) has no field \"\(name)\""
        + Spelling.hint(for: name, among: record.fields.map(\.name)))
  }
}

extension MessageType {
  /// Why nobody can look at a field that is there, or may be; nil: it is none.
  func whyUnread(_ name: String) -> String? {
    if let reason = record.unread { return "\(fullName) cannot be looked into: \(reason)" }
    let carried =
      record.carried[name]
      ?? record.carried.first { SchemaLinker.jsonName($0.key) == name }?.value
    return carried.map { "\($0.reason), which travels with its message and cannot be looked into" }
  }
}

extension Field {
  /// What the field reads as when it is not set: zero, or the default that proto2 lets it have.
  package var defaultValue: FieldValue {
    if kind == .enumeration, let type = enumType {
      let first = type.values.first?.number ?? 0
      return .enumeration(record.defaultText.flatMap(type.number(named:)) ?? first)
    }
    guard let text = record.defaultText else { return .zero(of: kind) }
    let zero = FieldValue.zero(of: kind)
    switch zero {
    case .bool: return .bool(text == "true")
    case .signed: return Int64(text).map(FieldValue.signed) ?? zero
    case .unsigned: return UInt64(text).map(FieldValue.unsigned) ?? zero
    case .float: return Float(text).map(FieldValue.float) ?? zero
    case .double: return Double(text).map(FieldValue.double) ?? zero
    case .string: return .string(text)
    // A bytes default is C-escaped text; it reads as empty here.
    case .bytes, .enumeration: return zero
    }
  }
}
