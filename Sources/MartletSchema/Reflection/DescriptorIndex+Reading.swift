// How the index reads the tops of serialized files, and every extension. Field numbers are those of
// google/protobuf/descriptor.proto.

extension DescriptorIndex {
  /// FileDescriptorSet
  mutating func add(_ set: [UInt8]) throws(WireError) {
    var reader = WireReader(set)
    while let tag = try reader.nextTag() {
      if tag.number == 1 {
        try add(file: reader.message(tag))
      } else {
        try reader.skip(tag)
      }
    }
  }

  /// FileDescriptorProto, in two passes: its package may come after what it declares.
  private mutating func add(file content: WireReader) throws(WireError) {
    var file = File(content: content)
    var reader = content
    while let tag = try reader.nextTag() {
      switch tag.number {
      case 1: file.name = try reader.string(tag)
      case 2: file.package = try reader.string(tag)
      case 3: file.imports.append(try reader.string(tag))
      default: try reader.skip(tag)
      }
    }
    guard fileByName[file.name] == nil, hasRoom() else { return }
    let number = files.count
    files.append(file)
    fileByName[file.name] = number
    let prefix = file.package.isEmpty ? "" : file.package + "."
    reader = content
    while let tag = try reader.nextTag() {
      switch tag.number {
      case 4:
        let message = try reader.message(tag)
        try declare(.message, message, prefix, in: number)
        try addExtensions(within: message, file: number, depth: 1)
      case 5:
        let declared = try reader.message(tag)
        try declare(.leaf, declared, prefix, in: number)
        try declareValues(of: declared, prefix, in: number)
      case 6: try declare(.service, reader.message(tag), prefix, in: number)
      case 7:
        let declared = try reader.message(tag)
        try declare(.leaf, declared, prefix, in: number)
        try addExtension(declared, file: number)
      default: try reader.skip(tag)
      }
    }
  }

  private mutating func declare(
    _ kind: Declaration.Kind, _ content: WireReader, _ prefix: String, in file: Int
  ) throws(WireError) {
    let name = prefix + (try content.declaredName())
    guard declarations[name] == nil, hasRoom() else { return }
    declarations[name] = Declaration(kind: kind, file: file, content: content)
  }

  /// EnumDescriptorProto.value
  private mutating func declareValues(
    of declared: WireReader, _ prefix: String, in file: Int
  ) throws(WireError) {
    var reader = declared
    while let tag = try reader.nextTag() {
      if tag.number == 2 {
        try declare(.leaf, reader.message(tag), prefix, in: file)
      } else {
        try reader.skip(tag)
      }
    }
  }

  /// DescriptorProto.extension, of nested types, too.
  private mutating func addExtensions(
    within message: WireReader, file: Int, depth: Int
  ) throws(WireError) {
    guard depth < SchemaLimits.maxDepth else { throw WireError(.tooDeep, at: message.position) }
    var reader = message
    while let tag = try reader.nextTag() {
      switch tag.number {
      case 3: try addExtensions(within: reader.message(tag), file: file, depth: depth + 1)
      case 6: try addExtension(reader.message(tag), file: file)
      default: try reader.skip(tag)
      }
    }
  }

  /// FieldDescriptorProto with an extendee, whose name begins with a dot.
  private mutating func addExtension(_ field: WireReader, file: Int) throws(WireError) {
    var extendee = ""
    var number: Int32 = 0
    var reader = field
    while let tag = try reader.nextTag() {
      switch tag.number {
      case 2: extendee = try reader.string(tag)
      case 3: number = Int32(truncatingIfNeeded: try reader.integer(tag))
      default: try reader.skip(tag)
      }
    }
    let type = String(extendee.drop { $0 == "." })
    guard extensions[type]?[number] == nil, hasRoom() else { return }
    extensions[type, default: [:]][number] = file
  }

  /// Takes room for one more entry; false when there is none.
  private mutating func hasRoom() -> Bool {
    guard nameCount < SchemaLimits.maxIndexedNames else { return false }
    nameCount += 1
    return true
  }
}
