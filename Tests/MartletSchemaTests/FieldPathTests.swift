// Fields read off the wire.

import Foundation
import MartletSchema
import SwiftProtobuf
import Testing

@Suite struct FieldPathTests {
  private func read(_ path: String, _ message: AllTypes) throws -> FieldValue {
    try FieldPath(path, in: Fixture.allTypes()).read(message.bytes)
  }

  @Test func readsEveryKind() throws {
    #expect(try read("f_double", .with { $0.fDouble = -1.5 }) == .double(-1.5))
    #expect(try read("f_float", .with { $0.fFloat = 2.5 }) == .float(2.5))
    #expect(try read("f_int32", .with { $0.fInt32 = .min }) == .signed(Int64(Int32.min)))
    #expect(try read("f_int64", .with { $0.fInt64 = .min }) == .signed(.min))
    #expect(try read("f_uint32", .with { $0.fUint32 = .max }) == .unsigned(UInt64(UInt32.max)))
    #expect(try read("f_uint64", .with { $0.fUint64 = .max }) == .unsigned(.max))
    #expect(try read("f_sint32", .with { $0.fSint32 = .min }) == .signed(Int64(Int32.min)))
    #expect(try read("f_sint64", .with { $0.fSint64 = .min }) == .signed(.min))
    #expect(try read("f_fixed32", .with { $0.fFixed32 = 9 }) == .unsigned(9))
    #expect(try read("f_fixed64", .with { $0.fFixed64 = .max }) == .unsigned(.max))
    #expect(try read("f_sfixed32", .with { $0.fSfixed32 = -9 }) == .signed(-9))
    #expect(try read("f_sfixed64", .with { $0.fSfixed64 = -9 }) == .signed(-9))
    #expect(try read("f_bool", .with { $0.fBool = true }) == .bool(true))
    #expect(try read("f_string", .with { $0.fString = "a\u{0}" }) == .string("a\u{0}"))
    #expect(try read("f_bytes", .with { $0.fBytes = Data([0]) }) == .bytes([0]))
    #expect(try read("f_kind", .with { $0.fKind = .negative }) == .enumeration(-1))
  }

  @Test func readsThroughMessages() throws {
    let message = AllTypes.with { $0.fMessage.oMessage.fString = "deep" }
    #expect(try read("f_message.o_message.f_string", message) == .string("deep"))
  }

  @Test func unsetFieldsReadAsZero() throws {
    #expect(try read("f_string", AllTypes()) == .string(""))
    #expect(try read("f_message.f_kind", AllTypes()) == .enumeration(0))
    let path = try FieldPath("o_int32", in: Fixture.allTypes())
    #expect(try path.readIfSet([]) == nil)
    #expect(try path.readIfSet(AllTypes.with { $0.oInt32 = 0 }.bytes) == .signed(0))
  }

  @Test func theLastOccurrenceCounts() throws {
    let path = try FieldPath("f_message.f_int32", in: Fixture.allTypes())
    let one = try AllTypes.with { $0.fMessage.fInt32 = 1 }.bytes
    let two = try AllTypes.with { $0.fMessage.fInt32 = 2 }.bytes
    let other = try AllTypes.with { $0.fMessage.fString = "x" }.bytes
    #expect(try path.read(one + two) == .signed(2))
    #expect(try path.read(one + other) == .signed(1))
  }

  @Test func anotherMemberUnsetsAOneof() throws {
    let path = try FieldPath("c_message.f_int32", in: Fixture.allTypes())
    let message = try AllTypes.with { $0.cMessage.fInt32 = 1 }.bytes
    let text = try AllTypes.with { $0.cString = "x" }.bytes
    #expect(try path.read(message + text) == .signed(0))
    #expect(try path.read(text + message) == .signed(1))
  }

  /// Also in a message that comes in two parts.
  @Test func readingAgreesWithPresence() throws {
    let type = try Fixture.allTypes()
    let number = try AllTypes.with { $0.fMessage.cInt32 = 5 }.bytes
    let text = try AllTypes.with { $0.fMessage.cString = "x" }.bytes
    let other = try AllTypes.with { $0.fMessage.fBool = true }.bytes
    let (path, place) = (
      try FieldPath("f_message.c_int32", in: type), try FieldPlace("f_message.c_int32", in: type)
    )
    for (message, value) in [
      (number + text, nil), (number + other, 5), (text + number, 5), (number + text + number, 5),
    ] as [([UInt8], Int64?)] {
      #expect(try path.readIfSet(message) == value.map(FieldValue.signed))
      #expect(try place.isSet(in: message) == (value != nil))
    }
  }

  @Test func badPathsNameWhatIsWrong() throws {
    let cases = [
      "f_strin": "martlet.test.v1.AllTypes has no field \"f_strin\"; did you mean f_string?",
      "r_int32": "martlet.test.v1.AllTypes.r_int32 is repeated int32; a path leads to one value",
      "f_message": "martlet.test.v1.AllTypes.f_message is a message; go on to one of its fields",
      "f_int32.x": "martlet.test.v1.AllTypes.f_int32 is int32 and has no field x",
      "": "martlet.test.v1.AllTypes has no field \"\"",
    ]
    for (text, message) in cases {
      #expect(throws: SchemaError(message)) { try FieldPath(text, in: Fixture.allTypes()) }
    }
  }

  @Test func malformedBytesOnTheWayAreErrors() throws {
    let path = try FieldPath("f_message.f_string", in: Fixture.allTypes())
    #expect(throws: WireError.self) { try path.read([0x8a, 1, 9]) }
    #expect(throws: WireError.self) { try path.read([0x8a, 1, 3, 0x72, 1, 0xff]) }
    // With another wire type it is another field.
    #expect(try path.readIfSet([0x88, 1, 1]) == nil)
  }
}
