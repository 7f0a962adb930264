// What the fields of a message become: typed paths for `Switch` and `ForEach`.
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
    // A field of that name is a property of the message already.
    let namespace = names.contains("fields") ? "fieldPaths" : "fields"
    printer.print(
      "", "extension \(type) {",
      "  /// The fields of \(message.fullName), for `Switch` and `ForEach`.",
      "  \(file.access)enum \(namespace) {")
    for (field, name) in zip(message.fields, names) {
      printer.print(
        "    \(file.access)static let \(name) = FieldPath<\(type), \(swiftType(of: field))>("
          + "\"\(field.name)\")")
    }
    printer.print("  }", "}")
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
