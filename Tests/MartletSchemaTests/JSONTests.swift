// JSON that differs from what swift-protobuf writes, and JSON that is wrong.

import Foundation
import MartletCore
import MartletSchema
import SwiftProtobuf
import Testing

@Suite struct JSONTests {
  private func parse(_ json: String) throws -> AllTypes {
    try AllTypes(serializedBytes: Fixture.allTypes().encode(json: json))
  }

  private func error(_ json: String) throws -> String? {
    do {
      _ = try Fixture.allTypes().encode(json: json)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    #"{"f_int32": 5}"#, #"{"fInt32": "5"}"#, #"{"fInt32": 5.0}"#, #"{"fInt32": 5e0}"#,
    #" { "fInt32" : 0.5e1 } "#, "{\"fInt32\":\n5,\"fString\":null}",
  ])
  func spellingsOfFive(json: String) throws {
    #expect(try parse(json) == .with { $0.fInt32 = 5 })
  }

  @Test func otherSpellings() throws {
    #expect(try parse(#"{"fKind": "KIND_WIDE_OPEN"}"#).fKind == .open)
    #expect(try parse(#"{"fKind": 1}"#).fKind == .looped)
    #expect(try parse(#"{"fDouble": "-Infinity"}"#).fDouble == -.infinity)
    #expect(try parse(#"{"fDouble": "1.5"}"#).fDouble == 1.5)
    #expect(Array(try parse(#"{"fBytes": "-_8"}"#).fBytes) == [0xfb, 0xff])
    #expect(Array(try parse(#"{"fBytes": "+/8="}"#).fBytes) == [0xfb, 0xff])
    #expect(try parse(#"{"renamed": "a"}"#).renamed == "a")
    #expect(try parse(#"{"fString": "\u00e4\ud83d\udc26\/"}"#).fString == "ä🐦/")
    #expect(
      try parse(#"{"wTimestamp": "2023-11-14T23:13:20.5+01:00"}"#).wTimestamp.seconds
        == 1_700_000_000)
    #expect(
      try parse(#"{"wMask": "fInt32,fMessage.fBool"}"#).wMask.paths
        == ["f_int32", "f_message.f_bool"])
    #expect(try parse(#"{"wInt64": "7", "wValue": null}"#).hasWValue)
    #expect(try !parse(#"{"wInt64": null}"#).hasWInt64)
  }

  /// What a path costs must not depend on what it has been through. The texts of these would have 90
  /// gigabytes.
  @Test func longNamesDoNotMakeElementsSlow() throws {
    let type = try Fixture.allTypes()
    let (key, count) = (String(repeating: "k", count: 3 << 20), 30_000)
    let list = "[" + Array(repeating: "0", count: count).joined(separator: ",") + "]"
    let json = Array(#"{"wStruct":{"\#(key)":\#(list)}}"#.utf8)
    var bytes: [UInt8] = []
    let time = try ContinuousClock().measure {
      bytes = try type.encode(json: json)
      _ = try type.jsonBytes(bytes)
    }
    let fields = try AllTypes(serializedBytes: bytes).wStruct.fields
    #expect(fields[key]?.listValue.values.count == count)
    #expect(time < .seconds(15))
  }

  @Test func errorsQuoteLittle() throws {
    let long = String(repeating: "9", count: 100_000)
    let cut = String(repeating: "9", count: 100) + "…"
    for json in [
      #"{"fInt32": \#(long)}"#, #"{"fInt32": "\#(long)"}"#, #"{"fDouble": \#(long)}"#,
      #"{"fInt32": "x\#(long)"}"#, #"{"\#(long)": 1}"#, #"{"fKind": "\#(long)"}"#,
      #"{"mStringInt32": {"\#(long)": true}}"#, #"{"wTimestamp": "\#(long)"}"#,
      #"{"wMask": "\#(long)_"}"#, #"{"wAny": {"@type": "x/\#(long)"}}"#,
      #"{"fMessage": {"\#(long)": 1}}"#,
    ] {
      let text = try #require(try error(json), "\(json.prefix(30))")
      #expect(text.utf8.count < 500, "\(text.prefix(600))")
    }
    #expect(
      try error(#"{"mStringInt32": {"\#(long)": true}}"#)
        == "mStringInt32[\(cut)]: expected an integer, found a boolean")
    #expect(String(repeating: "a\u{301}", count: 50).shortened.utf8.count == 150)
    let accents = "a" + String(repeating: "\u{301}", count: 1_000)
    #expect(accents.shortened.unicodeScalars.count == 101)
  }

  /// Before it is made, and at the byte.
  @Test func whatIsTooLargeIsToldEarly() throws {
    let type = try Fixture.allTypes()
    func refused(_ json: String, _ maxBytes: Int) throws -> Bool {
      do {
        _ = try type.encode(json: Array(json.utf8), maxBytes: maxBytes)
        return false
      } catch {
        #expect(error.isTooLarge)
        #expect(
          error.message
            == "the message has more than \(maxBytes) bytes, the limit of a message "
            + MessageLimit.settings)
        return true
      }
    }
    for message in FieldSamples.all + FieldSamples.wellKnown + [FieldSamples.full] {
      let (json, count) = (try type.json(message.bytes), try message.bytes.count)
      #expect(try !refused(json, count), "\(json)")
      if count > 0 { #expect(try refused(json, count - 1), "\(json)") }
    }
    // Messages that would take more memory than one message may.
    let empty = Array(repeating: "{}", count: 1 << 20).joined(separator: ",")
    #expect(try refused(#"{"rMessage":[\#(empty)]}"#, 1 << 20))
  }

  @Test func aValueOfNoKindIsNull() throws {
    var bytes: [UInt8] = []
    bytes.appendField(94, [])
    #expect(try Fixture.allTypes().json(bytes) == #"{"wValue":null}"#)
  }

  @Test func fieldMasksThatWouldComeBackAsOthersAreErrors() throws {
    #expect(
      try error(#"{"wMask": "fInt32,a_b"}"#)
        == "wMask: the path a_b of a FieldMask is not in lowerCamelCase")
    for path in ["fInt32", "a__b", "a_", "a_1", "a_B", "a,b", ""] {
      let message = AllTypes.with { $0.wMask.paths = ["f_bool", path] }
      #expect(throws: JSONError.self, "\(path)") {
        try Fixture.allTypes().json(message.bytes)
      }
    }
  }

  @Test func fieldMasksAreOneString() throws {
    let message = AllTypes.with { $0.wMask.paths = ["f_int32", "f_message.f_bool"] }
    #expect(
      try Fixture.allTypes().json(message.bytes) == #"{"wMask":"fInt32,fMessage.fBool"}"#)
  }

  @Test func prettyJSONIsIndented() throws {
    let message = AllTypes.with {
      $0.rInt32 = [1, 2]
      $0.fMessage = AllTypes()
    }
    #expect(
      try Fixture.allTypes().json(message.bytes, pretty: true) == """
        {
          "fMessage": {},
          "rInt32": [
            1,
            2
          ]
        }
        """)
  }

  @Test(arguments: [
    (#"{"fInt23": 1}"#, "fInt23: martlet.test.v1.AllTypes has no such field; did you mean fInt32?"),
    (#"{"fMessage": {"fBool": 1}}"#, "fMessage.fBool: expected true or false, found a number"),
    (
      #"{"rMessage": [{}, {"fInt32": "x"}]}"#,
      #"rMessage[1].fInt32: expected an integer, found "x""#
    ),
    (#"{"mStringInt32": {"k": true}}"#, "mStringInt32[k]: expected an integer, found a boolean"),
    (#"{"mInt64String": {"k": "v"}}"#, "mInt64String[k]: the key is not a int64"),
    (
      #"{"fInt32": 2147483648}"#,
      "fInt32: 2147483648 is not an integer from -2147483648 to 2147483647"
    ),
    (#"{"fUint32": -1}"#, "fUint32: -1 is not an integer from 0 to 4294967295"),
    (#"{"fInt32": 1.5}"#, "fInt32: 1.5 is not an integer from -2147483648 to 2147483647"),
    (#"{"fDouble": 1e999}"#, "fDouble: 1e999 is out of the range of double"),
    (#"{"fFloat": 1e39}"#, "fFloat: 1e39 is out of the range of float"),
    (#"{"fDouble": "0x10"}"#, #"fDouble: expected a number, found "0x10""#),
    (#"{"fDouble": " 1"}"#, #"fDouble: expected a number, found " 1""#),
    (#"{"fBytes": "!"}"#, "fBytes: not base64"),
    (
      #"{"fKind": "KIND_LOPED"}"#,
      "fKind: martlet.test.v1.Kind has no value KIND_LOPED; did you mean KIND_LOOPED?; allowed: "
        + "KIND_UNSPECIFIED, KIND_LOOPED, KIND_OPEN, KIND_WIDE_OPEN, KIND_NEGATIVE"
    ),
    (#"{"fInt32": 1, "f_int32": 2}"#, "f_int32: is given twice"),
    (#"{"cInt32": 1, "cString": "x"}"#, "cString: excludes cInt32; both are in the oneof choice"),
    (#"{"rInt32": 1}"#, "rInt32: expected an array for repeated int32, found a number"),
    (#"{"rInt32": [null]}"#, "rInt32[0]: expected an integer, found null"),
    (
      #"{"wTimestamp": "2023-02-29T00:00:00Z"}"#,
      "wTimestamp: expected a time such as 2026-01-02T03:04:05Z, found \"2023-02-29T00:00:00Z\""
    ),
    (#"{"wDuration": "1"}"#, "wDuration: expected a duration such as 1.5s, found \"1\""),
    (#"{"wAny": {"x": 1}}"#, "wAny: an Any says its type in @type"),
    (#"{"wAny": {"@type": "a/b.C"}}"#, "wAny.@type: the schema does not have the type of a/b.C"),
    ("[]", "expected an object for martlet.test.v1.AllTypes, found an array"),
    ("", "line 1, column 1: the JSON text ends where a value should be"),
    ("{\n  \"fInt32\": 01}", "line 2, column 13: expected a number without leading zeros"),
    ("{\"a\"", "line 1, column 5: expected : after a member's name"),
    ("{} x", "line 1, column 4: expected the end of the JSON text"),
    (
      "{\"fString\": \"\u{1}\"}",
      "line 1, column 15: a control character in a string must be escaped"
    ),
    (#"{"fString": "\ud800"}"#, "line 1, column 20: half of a surrogate pair"),
  ])
  func mistakesAreNamed(json: String, message: String) throws {
    #expect(try error(json) == message)
  }

  @Test func deepJSONIsAnError() throws {
    let deep = String(repeating: #"{"fMessage":"#, count: 10_000)
    #expect(try error(deep)?.hasSuffix("JSON is nested deeper than 201") == true)
    let lists = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
    // 60 lists are 120 messages.
    #expect(try error(#"{"wValue": \#(lists)}"#)?.contains("nested deeper") == true)
  }

  /// Whatever can be decoded can be read again once it is JSON.
  @Test func messagesOfTheGreatestDepthGoThereAndBack() throws {
    var list = AllTypes.with { $0.rInt32 = [1] }
    var map = list
    for _ in 1..<SchemaLimits.maxDepth { list = .with { $0.rMessage = [list] } }
    for _ in 0..<SchemaLimits.maxDepth / 2 - 1 { map = .with { $0.mStringMessage = ["k": map] } }
    for message in [list, map] {
      let bytes = try message.bytes
      let type = try Fixture.allTypes()
      #expect(try type.encode(json: type.json(bytes)) == bytes)
    }
  }

  /// An Any starts a count of its own on the wire, but not in JSON.
  @Test func depthIsCountedAlikeBothWays() throws {
    let type = try Fixture.allTypes()
    var bytes = try AllTypes.with { $0.fInt32 = 1 }.bytes
    var depths: [Bool] = []
    for _ in 0..<60 {
      // Of bytes: an Any that is made of a message serializes it anew for every level.
      bytes = try AllTypes.with {
        $0.wAny.typeURL = "type.googleapis.com/martlet.test.v1.AllTypes"
        $0.wAny.value = Data(bytes)
      }.bytes
      let json = try? type.json(bytes)
      depths.append(json != nil)
      if let json { #expect(try type.encode(json: json) == bytes) }
    }
    #expect(depths.contains(true) && depths.contains(false))
  }

  /// Two ways to write é are two keys.
  @Test func equivalentKeysOfMapsAreNotTheSame() throws {
    let type = try Fixture.allTypes()
    let json = "{\"mStringInt32\":{\"\u{e9}\":1,\"e\u{301}\":2}}"
    let bytes = try type.encode(json: json)
    #expect(try type.json(bytes).utf8.elementsEqual(json.utf8))
  }

  /// A descriptor set may give the name of a well-known type to a message of any shape.
  @Test(arguments: [
    "UInt64Value", "StringValue", "Any", "Struct", "ListValue", "Value", "Timestamp", "Duration",
    "FieldMask", "Empty",
  ])
  func namesOfWellKnownTypesPromiseNoShape(name: String) throws {
    typealias Field = Google_Protobuf_FieldDescriptorProto
    for kind in [Field.TypeEnum.uint64, .string, .bytes, .message] {
      for label in [Field.Label.optional, .repeated] {
        let fields = (1...2).map { number in
          Field.with {
            ($0.name, $0.number, $0.type, $0.label) = ("f\(number)", Int32(number), kind, label)
            if kind == .message { $0.typeName = ".google.protobuf.\(name)" }
          }
        }
        let file = Google_Protobuf_FileDescriptorProto.with {
          ($0.name, $0.package, $0.syntax) = ("odd.proto", "google.protobuf", "proto3")
          $0.messageType = [.with { ($0.name, $0.field) = (name, fields) }]
        }
        let set: [UInt8] = try Google_Protobuf_FileDescriptorSet.with { $0.file = [file] }
          .serializedBytes()
        let type = try #require(
          try Schema(descriptorSet: set).message(named: "google.protobuf.\(name)"))
        for bytes in [[], kind == .uint64 ? [8, 1, 16, 1] : [10, 0, 18, 0]] as [[UInt8]] {
          guard let json = try? type.json(bytes) else { continue }
          #expect(!json.isEmpty)
          _ = try? type.encode(json: json)
        }
      }
    }
  }

  @Test func timesOutOfRangeAreErrors() throws {
    let message = AllTypes.with { $0.wTimestamp.seconds = 253_402_300_800 }
    #expect(throws: JSONError.self) { try Fixture.allTypes().json(message.bytes) }
    let negative = AllTypes.with { $0.wDuration = .init(seconds: 1, nanos: -1) }
    #expect(throws: JSONError.self) { try Fixture.allTypes().json(negative.bytes) }
  }

  @Test(arguments: 0..<4) func mutatedJSONNeverCrashes(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let type = try Fixture.allTypes()
    let corpus = try FieldSamples.all.map { Array(try $0.json.utf8) }
    for _ in 0..<1_000 {
      var text = corpus.randomElement(using: &random) ?? []
      for _ in 0..<3 where !text.isEmpty {
        let place = Int.random(in: 0..<text.count, using: &random)
        text[place] = Array("{}[]\",:\\u0eE-+.tfn ".utf8).randomElement(using: &random) ?? 0
      }
      if let bytes = try? type.encode(json: String(decoding: text, as: UTF8.self)) {
        #expect(throws: Never.self) { try type.check(bytes) }
      }
    }
  }
}
