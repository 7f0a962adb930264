// Turns the text of a descriptor set into records that refer to each other by index.

internal import MartletCore

/// Declares every type first, then resolves what refers to them, so that the order of files does
/// not matter.
struct SchemaLinker {
  var messages: [Schema.MessageRecord] = []
  var enums: [Schema.EnumRecord] = []
  var services: [Schema.ServiceRecord] = []
  var messageByName: [String: Int] = [:]
  var enumByName: [String: Int] = [:]
  var serviceByName: [String: Int] = [:]

  private var files: [DescriptorSet.FileDescriptor] = []
  private var pendingMessages:
    [(descriptor: DescriptorSet.MessageDescriptor, features: FeatureSet)] =
      []
  private var extensions: [(descriptor: DescriptorSet.FieldDescriptor, features: FeatureSet)] = []
  private var duplicates: [String] = []

  mutating func declare(_ set: DescriptorSet) {
    files = set.files
    for file in files {
      let defaults = FeatureSet(syntax: file.syntax, edition: file.edition)
      let features = file.features.within(defaults ?? FeatureSet())
      let first = messages.count
      for message in file.messages { declare(message, in: file.package, features) }
      for type in file.enums { declare(type, in: file.package, features) }
      guard defaults == nil else {
        declare(file.extensions, in: file.package, features)
        continue
      }
      // Only who looks into them needs to know what they are.
      for index in first..<messages.count {
        messages[index].unread =
          "\(file.name) is written in \(file.dialect), which is not known here"
      }
    }
  }

  /// JSON spells an extension by its full name in brackets.
  private mutating func declare(
    _ fields: [DescriptorSet.FieldDescriptor], in scope: String, _ features: FeatureSet
  ) {
    for var field in fields {
      field.name = "[\(Self.join(scope, field.name))]"
      field.jsonName = field.name
      field.oneofIndex = nil
      extensions.append((field, features))
    }
  }

  private mutating func declare(
    _ message: DescriptorSet.MessageDescriptor, in scope: String, _ outer: FeatureSet
  ) {
    let features = message.features.within(outer)
    let fullName = Self.join(scope, message.name)
    if messageByName.updateValue(messages.count, forKey: fullName) != nil {
      duplicates.append(fullName)
    }
    messages.append(Schema.MessageRecord(fullName: fullName, isMapEntry: message.isMapEntry))
    pendingMessages.append((message, features))
    for nested in message.messages { declare(nested, in: fullName, features) }
    for type in message.enums { declare(type, in: fullName, features) }
    declare(message.extensions, in: fullName, features)
  }

  private mutating func declare(
    _ type: DescriptorSet.EnumDescriptor, in scope: String, _ features: FeatureSet
  ) {
    var record = Schema.EnumRecord(fullName: Self.join(scope, type.name))
    record.values = type.values
    record.isClosed = type.features.within(features).isClosedEnum
    for value in type.values {
      record.numberByName[value.name] = value.number
      if record.nameByNumber[value.number] == nil {
        record.nameByNumber[value.number] = value.name
      }
    }
    if enumByName.updateValue(enums.count, forKey: record.fullName) != nil {
      duplicates.append(record.fullName)
    }
    enums.append(record)
  }

  mutating func link() throws(SchemaError) {
    if let name = duplicates.first {
      throw SchemaError("\(name) is defined twice in the descriptor set")
    }
    for index in messages.indices where messages[index].unread == nil { try link(message: index) }
    for (field, features) in extensions { link(extension: field, features) }
    for index in messages.indices { order(message: index) }
    for file in files {
      for service in file.services { try link(service, in: file.package) }
    }
  }

  private mutating func link(message index: Int) throws(SchemaError) {
    let (descriptor, features) = pendingMessages[index]
    var record = messages[index]
    let syntheticOneofs = Set(
      descriptor.fields.filter(\.isProto3Optional).compactMap(\.oneofIndex))
    record.oneofs = descriptor.oneofs.map { Schema.OneofRecord(name: $0.name) }
    for field in descriptor.fields {
      // A field in a oneof is declared within it.
      let oneof = field.oneofIndex.flatMap { descriptor.oneofs.indices.contains($0) ? $0 : nil }
      let around = oneof.map { descriptor.oneofs[$0].features.within(features) } ?? features
      if let reason = try carriedOnly(field, in: record, field.features.within(around)) {
        record.carried[field.name] = Schema.CarriedField(number: field.number, reason: reason)
        if let oneof { record.oneofs[oneof].carried.append(field.number) }
        continue
      }
      var fieldRecord = try link(field, of: record.fullName, around)
      if let oneof = field.oneofIndex, !syntheticOneofs.contains(oneof) {
        guard record.oneofs.indices.contains(oneof), !fieldRecord.isRepeated else {
          throw SchemaError("\(record.fullName).\(field.name) is in a oneof that does not exist")
        }
        fieldRecord.oneof = oneof
        record.oneofs[oneof].numbers.append(field.number)
      }
      let position = record.fields.count
      record.fields.append(fieldRecord)
      guard record.indexByName.updateValue(position, forKey: field.name) == nil,
        record.indexByNumber.updateValue(position, forKey: field.number) == nil
      else {
        throw SchemaError(
          "\(record.fullName) has two fields named \(field.name) or numbered \(field.number)")
      }
    }
    // JSON names may clash in proto2, where the first field wins; a field's own name always works.
    for (position, field) in record.fields.enumerated()
    where record.indexByJSONName[field.jsonName] == nil {
      record.indexByJSONName[field.jsonName] = position
    }
    if record.isMapEntry {
      try checkMapEntry(record)
      // Every serializer writes the key and the value of an entry, also when they are zero.
      for position in record.fields.indices { record.fields[position].hasPresence = true }
    }
    messages[index] = record
  }

  /// Adds an extension to the message that it extends. What cannot be read is left out, as it stays
  /// unknown on the wire: a group, one of a message that the set does not have, a number that is taken.
  private mutating func link(
    extension field: DescriptorSet.FieldDescriptor, _ features: FeatureSet
  ) {
    guard let index = try? find(field.extendee, in: messageByName, for: field.name),
      !messages[index].isMapEntry, !pendingMessages[index].descriptor.isMessageSet,
      messages[index].unread == nil,
      (try? carriedOnly(field, in: messages[index], field.features.within(features))) == nil,
      var record = try? link(field, of: field.extendee, features),
      messages[index].indexByNumber[field.number] == nil,
      messages[index].indexByName[field.name] == nil
    else { return }
    record.hasPresence = !record.isRepeated
    let position = messages[index].fields.count
    messages[index].indexByNumber[field.number] = position
    messages[index].indexByName[field.name] = position
    messages[index].indexByJSONName[field.name] = position
    messages[index].fields.append(record)
    messages[index].extensionCount += 1
  }

  private mutating func order(message index: Int) {
    let fields = messages[index].fields
    messages[index].indicesInOrder = fields.indices.sorted {
      fields[$0].number < fields[$1].number
    }
  }

  /// Why nothing here looks into a field, which therefore travels as one that is not known; nil for all
  /// that can be read. Maps and what is in their entries are never groups.
  private func carriedOnly(
    _ field: DescriptorSet.FieldDescriptor, in message: Schema.MessageRecord,
    _ features: FeatureSet
  ) throws(SchemaError) -> String? {
    let fullName = "\(message.fullName).\(field.name)"
    if field.type == 10 { return "\(fullName) is a group" }
    guard field.type == FieldKind.message.rawValue, !message.isMapEntry else { return nil }
    let type = try find(field.typeName, in: messageByName, for: fullName)
    guard !messages[type].isMapEntry else { return nil }
    switch features.encoding {
    case .lengthPrefixed: return nil
    case .delimited: return "\(fullName) is encoded as a group (message_encoding = DELIMITED)"
    case nil: return "\(fullName) has a message_encoding that is not known here"
    }
  }

  private func link(
    _ field: DescriptorSet.FieldDescriptor, of message: String, _ around: FeatureSet
  ) throws(SchemaError) -> Schema.FieldRecord {
    let fullName = "\(message).\(field.name)"
    let features = field.features.within(around)
    guard let kind = FieldKind(rawValue: field.type), (1..<(1 << 29)).contains(field.number),
      (1...3).contains(field.label)
    else {
      throw SchemaError(
        "\(fullName) has type \(field.type), number \(field.number) and label \(field.label), "
          + "which is not a field of protobuf")
    }
    let isRepeated = field.label == 3
    var record = Schema.FieldRecord(
      name: field.name, jsonName: field.jsonName ?? Self.jsonName(field.name),
      number: field.number, kind: kind, isRepeated: isRepeated,
      isPacked: isRepeated && kind.isPackable && (field.packed ?? features.isPacked),
      hasPresence: !isRepeated
        && (!features.isImplicit || kind == .message || field.oneofIndex != nil
          || field.isProto3Optional)
    )
    record.defaultText = features.isImplicit ? nil : field.defaultValue
    record.takesAnyText = kind == .string && features.takesAnyText
    switch kind {
    case .message: record.typeIndex = try find(field.typeName, in: messageByName, for: fullName)
    case .enumeration: record.typeIndex = try find(field.typeName, in: enumByName, for: fullName)
    case .double, .float, .int64, .uint64, .int32, .fixed64, .fixed32, .bool, .string, .bytes,
      .uint32, .sfixed32, .sfixed64, .sint32, .sint64:
      break
    }
    return record
  }

  /// A map entry has a scalar key numbered 1 and a value numbered 2 (protobuf encoding guide,
  /// "Maps").
  private func checkMapEntry(_ record: Schema.MessageRecord) throws(SchemaError) {
    guard record.fields.count == 2, let key = record.indexByNumber[1].map({ record.fields[$0] }),
      let value = record.indexByNumber[2].map({ record.fields[$0] }),
      !key.isRepeated, !value.isRepeated
    else { throw SchemaError("\(record.fullName) is not the entry of a map") }
    switch key.kind {
    case .double, .float, .bytes, .message, .enumeration:
      throw SchemaError("\(record.fullName) has a key of a type that keys cannot have")
    case .int64, .uint64, .int32, .fixed64, .fixed32, .bool, .string, .uint32, .sfixed32,
      .sfixed64, .sint32, .sint64:
      break
    }
  }

  private mutating func link(
    _ service: DescriptorSet.ServiceDescriptor, in package: String
  ) throws(SchemaError) {
    var record = Schema.ServiceRecord(fullName: Self.join(package, service.name))
    guard serviceByName.updateValue(services.count, forKey: record.fullName) == nil else {
      throw SchemaError("\(record.fullName) is defined twice in the descriptor set")
    }
    for method in service.methods {
      let name = MethodName(service: record.fullName, method: method.name)
      record.methods.append(
        Schema.MethodRecord(
          name: name, input: try find(method.input, in: messageByName, for: "\(name)"),
          output: try find(method.output, in: messageByName, for: "\(name)"),
          clientStreaming: method.clientStreaming, serverStreaming: method.serverStreaming,
          hasNoSideEffects: method.hasNoSideEffects))
    }
    services.append(record)
  }

  /// protoc writes every type name in full with a dot in front.
  private func find(
    _ name: String, in table: [String: Int], for user: String
  ) throws(SchemaError) -> Int {
    let fullName = name.hasPrefix(".") ? String(name.dropFirst()) : name
    guard let index = table[fullName] else {
      throw SchemaError(
        "\(user) needs \(fullName), which the descriptor set does not have; "
          + "make it with protoc --include_imports")
    }
    return index
  }

  private static func join(_ scope: String, _ name: String) -> String {
    scope.isEmpty ? name : "\(scope).\(name)"
  }

  /// lowerCamelCase as protoc makes it: each underscore goes and the letter after it is
  /// capitalized.
  static func jsonName(_ name: String) -> String {
    var result = ""
    var capitalize = false
    for character in name {
      if character == "_" {
        capitalize = true
      } else {
        result += capitalize ? character.uppercased() : String(character)
        capitalize = false
      }
    }
    return result
  }
}

extension DescriptorSet.FileDescriptor {
  /// For messages: `edition 1002` or the name of a syntax.
  fileprivate var dialect: String {
    syntax == "editions" ? "edition \(edition) of descriptor.proto" : "\"\(syntax)\""
  }
}
