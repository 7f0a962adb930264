// Files of protobuf's editions, groups, and what of them is read.

import MartletCore
import SwiftProtobuf
import Testing

@testable import MartletSchema

@Suite struct EditionTests {
  private typealias FieldProto = Google_Protobuf_FieldDescriptorProto
  private typealias MessageProto = Google_Protobuf_DescriptorProto

  private static func field(
    _ name: String, _ number: Int32, _ type: FieldProto.TypeEnum, _ typeName: String = "",
    _ change: (inout FieldProto) -> Void = { _ in }
  ) -> FieldProto {
    var field = FieldProto()
    (field.name, field.number, field.type, field.label) = (name, number, type, .optional)
    if !typeName.isEmpty { field.typeName = typeName }
    change(&field)
    return field
  }

  private static func message(
    _ name: String, _ fields: [FieldProto], _ change: (inout MessageProto) -> Void = { _ in }
  ) -> MessageProto {
    var message = MessageProto()
    (message.name, message.field) = (name, fields)
    change(&message)
    return message
  }

  private static func schema(
    _ edition: Google_Protobuf_Edition = .edition2023,
    _ change: (inout Google_Protobuf_FileDescriptorProto) -> Void
  ) throws -> Schema {
    var file = Google_Protobuf_FileDescriptorProto()
    (file.name, file.package, file.syntax, file.edition) = ("e.proto", "p", "editions", edition)
    change(&file)
    let set = Google_Protobuf_FileDescriptorSet.with { $0.file = [file] }
    return try Schema(descriptorSet: set.serializedBytes())
  }

  @Test(arguments: [Google_Protobuf_Edition.edition2023, .edition2024])
  func defaultsOfAnEdition(edition: Google_Protobuf_Edition) throws {
    let schema = try Self.schema(edition) { file in
      file.enumType = [
        .with {
          $0.name = "E"; $0.value = [.with { $0.name = "A" }]
        }
      ]
      file.messageType = [
        Self.message(
          "M",
          [
            Self.field("a", 1, .int32),
            Self.field("b", 2, .int32) { $0.options.features.fieldPresence = .implicit },
            Self.field("c", 3, .int32) { $0.options.features.fieldPresence = .legacyRequired },
            Self.field("r", 4, .int32) { $0.label = .repeated },
            Self.field("e", 5, .int32) {
              $0.label = .repeated
              $0.options.features.repeatedFieldEncoding = .expanded
            },
            Self.field("d", 6, .int32) { $0.defaultValue = "7" },
          ])
      ]
    }
    let type = try #require(schema.message(named: "p.M"))
    func get(_ name: String) throws -> Field { try #require(type.field(named: name)) }
    #expect(try ["a", "b", "c"].map { try get($0).hasPresence } == [true, false, true])
    #expect(try ["r", "e"].map { try get($0).isPacked } == [true, false])
    #expect(try get("d").defaultValue == .signed(7))
    #expect(schema.enumeration(named: "p.E")?.isClosed == false)
    // Zero is a value where there is presence.
    #expect(try type.json([8, 0, 16, 0]) == #"{"a":0}"#)
    #expect(
      try type.encode(json: #"{"a":0,"b":0,"r":[1,2],"e":[1]}"#) == [8, 0, 34, 2, 1, 2, 40, 1])
  }

  @Test func featuresOfAFileAndAMessageAreThoseOfWhatIsInThem() throws {
    let schema = try Self.schema { file in
      file.options.features.fieldPresence = .implicit
      file.options.features.enumType = .closed
      file.enumType = [
        .with {
          $0.name = "E"; $0.value = [.with { $0.name = "A" }]
        },
        .with {
          $0.name = "O"
          $0.value = [.with { $0.name = "B" }]
          $0.options.features.enumType = .open
        },
      ]
      file.messageType = [
        Self.message("M", [Self.field("a", 1, .int32)]) { outer in
          outer.nestedType = [
            Self.message(
              "N",
              [
                Self.field("a", 1, .int32),
                Self.field("b", 2, .int32) { $0.options.features.fieldPresence = .implicit },
              ]
            ) { $0.options.features.fieldPresence = .explicit }
          ]
        }
      ]
    }
    let outer = try #require(schema.message(named: "p.M"))
    let inner = try #require(schema.message(named: "p.M.N"))
    #expect(outer.field(named: "a")?.hasPresence == false)
    #expect(inner.fields.map(\.hasPresence) == [true, false])
    #expect(schema.enumeration(named: "p.E")?.isClosed == true)
    #expect(schema.enumeration(named: "p.O")?.isClosed == false)
  }

  /// Groups of proto2 are the same on the wire.
  @Test(arguments: [true, false])
  func groupsTravelAndNobodyLooksIntoThem(isProto2: Bool) throws {
    let schema = try Self.schema { file in
      if isProto2 {
        file.syntax = "proto2"
        file.clearEdition()
      } else {
        file.options.features.messageEncoding = .delimited
      }
      let type: FieldProto.TypeEnum = isProto2 ? .group : .message
      file.messageType = [
        Self.message("G", [Self.field("x", 1, .int32)]),
        Self.message(
          "M",
          [
            Self.field("one", 1, type, ".p.G"), Self.field("text", 2, .string),
            Self.field("some", 3, .message, ".p.M.SomeEntry") { $0.label = .repeated },
            Self.field("flag", 4, .bool) { $0.oneofIndex = 0 },
            Self.field("pick", 5, type, ".p.G") { $0.oneofIndex = 0 },
          ]
        ) { message in
          message.oneofDecl = [.with { $0.name = "choice" }]
          message.nestedType = [
            Self.message(
              "SomeEntry",
              [Self.field("key", 1, .string), Self.field("value", 2, .message, ".p.G")]
            ) { $0.options.mapEntry = true }
          ]
        },
      ]
    }
    let type = try #require(schema.message(named: "p.M"))
    let group: [UInt8] = [0x0b, 8, 5, 0x0c]
    let bytes = group + [0x12, 1, 97]
    try type.check(bytes)
    #expect(try type.json(bytes) == #"{"text":"a"}"#)
    #expect(try FieldPath("text", in: type).read(bytes) == .string("a"))
    // Maps are length-prefixed whatever the file says.
    #expect(try type.json([0x1a, 7, 0x0a, 1, 107, 0x12, 2, 8, 1]) == #"{"some":{"k":{"x":1}}}"#)
    // What stays of a message keeps its groups.
    let some = try #require(type.field(named: "some"))
    #expect(try some.replacingElements(in: bytes, with: []) == bytes)
    for path in ["one", "one.x"] {
      let error = #expect(throws: SchemaError.self) { _ = try FieldPlace(path, in: type) }
      #expect(error?.message.hasPrefix("p.M.one is ") == true)
      #expect(error?.message.contains("cannot be looked into") == true)
    }
    #expect(throws: MartletSchema.JSONError.self) { try type.encode(json: #"{"one":{}}"#) }
    // A group in a oneof takes the place of the member before it.
    let flag: [UInt8] = [0x20, 1]
    let pick: [UInt8] = [0x2b, 0x2c]
    #expect(try FieldPath("flag", in: type).read(flag + pick) == .bool(false))
    #expect(try FieldPath("flag", in: type).read(pick + flag) == .bool(true))
    let choice = try #require(OneofPath("choice", in: type))
    #expect(try choice.member(in: flag + pick) == 5)
    // Nested too deep, unbalanced.
    let deep = [UInt8](repeating: 0x0b, count: 101) + [UInt8](repeating: 0x0c, count: 101)
    #expect(throws: WireError.self) { try type.check(deep) }
    #expect(throws: WireError.self) { try type.check([0x0b, 8, 5, 0x2c]) }
  }

  @Test func textsThatNeedNotBeUTF8Travel() throws {
    let schema = try Self.schema { file in
      file.messageType = [
        Self.message(
          "M", [Self.field("t", 1, .string) { $0.options.features.utf8Validation = .none }])
      ]
    }
    let type = try #require(schema.message(named: "p.M"))
    try type.check([10, 1, 0xff])
    #expect(throws: MartletSchema.JSONError.self) { try type.json([10, 1, 0xff]) }
    #expect(try type.json([10, 1, 97]) == #"{"t":"a"}"#)
  }

  @Test func aLaterEditionIsRefusedWhereSomebodyLooksIntoIt() throws {
    let schema = try Self.schema(.edition99999TestOnly) { file in
      file.messageType = [Self.message("M", [Self.field("a", 1, .int32)])]
      file.service = [
        .with {
          $0.name = "S"
          $0.method = [
            .with {
              $0.name = "Do"; $0.inputType = ".p.M"; $0.outputType = ".p.M"
            }
          ]
        }
      ]
    }
    #expect(schema.method(MethodName(service: "p.S", method: "Do")) != nil)
    let type = try #require(schema.message(named: "p.M"))
    try type.check([8, 1])
    let error = #expect(throws: SchemaError.self) { _ = try FieldPath("a", in: type) }
    #expect(error?.message.contains("e.proto is written in edition 99999") == true)
    #expect(throws: MartletSchema.JSONError.self) { try type.encode(json: #"{"a":1}"#) }
    #expect(throws: MartletSchema.JSONError.self) { try type.json([8, 1]) }
  }

  /// Types of which the wire is the same are mapped onto each other; others are told apart precisely.
  @Test func messagesThatAreAlikeOnTheWire() throws {
    func tensor(_ name: String, _ change: (inout MessageProto) -> Void = { _ in }) -> MessageProto {
      Self.message(
        name,
        [
          Self.field("\(name)_name", 1, .string),
          Self.field("shape", 3, .int64) { $0.label = .repeated },
          Self.field("parameters", 4, .message, ".p.\(name).PEntry") { $0.label = .repeated },
          Self.field("next", 5, .message, ".p.\(name)"),
        ]
      ) { message in
        message.nestedType = [
          Self.message("PEntry", [Self.field("key", 1, .string), Self.field("value", 2, .bool)]) {
            $0.options.mapEntry = true
          }
        ]
        change(&message)
      }
    }
    let schema = try Self.schema { file in
      file.messageType = [
        tensor("In"), tensor("Out"),
        tensor("Single") { $0.field[1].label = .optional },
        tensor("Wide") { $0.field.append(Self.field("more", 6, .bool)) },
        tensor("Other") { $0.nestedType[0].field[1].type = .string },
        tensor("Zigzag") { $0.field[1].type = .sint64 },
        Self.message(
          "Ends",
          ["In", "Out", "Single", "Wide", "Other", "Zigzag"].enumerated().map { index, name in
            Self.field(name.lowercased(), Int32(index + 1), .message, ".p.\(name)") {
              $0.label = .repeated
            }
          }),
      ]
    }
    let ends = try #require(schema.message(named: "p.Ends"))
    func problem(_ source: String, _ target: String) throws -> String? {
      do throws(SchemaError) {
        _ = try FieldCopy(
          from: FieldPlace(source, in: ends), of: ends, to: FieldPlace(target, in: ends))
        return nil
      } catch {
        return error.message
      }
    }
    #expect(try problem("out", "in") == nil)
    #expect(
      try problem("single", "in") == "p.Ends.in is repeated p.In, but p.Ends.single is repeated "
        + "p.Single; p.Single.shape is int64, and p.In.shape is repeated int64")
    #expect(try problem("wide", "in")?.hasSuffix("p.In has no such number") == true)
    #expect(try problem("in", "wide")?.hasSuffix("p.In has no such number") == true)
    #expect(
      try problem("other", "in")?.hasSuffix("p.In.PEntry.value is bool") == true)
    #expect(try problem("zigzag", "in")?.contains("is repeated sint64") == true)
    let copy = try FieldCopy(
      from: FieldPlace("out", in: ends), of: ends, to: FieldPlace("in", in: ends))
    var output: [UInt8] = []
    // Unknown fields go along.
    try copy.append(from: [0x12, 5, 0x0a, 1, 97, 0x78, 1], to: &output)
    #expect(output == [0x0a, 5, 0x0a, 1, 97, 0x78, 1])
  }
}
