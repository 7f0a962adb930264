// The generated file as a whole: header, imports, services, field paths, descriptors.
private import FoundationEssentials
private import SwiftProtobuf
internal import SwiftProtobufPluginLibrary

/// Writes what one `.proto` file needs beyond its messages.
struct FileGenerator {
  let file: FileDescriptor
  let options: GeneratorOptions
  let namer = SwiftProtobufNamer()

  /// The Swift source, or nil when the file has neither services nor messages.
  func contents() -> String? {
    guard !file.services.isEmpty || !file.messages.isEmpty else { return nil }
    var printer = CodePrinter(addNewlines: true)
    printHeader(&printer)
    for service in file.services {
      printer.print()
      ServiceGenerator(service: service, file: self).print(&printer)
    }
    FieldPathGenerator(file: self).print(&printer)
    if !file.services.isEmpty { printDescriptorSet(&printer) }
    return printer.content
  }

  /// `public`, `package` or `internal` and a space; nothing for internal declarations.
  var access: String {
    options.visibility == .internal ? "" : "\(options.visibility.rawValue) "
  }

  /// The name of the file's descriptor constant: one for each file of a module.
  var descriptorSetName: String {
    let words = file.name.split { !$0.isLetter && !$0.isNumber }
    return "martletDescriptors_" + words.joined(separator: "_")
  }

  private func printHeader(_ printer: inout CodePrinter) {
    printer.print(
      "// Services and field paths of \(file.name), written by protoc-gen-martlet. Do not edit.",
      "// swift-format-ignore-file")
    let level = options.usesAccessLevelOnImports ? "\(options.visibility.rawValue) " : ""
    for module in imports { printer.print("\(level)import \(module)") }
  }

  /// Swift-protobuf itself is needed only for its well-known types; importing it without need would
  /// be a warning.
  private var imports: [String] {
    let messages = file.services.flatMap(\.methods).flatMap { [$0.inputType, $0.outputType] }
    let fields = allMessages(file.messages).flatMap(\.fields)
    let needsSwiftProtobuf =
      messages.contains { isWellKnown($0?.file) } || fields.contains { isWellKnown($0) }
    return (options.imports + (needsSwiftProtobuf ? ["SwiftProtobuf"] : [])).sorted()
  }

  private func isWellKnown(_ file: FileDescriptor?) -> Bool {
    file?.package == "google.protobuf"
  }

  private func isWellKnown(_ field: FieldDescriptor) -> Bool {
    switch field.type {
    case .message, .group: isWellKnown(field.messageType.file)
    case .enum: isWellKnown(field.enumType.file)
    default: false
    }
  }

  /// Base64 in a string literal, because the compiler takes seconds over a big array literal.
  private func printDescriptorSet(_ printer: inout CodePrinter) {
    printer.print(
      "", "/// \(file.name) and everything it imports.",
      "private let \(descriptorSetName) = DescriptorSet(", "  base64: \"\"\"")
    let text = Array(Data(descriptorSet()).base64EncodedString())
    for start in stride(from: 0, to: text.count, by: 92) {
      let end = min(start + 92, text.count)
      printer.print("    \(String(text[start..<end]))" + (end < text.count ? "\\" : ""))
    }
    printer.print("    \"\"\")")
  }

  /// The serialized FileDescriptorSet: imports first, each file once, without source locations.
  private func descriptorSet() -> [UInt8] {
    var set = Google_Protobuf_FileDescriptorSet()
    var seen: Set<String> = []
    func add(_ file: FileDescriptor) {
      guard seen.insert(file.name).inserted else { return }
      file.dependencies.forEach(add)
      set.file.append(file.extractProto(options: ExtractProtoOptions()))
    }
    add(file)
    let bytes: [UInt8]? = try? set.serializedBytes()
    return bytes ?? []
  }
}

/// Messages with those nested in them, map entries left out.
func allMessages(_ messages: [Descriptor]) -> [Descriptor] {
  messages.filter { !$0.options.mapEntry }.flatMap { [$0] + allMessages($0.messages) }
}
