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
  private var pendingMessages: [(descriptor: DescriptorSet.MessageDescriptor, isProto3: Bool)] = []
  private var extensions: [(descriptor: DescriptorSet.FieldDescriptor, isProto3: Bool)] = []
  private var duplicates: [String] = []

  mutating func declare(_ set: DescriptorSet) {
    files = set.files
    for file in files {
      let isProto3 = file.syntax == "proto3"
      for message in file.messages { declare(message, in: file.package, isProto3: isProto3) }
      for type in file.enums { declare(type, in: file.package, isProto3: isProto3) }
      declare(file.extensions, in: file.package, isProto3: isProto3)
    }
  }

  /// JSON spells an extension by its full name in brackets.
  private mutating func declare(
    _ fields: [DescriptorSet.FieldDescriptor], in scope: String, isProto3: Bool
  ) {
    for var field in fields {
      field.name = "[\(Self.join(scope, field.name))]"
      field.jsonName = field.name
      field.oneofIndex = nil
      extensions.append((field, isProto3))
    }
  }

  private mutating func declare(
    _ message: DescriptorSet.MessageDescriptor, in scope: String, isProto3: Bool
  ) {
    let fullName = Self.join(scope, message.name)
    if messageByName.updateValue(messages.count, forKey: fullName) != nil {
      duplicates.append(fullName)
    }
    messages.append(Schema.MessageRecord(fullName: fullName, isMapEntry: message.isMapEntry))
    pendingMessages.append((message, isProto3))
    for nested in message.messages { declare(nested, in: fullName, isProto3: isProto3) }
    for type in message.enums { declare(type, in: fullName, isProto3: isProto3) }
    declare(message.extensions, in: fullName, isProto3: isProto3)
  }

  private mutating func declare(
    _ type: DescriptorSet.EnumDescriptor, in scope: String, isProto3: Bool
  ) {
    var record = Schema.EnumRecord(fullName: Self.join(scope, type.name))
    record.values = type.values
    record.isClosed = !isProto3
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
    for file in files where file.syntax != "proto2" && file.syntax != "proto3" && file.syntax != ""
    {
      throw SchemaError(
        "\(file.name) is written in \"\(file.syntax)\"; only proto3 and proto2 are supported")
    }
    for index in messages.indices { try link(message: index) }
    for (field, isProto3) in extensions { link(extension: field, isProto3: isProto3) }
    for index in messages.indices { order(message: index) }
    for file in files {
      for service in file.services { try link(service, in: file.package) }
    }
  }

  private mutating func link(message index: Int) throws(SchemaError) {
    let (descriptor, isProto3) = pendingMessages[index]
    var record = messages[index]
    let syntheticOneofs = Set(
      descriptor.fields.filter(\.isProto3Optional).compactMap(\.oneofIndex))
    record.oneofs = descriptor.oneofs.map { Schema.OneofRecord(name: $0) }
    for field in descriptor.fields {
      var fieldRecord = try link(field, of: record.fullName, isProto3: isProto3)
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
  private mutating func link(extension field: DescriptorSet.FieldDescriptor, isProto3: Bool) {
    guard let index = try? find(field.extendee, in: messageByName, for: field.name),
      !messages[index].isMapEntry, !pendingMessages[index].descriptor.isMessageSet,
      var record = try? link(field, of: field.extendee, isProto3: isProto3),
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

  private func link(
    _ field: DescriptorSet.FieldDescriptor, of message: String, isProto3: Bool
  ) throws(SchemaError) -> Schema.FieldRecord {
    let fullName = "\(message).\(field.name)"
    guard field.type != 10 else {
      throw SchemaError("\(fullName) is a group; groups are not supported, use a message instead")
    }
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
      isPacked: isRepeated && kind.isPackable && (field.packed ?? isProto3),
      hasPresence: !isRepeated
        && (!isProto3 || kind == .message || field.oneofIndex != nil || field.isProto3Optional))
    record.defaultText = isProto3 ? nil : field.defaultValue
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
