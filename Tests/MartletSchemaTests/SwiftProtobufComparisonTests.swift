// Bytes and JSON beside those of swift-protobuf, for every type of field.

import Foundation
import MartletSchema
import SwiftProtobuf
import Testing

@Suite struct SwiftProtobufComparisonTests {
  static let samples = FieldSamples.all + FieldSamples.wellKnown + [FieldSamples.full]

  init() {
    // swift-protobuf spells an Any by its type only when it knows the type.
    Google_Protobuf_Any.register(messageType: Martlet_Test_V1_FewTypes.self)
  }

  @Test(arguments: samples) func bytesSurviveUnpackingAndPacking(message: AllTypes) throws {
    let bytes = try message.bytes
    let packed = try DynamicMessage(unpacking: bytes, as: Fixture.allTypes()).pack()
    #expect(packed == bytes)
  }

  @Test(arguments: samples) func jsonIsTheSame(message: AllTypes) throws {
    let (ours, theirs) = (try Fixture.allTypes().json(message.bytes), try message.json)
    #expect(ours == theirs)
  }

  @Test(arguments: samples) func jsonBecomesTheSameBytes(message: AllTypes) throws {
    let bytes = try Fixture.allTypes().encode(json: message.json)
    #expect(try AllTypes(serializedBytes: bytes) == message)
  }

  @Test(arguments: samples) func prettyJSONReadsBack(message: AllTypes) throws {
    let type = try Fixture.allTypes()
    let bytes = try type.encode(json: type.json(message.bytes, pretty: true))
    #expect(try AllTypes(serializedBytes: bytes) == message)
  }

  @Test func notANumberIsSpelledOut() throws {
    let message = AllTypes.with { $0.fDouble = .nan }
    #expect(try Fixture.allTypes().json(message.bytes) == #"{"fDouble":"NaN"}"#)
    let bytes = try Fixture.allTypes().encode(json: #"{"fDouble":"NaN"}"#)
    #expect(try AllTypes(serializedBytes: bytes).fDouble.isNaN)
  }

  @Test(arguments: samples) func concatenatedMessagesMerge(message: AllTypes) throws {
    let first = AllTypes.with {
      $0.fInt32 = 3
      $0.fMessage.fString = "first"
      $0.fMessage.rInt32 = [1]
      $0.rInt32 = [4]
      $0.cInt32 = 5
    }
    let bytes = try first.bytes + message.bytes
    let unpacked = try DynamicMessage(unpacking: bytes, as: Fixture.allTypes())
    #expect(
      try AllTypes(serializedBytes: unpacked.pack()) == AllTypes(serializedBytes: bytes))
  }

  @Test func mapsOfSeveralEntriesAreKept() throws {
    let message = AllTypes.with {
      $0.mStringInt32 = ["a": 1, "b": -1, "": 0]
      $0.mInt64String = [0: "", -1: "x", 5: "y"]
    }
    let type = try Fixture.allTypes()
    #expect(try DynamicMessage(unpacking: message.bytes, as: type).pack() == message.bytes)
    #expect(try AllTypes(jsonString: type.json(message.bytes)) == message)
    #expect(try AllTypes(serializedBytes: type.encode(json: message.json)) == message)
  }

  @Test func ofEntriesWithTheSameKeyTheLastCounts() throws {
    let bytes =
      try AllTypes.with { $0.mStringInt32 = ["a": 1] }.bytes
      + AllTypes.with { $0.mStringInt32 = ["a": 2] }.bytes
    #expect(try Fixture.allTypes().json(bytes) == #"{"mStringInt32":{"a":2}}"#)
  }

  @Test func oneofMembersThatFollowEachOther() throws {
    let members: [AllTypes] = [
      .with { $0.cMessage.fInt32 = 1 }, .with { $0.cMessage.fString = "x" },
      .with { $0.cInt32 = 7 }, .with { $0.cBytes = Data([1]) }, .with { $0.cDouble = 2 },
    ]
    for first in members {
      for second in members {
        for third in members {
          let bytes = try first.bytes + second.bytes + third.bytes
          let packed = try DynamicMessage(unpacking: bytes, as: Fixture.allTypes()).pack()
          #expect(try AllTypes(serializedBytes: packed) == AllTypes(serializedBytes: bytes))
        }
      }
    }
  }

  @Test func unknownFieldsAreKept() throws {
    let few = try #require(Fixture.schema().message(named: "martlet.test.v1.FewTypes"))
    let bytes = try FieldSamples.full.bytes
    let packed = try DynamicMessage(unpacking: bytes, as: few).pack()
    #expect(try AllTypes(serializedBytes: packed) == FieldSamples.full)
  }

  @Test func bothEncodingsOfARepeatedFieldAreRead() throws {
    // r_int32 (43, packed by declaration) unpacked, r_unpacked (58) packed.
    let bytes: [UInt8] = [0xd8, 2, 1, 0xd8, 2, 2, 0xd2, 3, 2, 3, 4]
    let message = try DynamicMessage(unpacking: bytes, as: Fixture.allTypes())
    let expected = AllTypes.with {
      $0.rInt32 = [1, 2]
      $0.rUnpacked = [3, 4]
    }
    #expect(try message.pack() == expected.bytes)
  }

  @Test func proto2DefaultsAndUnsetFields() throws {
    var legacy = Legacy()
    legacy.must = 1
    legacy.loose = [1, 2]
    let bytes = Array(try legacy.serializedData() as Data)
    let type = try Fixture.legacy()
    #expect(try DynamicMessage(unpacking: bytes, as: type).pack() == bytes)
    #expect(try type.json(bytes) == legacy.jsonString())
    #expect(try FieldPath("number", in: type).read(bytes) == .signed(7))
    #expect(try FieldPath("text", in: type).read(bytes) == .string("grey"))
    #expect(try FieldPath("shade", in: type).read(bytes) == .enumeration(3))
    #expect(try FieldPath("other_shade", in: type).read(bytes) == .enumeration(4))
    #expect(try FieldPath("flag", in: type).read(bytes) == .bool(true))
  }
}
