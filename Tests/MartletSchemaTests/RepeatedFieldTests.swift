// Elements taken out of and put into messages on the wire.

import MartletSchema
import SwiftProtobuf
import Testing

@Suite struct RepeatedFieldTests {
  private func field(_ name: String) throws -> Field {
    try Fixture.allTypes().requireField(name)
  }

  @Test func elementsComeInOrder() throws {
    let message = AllTypes.with {
      $0.rMessage = [.with { $0.fInt32 = 1 }, .with { $0.fInt32 = 2 }]
      $0.rString = ["between"]
    }
    let bytes = try message.bytes
    #expect(try field("r_message").elements(in: bytes) == [[0x18, 1], [0x18, 2]])
  }

  @Test func replacedElementsLeaveTheRestAlone() throws {
    var message = AllTypes.with {
      $0.fString = "kept"
      $0.rMessage = [.with { $0.fInt32 = 1 }]
      $0.renamed = "kept too"
    }
    let bytes = try field("r_message").replacingElements(
      in: message.bytes, with: [[0x18, 7], []])
    message.rMessage = [.with { $0.fInt32 = 7 }, AllTypes()]
    #expect(try AllTypes(serializedBytes: bytes) == message)
  }

  /// -0.0 is equal to zero and yet no default: it is sent.
  @Test func negativeZeroStays() throws {
    let bytes = try field("f_float").replacingNumbers(in: [], with: [.float(-0.0)])
    #expect(try AllTypes(serializedBytes: bytes).fFloat.sign == .minus)
    #expect(try field("f_float").replacingNumbers(in: bytes, with: [.float(0)]).isEmpty)
  }

  @Test func numbersAreReadPackedAndNot() throws {
    let packed = try AllTypes.with { $0.rInt32 = [1, -2] }.bytes
    #expect(
      try field("r_int32").numbers(in: packed + [0xd8, 2, 3]) == [1, -2, 3].map(FieldValue.signed))
    #expect(try field("f_double").numbers(in: []) == [.double(0)])
    let both = try AllTypes.with { $0.fDouble = 1 }.bytes + AllTypes.with { $0.fDouble = 2 }.bytes
    #expect(try field("f_double").numbers(in: both) == [.double(2)])
  }

  @Test func aNumberThatIsNotSetIsNone() throws {
    #expect(try field("o_double").numbersIfSet(in: []) == [])
    #expect(
      try field("o_double").numbersIfSet(in: AllTypes.with { $0.oDouble = 0 }.bytes)
        == [.double(0)])
    let undone = try AllTypes.with { $0.cInt32 = 5 }.bytes + AllTypes.with { $0.cBool = true }.bytes
    #expect(try field("c_int32").numbersIfSet(in: undone) == [])
  }

  @Test func numbersAreReplacedInTheirEncoding() throws {
    let message = AllTypes.with {
      $0.rSint64 = [5]
      $0.fFloat = 3
      $0.oUint32 = 1
      $0.fBool = true
    }
    var bytes = try message.bytes
    bytes = try field("r_sint64").replacingNumbers(in: bytes, with: [.signed(-1), .signed(.min)])
    bytes = try field("f_float").replacingNumbers(in: bytes, with: [.float(0.5)])
    bytes = try field("o_uint32").replacingNumbers(in: bytes, with: [.unsigned(0)])
    bytes = try field("r_unpacked").replacingNumbers(in: bytes, with: [.signed(4)])
    let expected = AllTypes.with {
      $0.rSint64 = [-1, .min]
      $0.fFloat = 0.5
      $0.oUint32 = 0
      $0.rUnpacked = [4]
      $0.fBool = true
    }
    #expect(try AllTypes(serializedBytes: bytes) == expected)
  }

  @Test func malformedMessagesAreErrors() throws {
    #expect(throws: WireError.self) { try field("r_message").elements(in: [0xca, 3, 9]) }
    // With another wire type it is another field.
    #expect(try field("r_message").elements(in: [0xc8, 3, 9]) == [])
    #expect(try field("r_int32").numbers(in: [0xdd, 2, 1, 1, 1, 1]) == [])
    #expect(throws: WireError.self) {
      try field("r_message").replacingElements(in: [0x72, 9], with: [])
    }
  }
}
