// Fields of one message that become fields of another, and what is set of a message.

import Foundation
import MartletSchema
import SwiftProtobuf
import Testing

@Suite struct FieldCopyTests {
  /// Copies a field of a message into another message.
  private func copy(
    _ source: String?, to target: String, _ message: AllTypes...
  ) throws -> AllTypes {
    let type = try Fixture.allTypes()
    let copy = try FieldCopy(
      from: source.map { try FieldPlace($0, in: type) }, of: type,
      to: FieldPlace(target, in: type))
    var output: [UInt8] = []
    try copy.append(from: message.flatMap { try $0.bytes }, to: &output)
    return try AllTypes(serializedBytes: output)
  }

  private func problem(_ source: String?, to target: String) throws -> String? {
    let type = try Fixture.allTypes()
    do {
      _ = try FieldCopy(
        from: source.map { try FieldPlace($0, in: type) }, of: type,
        to: FieldPlace(target, in: type))
      return nil
    } catch let error as SchemaError {
      return error.message
    }
  }

  @Test func fieldsOfOneTypeGoAsTheyAre() throws {
    #expect(
      try copy("f_string", to: "o_string", .with { $0.fString = "x" })
        == .with { $0.oString = "x" })
    #expect(
      try copy("f_message.f_double", to: "f_double", .with { $0.fMessage.fDouble = 2 })
        == .with { $0.fDouble = 2 })
    #expect(
      try copy("r_int32", to: "r_int32", .with { $0.rInt32 = [1, -2, 3] })
        == .with { $0.rInt32 = [1, -2, 3] })
    let entries = AllTypes.with { $0.mStringMessage = ["a": .with { $0.fInt32 = 1 }] }
    #expect(try copy("m_string_message", to: "m_string_message", entries) == entries)
  }

  @Test func theWholeMessageGoesIntoAField() throws {
    let message = AllTypes.with { $0.fInt32 = 7 }
    #expect(try copy(nil, to: "f_message", message) == .with { $0.fMessage = message })
    #expect(
      try copy(nil, to: "f_message.r_message", message)
        == .with { $0.fMessage.rMessage = [message] })
  }

  @Test func aPathOfTheTargetComesIntoBeing() throws {
    #expect(
      try copy("f_int32", to: "f_message.o_message.f_int32", .with { $0.fInt32 = 4 })
        == .with { $0.fMessage.oMessage.fInt32 = 4 })
    // Nothing around a field that is not set.
    #expect(try copy("f_int32", to: "f_message.f_int32", AllTypes()) == AllTypes())
  }

  @Test func numbersGoIntoWiderOnes() throws {
    #expect(
      try copy("f_int32", to: "f_sint64", .with { $0.fInt32 = -5 }) == .with { $0.fSint64 = -5 })
    #expect(
      try copy("f_uint32", to: "f_int64", .with { $0.fUint32 = .max })
        == .with { $0.fInt64 = Int64(UInt32.max) })
    #expect(
      try copy("f_float", to: "f_double", .with { $0.fFloat = 0.5 }) == .with { $0.fDouble = 0.5 })
    #expect(
      try copy("r_int32", to: "r_double", .with { $0.rInt32 = [1, 2] })
        == .with { $0.rDouble = [1, 2] })
    #expect(
      try copy("f_kind", to: "f_int32", .with { $0.fKind = .negative }) == .with { $0.fInt32 = -1 })
    #expect(
      try copy("r_kind", to: "r_double", .with { $0.rKind = [.open, .negative] })
        == .with { $0.rDouble = [2, -1] })
  }

  @Test func enumsGoIntoTextByTheirNames() throws {
    #expect(
      try copy("f_kind", to: "f_string", .with { $0.fKind = .negative })
        == .with { $0.fString = "KIND_NEGATIVE" })
  }

  @Test func oneValueBecomesTheElementOfAList() throws {
    #expect(
      try copy("f_int32", to: "r_int32", .with { $0.fInt32 = 3 }) == .with { $0.rInt32 = [3] })
    // A field without presence has a value in any case, one with presence only when it is set.
    #expect(try copy("f_int32", to: "r_int32", AllTypes()) == .with { $0.rInt32 = [0] })
    #expect(try copy("f_string", to: "r_string", AllTypes()) == .with { $0.rString = [""] })
    #expect(try copy("o_int32", to: "r_int32", AllTypes()) == AllTypes())
    // A message in two parts is one element.
    #expect(
      try copy(
        "f_message", to: "r_message", .with { $0.fMessage.fInt32 = 1 },
        .with { $0.fMessage.fString = "x" })
        == .with { $0.rMessage = [.with { ($0.fInt32, $0.fString) = (1, "x") }] })
  }

  /// Zero on the wire is not set where a field has no presence, and so it does not set what has.
  @Test func zeroIsAsGoodAsNothing() throws {
    let zeros: [(String, [UInt8])] = [
      ("f_int32", [3 << 3, 0]), ("f_int32", [3 << 3, 5, 3 << 3, 0]),
      // Beyond the 32 bits of the field.
      ("f_int32", [3 << 3, 0x80, 0x80, 0x80, 0x80, 0x10]), ("f_double", [1 << 3 | 1] + zeros(8)),
      ("f_fixed32", [9 << 3 | 5] + zeros(4)), ("f_bool", [13 << 3, 0]),
      ("f_string", [14 << 3 | 2, 0]), ("f_bytes", [15 << 3 | 2, 0]), ("f_kind", [0x80, 1, 0]),
    ]
    for (source, bytes) in zeros {
      for target in ["o_\(source.dropFirst(2))", "o_string", "o_int64", "c_double"] {
        guard let copied = try? output(source, to: target, bytes) else { continue }
        #expect(copied == [], "\(source) to \(target)")
      }
    }
    #expect(try output("f_kind", to: "o_string", [0x80, 1, 0]) == [])
    #expect(try output("o_int32", to: "o_int64", [0xb8, 1, 0]) == [0xc0, 1, 0])
    #expect(try copy("f_double", to: "o_double", .with { $0.fDouble = -0.0 }).hasODouble)
    // Nor what is around a field without presence, also where the types differ.
    for target in ["f_message.f_int32", "f_message.f_int64"] {
      #expect(try copy("o_int32", to: target, .with { $0.oInt32 = 0 }) == AllTypes())
    }
    #expect(try copy("o_string", to: "f_message.f_string", .with { $0.oString = "" }) == AllTypes())
  }

  private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  private func output(_ source: String, to target: String, _ bytes: [UInt8]) throws -> [UInt8] {
    let type = try Fixture.allTypes()
    let copy = try FieldCopy(
      from: FieldPlace(source, in: type), of: type, to: FieldPlace(target, in: type))
    var output: [UInt8] = []
    try copy.append(from: bytes, to: &output)
    return output
  }

  @Test func whatIsNotSetIsNotCopiedWhateverItsDefault() throws {
    let (legacy, all) = (try Fixture.legacy(), try Fixture.allTypes())
    for (source, target) in [
      ("number", "o_int32"), ("number", "o_int64"), ("number", "r_int64"), ("text", "o_string"),
      ("other_shade", "o_string"), ("flag", "o_bool"),
    ] {
      let copy = try FieldCopy(
        from: FieldPlace(source, in: legacy), of: legacy, to: FieldPlace(target, in: all))
      var output: [UInt8] = []
      try copy.append(from: [], to: &output)
      #expect(output == [], "\(source) to \(target)")
    }
  }

  @Test func theLastValueCountsAndOneofsUndoEachOther() throws {
    #expect(
      try copy(
        "f_int32", to: "o_int32", .with { $0.fInt32 = 1 }, .with { $0.fInt32 = 2 })
        == .with { $0.oInt32 = 2 })
    #expect(
      try copy(
        "c_string", to: "o_string", .with { $0.cString = "x" }, .with { $0.cMessage = AllTypes() })
        == AllTypes())
  }

  @Test func whatDoesNotFitIsSaid() throws {
    let all = "martlet.test.v1.AllTypes"
    #expect(try problem("f_string", to: "f_bytes") == nil)
    #expect(
      try problem("f_bytes", to: "f_string")
        == "\(all).f_string is string, but \(all).f_bytes is bytes"
    )
    #expect(
      try problem("r_int32", to: "f_int32")
        == "\(all).f_int32 is int32, but \(all).r_int32 is repeated int32")
    #expect(
      try problem(nil, to: "f_int32") == "\(all).f_int32 is int32, but what comes here is \(all)")
    #expect(try problem("f_double", to: "f_float") != nil)
    #expect(try problem("f_int64", to: "f_double") != nil)
    #expect(try problem("f_uint64", to: "f_int64") != nil)
    #expect(try problem("f_int32", to: "f_uint32") != nil)
    #expect(try problem("f_bool", to: "f_int32") != nil)
  }

  @Test func malformedBytesAreToldWithTheirPlace() throws {
    let type = try Fixture.allTypes()
    let copy = try FieldCopy(
      from: FieldPlace("f_message.f_string", in: type), of: type,
      to: FieldPlace("f_string", in: type))
    var output: [UInt8] = []
    let number = try #require(type.field(named: "f_message")).number
    #expect(throws: WireError.self) {
      try copy.append(from: [UInt8(number & 15 << 3 | 2) | 0x80, 1, 5, 1], to: &output)
    }
    #expect(output == [])
  }
}

@Suite struct PresenceTests {
  private func isSet(_ path: String, _ message: AllTypes) throws -> Bool {
    try FieldPlace(path, in: Fixture.allTypes()).isSet(in: message.bytes)
  }

  @Test func presenceIsThatOfTheCommonExpressionLanguage() throws {
    #expect(try !isSet("f_message", AllTypes()))
    #expect(try isSet("f_message", .with { $0.fMessage = AllTypes() }))
    #expect(try isSet("o_int32", .with { $0.oInt32 = 0 }))
    #expect(try !isSet("o_int32", AllTypes()))
    #expect(try isSet("f_int32", .with { $0.fInt32 = 1 }))
    #expect(try !isSet("f_int32", AllTypes()))
    #expect(try isSet("r_int32", .with { $0.rInt32 = [0] }))
    #expect(try !isSet("r_message", AllTypes()))
    #expect(try isSet("m_string_message", .with { $0.mStringMessage["a"] = AllTypes() }))
    #expect(try isSet("f_message.o_string", .with { $0.fMessage.oString = "" }))
    #expect(try !isSet("f_message.o_string", .with { $0.fMessage = AllTypes() }))
  }

  /// A packed record without elements, for a field that is sent so and for one that is not.
  @Test(
    arguments: [("r_int32", [0xda, 2, 0]), ("r_unpacked", [0xd2, 3, 0])] as [(String, [UInt8])])
  func noElementsAreNone(field: String, message: [UInt8]) throws {
    let type = try Fixture.allTypes()
    let place = try FieldPlace(field, in: type)
    #expect(try !place.isSet(in: message))
    let copy = try FieldCopy(
      from: place, of: type, to: FieldPlace("f_message.r_int32", in: type))
    var output: [UInt8] = []
    try copy.append(from: message, to: &output)
    #expect(output == [])
  }

  @Test func aOneofNamesItsMember() throws {
    let path = try #require(try OneofPath("choice", in: Fixture.allTypes()))
    func member(_ messages: AllTypes...) throws -> String? {
      let number = try path.member(in: messages.flatMap { try $0.bytes })
      return path.members.first { $0.number == number }?.name
    }
    #expect(try member(AllTypes()) == nil)
    #expect(try member(.with { $0.cString = "" }) == "c_string")
    #expect(
      try member(.with { $0.cString = "" }, .with { $0.cMessage = AllTypes() }) == "c_message")
    #expect(try OneofPath("f_int32", in: Fixture.allTypes()) == nil)
    // Proto3's `optional` makes a oneof that nobody wrote.
    #expect(try OneofPath("_o_int32", in: Fixture.allTypes()) == nil)
  }
}
