// The parts of a google.protobuf.FileDescriptorSet that a schema is made of, as they are on the
// wire. Field numbers are those of google/protobuf/descriptor.proto.

/// The files of a descriptor set, unlinked: type names are still text.
struct DescriptorSet {
  var files: [FileDescriptor] = []

  struct FileDescriptor {
    var name = ""
    var package = ""
    var syntax = "proto2"
    var edition = 0
    var features = FeatureSet()
    var messages: [MessageDescriptor] = []
    var enums: [EnumDescriptor] = []
    var services: [ServiceDescriptor] = []
    var extensions: [FieldDescriptor] = []
  }

  struct MessageDescriptor {
    var name = ""
    var fields: [FieldDescriptor] = []
    var messages: [MessageDescriptor] = []
    var enums: [EnumDescriptor] = []
    var oneofs: [(name: String, features: FeatureSet)] = []
    var features = FeatureSet()
    var extensions: [FieldDescriptor] = []
    var isMapEntry = false
    /// Its extensions are on the wire in a way of their own (MessageOptions.message_set_wire_format).
    var isMessageSet = false
  }

  struct FieldDescriptor {
    var name = ""
    var number = 0
    var label = 1
    var type = 0
    var typeName = ""
    /// Of an extension the message that it adds a field to.
    var extendee = ""
    var jsonName: String?
    var oneofIndex: Int?
    var isProto3Optional = false
    var packed: Bool?
    var features = FeatureSet()
    var defaultValue: String?
  }

  struct EnumDescriptor {
    var name = ""
    var values: [(name: String, number: Int32)] = []
    var features = FeatureSet()
  }

  struct ServiceDescriptor {
    var name = ""
    var methods: [MethodDescriptor] = []
  }

  struct MethodDescriptor {
    var name = ""
    var input = ""
    var output = ""
    var clientStreaming = false
    var serverStreaming = false
    /// `option idempotency_level = NO_SIDE_EFFECTS`
    var hasNoSideEffects = false
  }

  init(_ bytes: [UInt8]) throws(WireError) {
    var reader = WireReader(bytes)
    while let tag = try reader.nextTag() {
      guard tag.number == 1 else {
        try reader.skip(tag)
        continue
      }
      files.append(try FileDescriptor(reader.message(tag)))
    }
  }
}

extension WireReader {
  /// A reader of the nested message that a tag stands in front of.
  mutating func message(_ tag: WireTag) throws(WireError) -> WireReader {
    guard tag.type == .lengthDelimited else {
      throw WireError(.mismatchedWireType(tag.type), at: position)
    }
    return WireReader(bytes, in: try lengthDelimited())
  }

  mutating func string(_ tag: WireTag) throws(WireError) -> String {
    let start = position
    let content = try message(tag)
    guard let text = String(validating: bytes[content.position..<content.end], as: UTF8.self) else {
      throw WireError(.badUTF8, at: start)
    }
    return text
  }

  mutating func integer(_ tag: WireTag) throws(WireError) -> Int {
    guard tag.type == .varint else { throw WireError(.mismatchedWireType(tag.type), at: position) }
    return Int(truncatingIfNeeded: try varint())
  }

  mutating func bool(_ tag: WireTag) throws(WireError) -> Bool {
    try integer(tag) != 0
  }
}

extension DescriptorSet.FileDescriptor {
  init(_ reader: WireReader) throws(WireError) {
    var reader = reader
    while let tag = try reader.nextTag() {
      switch tag.number {
      case 1: name = try reader.string(tag)
      case 2: package = try reader.string(tag)
      case 4: messages.append(try .init(reader.message(tag), depth: 1))
      case 5: enums.append(try .init(reader.message(tag)))
      case 6: services.append(try .init(reader.message(tag)))
      case 7: extensions.append(try .init(reader.message(tag)))
      case 8: features = try reader.message(tag).features(50)
      case 12: syntax = try reader.string(tag)
      case 14: edition = try reader.integer(tag)
      default: try reader.skip(tag)
      }
    }
  }
}

extension DescriptorSet.MessageDescriptor {
  init(_ reader: WireReader, depth: Int) throws(WireError) {
    guard depth < SchemaLimits.maxDepth else { throw WireError(.tooDeep, at: reader.position) }
    var reader = reader
    while let tag = try reader.nextTag() {
      switch tag.number {
      case 1: name = try reader.string(tag)
      case 2: fields.append(try .init(reader.message(tag)))
      case 3: messages.append(try .init(reader.message(tag), depth: depth + 1))
      case 4: enums.append(try .init(reader.message(tag)))
      case 6: extensions.append(try .init(reader.message(tag)))
      case 7: try readOptions(reader.message(tag))
      case 8: oneofs.append(try Self.readOneof(reader.message(tag)))
      default: try reader.skip(tag)
      }
    }
  }

  private mutating func readOptions(_ options: WireReader) throws(WireError) {
    var options = options
    while let tag = try options.nextTag() {
      switch tag.number {
      case 1: isMessageSet = try options.bool(tag)
      case 7: isMapEntry = try options.bool(tag)
      case 12: features = try FeatureSet(options.message(tag)).within(features)
      default: try options.skip(tag)
      }
    }
  }

  /// OneofDescriptorProto
  private static func readOneof(
    _ oneof: WireReader
  ) throws(WireError) -> (name: String, features: FeatureSet) {
    var oneof = oneof
    var result = (name: "", features: FeatureSet())
    while let tag = try oneof.nextTag() {
      switch tag.number {
      case 1: result.name = try oneof.string(tag)
      case 2: result.features = try oneof.message(tag).features(1)
      default: try oneof.skip(tag)
      }
    }
    return result
  }
}

extension DescriptorSet.FieldDescriptor {
  init(_ reader: WireReader) throws(WireError) {
    var reader = reader
    while let tag = try reader.nextTag() {
      switch tag.number {
      case 1: name = try reader.string(tag)
      case 2: extendee = try reader.string(tag)
      case 3: number = try reader.integer(tag)
      case 4: label = try reader.integer(tag)
      case 5: type = try reader.integer(tag)
      case 6: typeName = try reader.string(tag)
      case 7: defaultValue = try reader.string(tag)
      case 8: try readOptions(reader.message(tag))
      case 9: oneofIndex = try reader.integer(tag)
      case 10: jsonName = try reader.string(tag)
      case 17: isProto3Optional = try reader.bool(tag)
      default: try reader.skip(tag)
      }
    }
  }

  /// FieldOptions
  private mutating func readOptions(_ options: WireReader) throws(WireError) {
    var options = options
    while let tag = try options.nextTag() {
      switch tag.number {
      case 2: packed = try options.bool(tag)
      case 21: features = try FeatureSet(options.message(tag)).within(features)
      default: try options.skip(tag)
      }
    }
  }
}

extension DescriptorSet.EnumDescriptor {
  init(_ reader: WireReader) throws(WireError) {
    var reader = reader
    while let tag = try reader.nextTag() {
      switch tag.number {
      case 1: name = try reader.string(tag)
      case 2: values.append(try Self.readValue(reader.message(tag)))
      case 3: features = try reader.message(tag).features(7)
      default: try reader.skip(tag)
      }
    }
  }

  private static func readValue(
    _ reader: WireReader
  ) throws(WireError) -> (name: String, number: Int32) {
    var reader = reader
    var value = (name: "", number: Int32(0))
    while let tag = try reader.nextTag() {
      switch tag.number {
      case 1: value.name = try reader.string(tag)
      case 2: value.number = Int32(truncatingIfNeeded: try reader.integer(tag))
      default: try reader.skip(tag)
      }
    }
    return value
  }
}

extension DescriptorSet.ServiceDescriptor {
  init(_ reader: WireReader) throws(WireError) {
    var reader = reader
    while let tag = try reader.nextTag() {
      switch tag.number {
      case 1: name = try reader.string(tag)
      case 2: methods.append(try .init(reader.message(tag)))
      default: try reader.skip(tag)
      }
    }
  }
}

extension DescriptorSet.MethodDescriptor {
  init(_ reader: WireReader) throws(WireError) {
    var reader = reader
    while let tag = try reader.nextTag() {
      switch tag.number {
      case 1: name = try reader.string(tag)
      case 2: input = try reader.string(tag)
      case 3: output = try reader.string(tag)
      case 4: hasNoSideEffects = try Self.readIdempotency(reader.message(tag))
      case 5: clientStreaming = try reader.bool(tag)
      case 6: serverStreaming = try reader.bool(tag)
      default: try reader.skip(tag)
      }
    }
  }

  /// Whether MethodOptions.idempotency_level is NO_SIDE_EFFECTS, which is 1.
  private static func readIdempotency(_ options: WireReader) throws(WireError) -> Bool {
    var options = options
    var level = 0
    while let tag = try options.nextTag() {
      if tag.number == 34 { level = try options.integer(tag) } else { try options.skip(tag) }
    }
    return level == 1
  }
}
