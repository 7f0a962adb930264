// A dotted path to a place in a message: the way through singular messages to a field or a oneof.

internal import MartletCore

/// The way from a message through singular message fields to another one; empty: the message itself.
struct MessagePath: Sendable, Hashable {
  let fields: [Field]
  private let steps: [Step]

  struct Step: Sendable, Hashable {
    var number: Int
    var kind: FieldKind
    /// The other members of the field's oneof: setting one of them unsets the field.
    var rivals: [WireTag]
    /// The type of an enum whose values are those that it names.
    var closedEnum: EnumType?

    init(_ field: Field) {
      number = field.number
      kind = field.kind
      let oneof = field.record.oneof.map { field.parent.record.oneofs[$0] }
      rivals =
        oneof?.numbers.filter { $0 != field.number }.compactMap(field.parent.field(number:))
        .map(\.tag) ?? []
      rivals += oneof?.carried.map { WireTag(number: $0, type: .group) } ?? []
      closedEnum = field.enumType.flatMap { $0.isClosed ? $0 : nil }
    }
  }

  /// Resolves all parts of a path but the last; returns the last one and the type that should have it.
  static func resolve(
    _ text: String, in root: MessageType
  ) throws(SchemaError) -> (way: MessagePath, type: MessageType, last: String) {
    var parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let last = parts.removeLast()
    var type = root
    var fields: [Field] = []
    for (index, part) in parts.enumerated() {
      let field = try type.requireField(part)
      guard !field.isRepeated else {
        throw SchemaError("\(field.fullName) is \(field.typeName); a path leads to one value")
      }
      guard let next = field.messageType else {
        let following = index + 1 < parts.count ? parts[index + 1] : last
        throw SchemaError("\(field.fullName) is \(field.typeName) and has no field \(following)")
      }
      fields.append(field)
      type = next
    }
    return (MessagePath(fields), type, last)
  }

  private init(_ fields: [Field]) {
    self.fields = fields
    steps = fields.map(Step.init)
  }

  /// Where the content of the message at the end of the way lies. Occurrences of a message merge, and
  /// protobuf merges what follows each other: together the ranges are the one message. None: it is not
  /// set.
  func ranges(in message: [UInt8]) throws(WireError) -> [Range<Int>] {
    var ranges = [message.indices]
    for step in steps {
      var next: [Range<Int>] = []
      for range in ranges {
        var reader = WireReader(message, in: range)
        while let tag = try reader.nextTag() {
          guard tag.number == step.number, tag.type == .lengthDelimited else {
            if step.rivals.contains(tag) { next.removeAll() }
            try reader.skip(tag)
            continue
          }
          next.append(try reader.lengthDelimited())
        }
      }
      ranges = next
    }
    return ranges
  }
}

/// A dotted path to a field of any kind, repeated ones and messages included.
package struct FieldPlace: Sendable, Hashable, CustomStringConvertible {
  package let text: String
  /// The type that the path starts from.
  package let root: MessageType
  package let field: Field
  let way: MessagePath
  private let step: MessagePath.Step

  /// One occurrence of the field.
  struct Record {
    var type: WireType
    /// Of a length-delimited field its content, of another one its value.
    var range: Range<Int>
  }

  /// The error names the part of the path that does not exist, with the nearest name.
  package init(_ text: String, in root: MessageType) throws(SchemaError) {
    let (way, type, last) = try MessagePath.resolve(text, in: root)
    self.text = text
    self.root = root
    self.way = way
    field = try type.requireField(last)
    step = MessagePath.Step(field)
  }

  package var description: String { text }

  /// Every occurrence that is not undone by another member of a oneof, in order.
  func records(in message: [UInt8]) throws(WireError) -> [Record] {
    var records: [Record] = []
    for range in try way.ranges(in: message) {
      var reader = WireReader(message, in: range)
      while let tag = try reader.nextTag() {
        guard tag.number == step.number else {
          if step.rivals.contains(tag) { records.removeAll() }
          try reader.skip(tag)
          continue
        }
        guard tag.type == field.kind.wireType || (field.isRepeated && tag.type == .lengthDelimited)
        else {
          try reader.skip(tag)
          continue
        }
        if tag.type == .lengthDelimited {
          let range = try reader.lengthDelimited()
          // Packed elements may be none.
          guard !range.isEmpty || !field.kind.isPackable else { continue }
          records.append(Record(type: tag.type, range: range))
        } else {
          let start = reader.position
          if let type = step.closedEnum {
            var value = reader
            guard type.has(try value.value(of: .enumeration)) else {
              try reader.skip(tag)
              continue
            }
          }
          try reader.skip(tag)
          records.append(Record(type: tag.type, range: start..<reader.position))
        }
      }
    }
    return records
  }

  /// The elements of a repeated field that is not a message, packed or not; of a singular one its value,
  /// if it is set.
  func values(in message: [UInt8]) throws(WireError) -> [FieldValue] {
    var values: [FieldValue] = []
    for record in try records(in: message) {
      // A reader of a record begins behind its length.
      if record.type == .lengthDelimited, !field.kind.isPackable {
        values.append(try value(field.kind, of: message[record.range], at: record.range.lowerBound))
        continue
      }
      var reader = WireReader(message, in: record.range)
      while !reader.isAtEnd { values.append(try reader.value(of: field.kind)) }
    }
    return field.isRepeated ? values : values.suffix(1)
  }

  /// Whether a record of a singular field that is not a message holds the value that is not sent.
  func isZero(_ record: Record, in message: [UInt8]) throws(WireError) -> Bool {
    guard field.kind.wireType != .lengthDelimited else { return record.range.isEmpty }
    var reader = WireReader(message, in: record.range)
    return try reader.value(of: field.kind).isZero
  }

  private func value(
    _ kind: FieldKind, of content: ArraySlice<UInt8>, at offset: Int
  ) throws(WireError) -> FieldValue {
    guard kind == .string else { return .bytes(Array(content)) }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw WireError(.badUTF8, at: offset, field: field.fullName)
    }
    return .string(text)
  }

  /// Whether the field is set, as `has` of the Common Expression Language has it: one with presence is
  /// there, a repeated one has an element, any other one is not its default.
  package func isSet(in message: [UInt8]) throws(WireError) -> Bool {
    let records = try records(in: message)
    if field.hasPresence || field.isRepeated { return !records.isEmpty }
    return try values(in: message).contains { !$0.isZero }
  }
}

/// A dotted path to a oneof.
package struct OneofPath: Sendable, Hashable, CustomStringConvertible {
  package let text: String
  package let root: MessageType
  private let way: MessagePath
  /// In the order of the `.proto` file.
  package let members: [Field]
  private let tags: [WireTag]

  /// Nil when the path's last part is no oneof of the message that it leads to.
  package init?(_ text: String, in root: MessageType) {
    guard let (way, type, last) = try? MessagePath.resolve(text, in: root),
      let oneof = type.record.oneofs.first(where: { $0.name == last && !$0.numbers.isEmpty })
    else { return nil }
    self.text = text
    self.root = root
    self.way = way
    members = oneof.numbers.compactMap { type.field(number: $0) }
    tags = members.map(\.tag) + oneof.carried.map { WireTag(number: $0, type: .group) }
  }

  package var description: String { text }

  /// The number of the member that is set, which may be a group; nil: none is.
  package func member(in message: [UInt8]) throws(WireError) -> Int? {
    var found: Int?
    for range in try way.ranges(in: message) {
      var reader = WireReader(message, in: range)
      while let tag = try reader.nextTag() {
        if tags.contains(tag) { found = tag.number }
        try reader.skip(tag)
      }
    }
    return found
  }
}
