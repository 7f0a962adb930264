// What the fields and oneofs of a message become: typed paths for `Switch` and `ForEach`.
internal import SwiftProtobuf
internal import SwiftProtobufPluginLibrary

/// Writes `extension MESSAGE { enum fields { … } }` for every message of a file.
struct FieldPathGenerator {
  let file: FileGenerator

  func print(_ printer: inout CodePrinter) {
    for message in allMessages(file.file.messages) where !message.fields.isEmpty {
      print(message, &printer)
    }
  }

  private func print(_ message: Descriptor, _ printer: inout CodePrinter) {
    let type = file.namer.fullName(message: message)
    let names = message.fields.map { name(of: $0) }
    let properties = names + message.realOneofs.map { name(of: $0) }
    // A field of that name is a property of the message already.
    let namespace = properties.contains("fields") ? "fieldPaths" : "fields"
    printer.print(
      "", "extension \(type) {",
      "  /// The fields of \(message.fullName), for `Switch` and `ForEach`.",
      "  \(file.access)enum \(namespace) {")
    for (field, name) in zip(message.fields, names) {
      printer.print(
        "    \(file.access)static let \(name) = FieldPath<\(type), \(swiftType(of: field))>("
          + "\"\(field.name)\")")
    }
    for oneof in message.realOneofs { print(oneof, of: type, &printer) }
    printer.print("  }", "}")
  }

  /// A oneof is a path, and its members are the cases of an enum, as the message's own has them.
  private func print(_ oneof: OneofDescriptor, of type: String, _ printer: inout CodePrinter) {
    let members = file.namer.relativeName(oneof: oneof)
    printer.print(
      "", "    /// The members of \(oneof.name).",
      "    \(file.access)enum \(members): String, OneofMember {")
    for field in oneof.fields {
      printer.print("      case \(name(of: field)) = \"\(field.name)\"")
    }
    printer.print(
      "    }",
      "    \(file.access)static let \(name(of: oneof)) = OneofPath<\(type), \(members)>("
        + "\"\(oneof.name)\")")
  }

  private func name(of oneof: OneofDescriptor) -> String {
    file.namer.messagePropertyName(oneof: oneof, prefixed: "").name
  }

  private func name(of field: FieldDescriptor) -> String {
    file.namer.messagePropertyNames(field: field, prefixed: "", includeHasAndClear: false).name
  }

  private func swiftType(of field: FieldDescriptor) -> String {
    if field.isMap, let (key, value) = field.messageType.mapKeyAndValue {
      return "[\(elementType(of: key)): \(elementType(of: value))]"
    }
    return field.isRepeated ? "[\(elementType(of: field))]" : elementType(of: field)
  }

  private func elementType(of field: FieldDescriptor) -> String {
    switch field.type {
    case .double: "Double"
    case .float: "Float"
    case .int64, .sint64, .sfixed64: "Int64"
    case .uint64, .fixed64: "UInt64"
    case .int32, .sint32, .sfixed32: "Int32"
    case .uint32, .fixed32: "UInt32"
    case .bool: "Bool"
    case .string: "String"
    case .bytes: "[UInt8]"
    case .message, .group: file.namer.fullName(message: field.messageType)
    case .enum: file.namer.fullName(enum: field.enumType)
    }
  }
}
