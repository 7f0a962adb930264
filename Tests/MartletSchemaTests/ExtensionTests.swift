// What only proto2 has: extensions, and enums with no values but those that they name.

import MartletSchema
import SwiftProtobuf
import Testing

@Suite struct ExtensionTests {
  private typealias Field = Google_Protobuf_FieldDescriptorProto

  private static func field(
    _ name: String, _ number: Int32, _ type: Field.TypeEnum, _ label: Field.Label = .optional,
    of typeName: String = "", in extendee: String = ""
  ) -> Field {
    .with {
      ($0.name, $0.number, $0.type, $0.label) = (name, number, type, label)
      if !typeName.isEmpty { $0.typeName = typeName }
      if !extendee.isEmpty { $0.extendee = extendee }
    }
  }

  private static let file = Google_Protobuf_FileDescriptorProto.with {
    ($0.name, $0.package, $0.syntax) = ("odd.proto", "odd", "proto2")
    $0.enumType = [
      .with {
        $0.name = "Shade"
        $0.value = [("DARK", 3), ("LIGHT", 4)].map { name, number in
          .with { ($0.name, $0.number) = (name, number) }
        }
      }
    ]
    let entry = Google_Protobuf_DescriptorProto.with {
      $0.name = "ByNameEntry"
      $0.field = [
        field("key", 1, .string), field("value", 2, .enum, of: ".odd.Shade"),
      ]
      $0.options.mapEntry = true
    }
    $0.messageType = [
      .with {
        $0.name = "Thing"
        $0.field = [
          field("shade", 1, .enum, of: ".odd.Shade"),
          field("shades", 2, .enum, .repeated, of: ".odd.Shade"),
          field("by_name", 3, .message, .repeated, of: ".odd.Thing.ByNameEntry"),
          field("thing", 4, .message, of: ".odd.Thing"),
        ]
        $0.nestedType = [entry]
      },
      .with {
        $0.name = "Scope"
        $0.field = [field("q", 1, .int32)]
        $0.`extension` = [field("inner", 103, .message, of: ".odd.Scope", in: ".odd.Thing")]
      },
      .with {
        $0.name = "Set"
        $0.options.messageSetWireFormat = true
      },
    ]
    $0.`extension` = [
      field("top", 100, .int32, in: ".odd.Thing"),
      field("tops", 101, .string, .repeated, in: ".odd.Thing"),
      field("shade", 102, .enum, of: ".odd.Shade", in: ".odd.Thing"),
      // Left out: a group, a number that is taken, nothing to extend, and a set of messages.
      field("group", 104, .group, of: ".odd.Scope", in: ".odd.Thing"),
      field("taken", 1, .int32, in: ".odd.Thing"), field("lost", 1, .int32, in: ".odd.Missing"),
      field("item", 5, .message, of: ".odd.Scope", in: ".odd.Set"),
    ]
  }

  private func thing() throws -> MessageType {
    let set = Google_Protobuf_FileDescriptorSet.with { $0.file = [Self.file] }
    let schema = try Schema(descriptorSet: set.serializedBytes())
    #expect(throws: JSONError.self) {
      try #require(schema.message(named: "odd.Set")).encode(json: #"{"[odd.item]":{}}"#)
    }
    return try #require(schema.message(named: "odd.Thing"))
  }

  @Test(
    arguments: [
      (#"{"[odd.top]":0}"#, [0xa0, 6, 0]),
      (#"{"[odd.tops]":["a",""]}"#, [0xaa, 6, 1, 97, 0xaa, 6, 0]),
      (#"{"[odd.shade]":"LIGHT"}"#, [0xb0, 6, 4]),
      (#"{"shade":"DARK","[odd.Scope.inner]":{"q":5}}"#, [8, 3, 0xba, 6, 2, 8, 5]),
      (
        #"{"thing":{"[odd.top]":-1}}"#,
        [0x22, 12, 0xa0, 6] + [UInt8](repeating: 255, count: 9) + [1]
      ),
    ] as [(String, [UInt8])])
  func extensionsGoByTheirNamesInBrackets(json: String, bytes: [UInt8]) throws {
    let type = try thing()
    #expect(try type.json(bytes) == json)
    #expect(try type.encode(json: json) == bytes)
  }

  @Test func otherNamesAreUnknown() throws {
    let type = try thing()
    #expect(type.fields.map(\.name) == ["shade", "shades", "by_name", "thing"])
    for name in ["odd.top", "[top]", "[odd.inner]", "[odd.group]", "[odd.taken]", "[odd.lost]"] {
      #expect(throws: JSONError.self) { try type.encode(json: #"{"\#(name)":null}"#) }
    }
    #expect {
      try type.encode(json: #"{"[odd.top]":"x"}"#)
    } throws: {
      "\($0)" == #"[odd.top]: expected an integer, found "x""#
    }
  }

  /// A number that a closed enum does not have is an unknown field.
  @Test func closedEnumsAreClosed() throws {
    let type = try thing()
    for (bytes, json) in [
      ([8, 9], "{}"), ([8, 3, 8, 9], #"{"shade":"DARK"}"#), ([0xb0, 6, 9], "{}"),
      ([0x10, 9, 0x10, 4, 0x12, 3, 3, 9, 4, 0x12, 1, 9], #"{"shades":["LIGHT","DARK","LIGHT"]}"#),
      (
        [0x1a, 5, 0x0a, 1, 97, 0x10, 9, 0x1a, 5, 0x0a, 1, 98, 0x10, 3],
        #"{"byName":{"b":"DARK"}}"#
      ),
      ([0x22, 2, 8, 9], #"{"thing":{}}"#),
    ] as [([UInt8], String)] {
      #expect(try type.json(bytes) == json)
    }
    #expect(try FieldPath("shade", in: type).read([8, 4, 8, 9]) == .enumeration(4))
    #expect(try FieldPath("shade", in: type).read([8, 9]) == .enumeration(3))
    #expect(try !FieldPlace("shade", in: type).isSet(in: [8, 9]))
    for json in [#"{"shade":9}"#, #"{"shades":[3,9]}"#, #"{"byName":{"a":9}}"#] {
      #expect(throws: JSONError.self) { try type.encode(json: json) }
    }
    #expect(try type.encode(json: #"{"shade":4}"#) == [8, 4])
  }
}
