// Bytes that nobody honest sends: an error each time, never a crash.

import MartletCore
import MartletSchema
import SwiftProtobuf
import Testing

@Suite struct HostileMessageTests {
  private func reason(_ bytes: [UInt8]) throws -> WireError.Reason? {
    let type = try Fixture.allTypes()
    do {
      _ = try DynamicMessage(unpacking: bytes, as: type)
      return nil
    } catch {
      // What keeps protobuf-c safe must also stand alone.
      #expect(throws: WireError.self) { try type.check(bytes) }
      return error.reason
    }
  }

  /// `f_message` (17) in itself so many times.
  private func nested(_ depth: Int, field: Int = 17) -> [UInt8] {
    var message: [UInt8] = []
    for _ in 0..<depth {
      var outer: [UInt8] = []
      outer.appendField(field, message)
      message = outer
    }
    return message
  }

  @Test func nestingIsBoundedAtAHundred() throws {
    #expect(try reason(nested(99)) == nil)
    #expect(try reason(nested(100)) == .tooDeep)
    #expect(try reason(nested(10_000)) == .tooDeep)
    // Repeated fields, oneof members and maps nest just as well.
    for field in [57, 75] { #expect(try reason(nested(10_000, field: field)) == .tooDeep) }
    var map: [UInt8] = []
    for level in 0..<10_000 {
      var outer: [UInt8] = []
      outer.appendField(level % 2 == 0 ? 2 : 65, map)
      map = outer
    }
    #expect(try reason(map) == .tooDeep)
  }

  @Test func jsonOfDeepMessagesEndsToo() throws {
    #expect(try !Fixture.allTypes().json(nested(99)).isEmpty)
    // An Any in an Any hides its depth from every check but the last.
    var any: [UInt8] = []
    for _ in 0..<1_000 {
      var outer: [UInt8] = []
      outer.appendField(1, "/google.protobuf.Any".utf8)
      outer.appendField(2, any)
      any = outer
    }
    let type = try #require(Fixture.schema().message(named: "google.protobuf.Any"))
    #expect(throws: JSONError.self) { try type.json(any) }
  }

  @Test func everyTruncationIsAnErrorOrAShorterMessage() throws {
    let type = try Fixture.allTypes()
    let bytes = try FieldSamples.full.bytes
    for length in 0..<bytes.count {
      let cut = Array(bytes[..<length])
      let accepted = (try? type.check(cut)) != nil
      #expect(((try? DynamicMessage(unpacking: cut, as: type)) != nil) == accepted)
      // swift-protobuf agrees on which prefixes are messages.
      #expect(((try? AllTypes(serializedBytes: cut)) != nil) == accepted)
    }
  }

  @Test func truncatedValuesOfEachWireType() throws {
    #expect(try reason([0x18]) == .truncated)
    #expect(try reason([0x18, 0x80]) == .truncated)
    #expect(try reason([0x09, 0, 0, 0, 0, 0, 0, 0]) == .truncated)
    #expect(try reason([0x15, 0, 0, 0]) == .truncated)
    #expect(try reason([0x72, 2, 0x61]) == .truncated)
    #expect(try reason([0x8a, 1, 5, 0x18, 1]) == .truncated)
  }

  @Test func overlongVarints() throws {
    let ones = [UInt8](repeating: 0xff, count: 9)
    #expect(try reason([0x20] + ones + [0x01]) == nil)
    #expect(try reason([0x20] + ones + [0x02]) == .overlongVarint)
    #expect(try reason([0x20] + ones + [0x80, 0x00]) == .overlongVarint)
    #expect(try reason([0x20] + ones + ones) == .overlongVarint)
    // A tag of six bytes, one of more than 32 bits, and a length of six bytes.
    #expect(try reason([0x98, 0x80, 0x80, 0x80, 0x80, 0x00, 1]) == .overlongVarint)
    #expect(try reason([0xf8, 0xff, 0xff, 0xff, 0x7f, 1]) == .overlongVarint)
    #expect(try reason([0x72, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]) == .overlongVarint)
    // In a packed field.
    #expect(try reason([0xda, 2, 11] + ones + [0x80, 0x00]) == .overlongVarint)
    #expect(try reason([0xda, 2, 1, 0x80]) == .truncated)
  }

  /// With another wire type a field is an unknown one.
  @Test func wrongWireTypes() throws {
    let five: [UInt8] = [0x18, 5]
    for strange: [UInt8] in [
      [0x1d, 0, 0, 0, 0], [0x1a, 0], [0x70, 0], [0x88, 1, 0], [0x1b, 0x1c],
      // A list of messages and a member of a oneof.
      [0xc8, 3, 9], [0xb9, 4, 0, 0, 0, 0, 0, 0, 0, 0],
    ] {
      #expect(try Fixture.allTypes().json(five + strange) == #"{"fInt32":5}"#, "\(strange)")
      #expect(try AllTypes(serializedBytes: five + strange).fInt32 == 5)
      var nested = try AllTypes.with { $0.cString = "x" }.bytes
      nested.appendField(17, strange)
      #expect(
        try Fixture.allTypes().json(nested) == #"{"fMessage":{},"cString":"x"}"#, "\(strange)")
    }
    #expect(try reason([0x1e]) == .badWireType)
    #expect(try reason([0x1f]) == .badWireType)
    #expect(try reason([0x00, 0]) == .badFieldNumber)
  }

  @Test func groupsAreSkippedWhereTheyBalance() throws {
    let type = try Fixture.allTypes()
    // The last one has a field of each wire type, and another group.
    let groups: [[UInt8]] = [
      [0x1b, 0x1c], [0xe3, 0x3e, 0xe4, 0x3e],
      [0xe3, 0x3e, 8, 1, 17] + [UInt8](repeating: 0, count: 8)
        + [0x1a, 1, 0x1c, 0x25, 0, 0, 0, 0, 0x2b, 0x2c, 0xe4, 0x3e],
    ]
    for group in groups {
      #expect(try type.json([0x18, 5] + group + [0x68, 1]) == #"{"fInt32":5,"fBool":true}"#)
      #expect(try FieldPath("f_bool", in: type).read(group + [0x68, 1]) == .bool(true))
      for length in 1..<group.count {
        #expect(throws: WireError.self) { try type.check(Array(group[..<length])) }
      }
    }
    #expect(try reason([0x1c]) == .unbalancedGroup)
    #expect(try reason([0x1b, 0x24]) == .unbalancedGroup)
    #expect(try reason([0x1b]) == .truncated)
    for (depth, expected) in [(100, nil), (101, .tooDeep)] as [(Int, WireError.Reason?)] {
      let nested =
        [UInt8](repeating: 0x1b, count: depth) + [UInt8](repeating: 0x1c, count: depth)
      #expect(try reason(nested) == expected)
    }
  }

  @Test func raggedPackedValues() throws {
    #expect(try reason([0xca, 2, 7, 0, 0, 0, 0, 0, 0, 0]) == .raggedPackedValues)
    #expect(try reason([0x8a, 3, 3, 0, 0, 0]) == .raggedPackedValues)
  }

  @Test(
    arguments: [
      [0x80], [0xff], [0xc3], [0xc0, 0xaf], [0xe0, 0x80, 0xaf], [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xe2, 0x82],
      [0x61, 0xe2, 0x28, 0xa1],
    ] as [[UInt8]])
  func badUTF8(text: [UInt8]) throws {
    var bytes: [UInt8] = []
    bytes.appendField(14, text)
    #expect(try reason(bytes) == .badUTF8)
    // As bytes the same is welcome.
    var asBytes: [UInt8] = []
    asBytes.appendField(15, text)
    #expect(try reason(asBytes) == nil)
  }

  @Test func theErrorNamesTheField() throws {
    var inner: [UInt8] = []
    inner.appendField(14, [0xff])
    var bytes: [UInt8] = []
    bytes.appendField(57, inner)
    #expect {
      try Fixture.allTypes().check(bytes)
    } throws: {
      "\($0)" == "martlet.test.v1.AllTypes.f_string: string is not UTF-8 at byte 4"
    }
  }

  @Test func hugeLengths() throws {
    #expect(try reason([0x72, 0xff, 0xff, 0xff, 0xff, 0x0f]) == .truncated)
    #expect(try reason([0x72, 0xff, 0xff, 0xff, 0xff, 0x7f]) == .truncated)
    #expect(try reason([0xda, 2, 0xff, 0xff, 0xff, 0xff, 0x07]) == .truncated)
  }

  @Test func decodedSizeIsBounded() throws {
    // 2 bytes on the wire, more than a kilobyte decoded.
    let bytes = [[UInt8]](repeating: [0xca, 3, 0], count: 700_000).flatMap { $0 }
    #expect(try Fixture.allTypes().check(bytes) == ())
    #expect(throws: WireError(.notDecodable, at: 0)) {
      try DynamicMessage(unpacking: bytes, as: Fixture.allTypes())
    }
  }

  /// Flips, cuts and splices real messages. What passes the check must unpack (but for the
  /// encodings that protobuf-c does not take), pack, become JSON and be read by paths without a
  /// crash.
  @Test(arguments: 0..<8) func randomMutations(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let type = try Fixture.allTypes()
    let path = try FieldPath("f_message.f_message.f_int32", in: type)
    let corpus = try (FieldSamples.all + FieldSamples.wellKnown + [FieldSamples.full])
      .map { try $0.bytes }
    for _ in 0..<1_500 {
      var bytes = corpus.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        mutate(&bytes, corpus, &random)
      }
      _ = try? path.read(bytes)
      guard (try? type.check(bytes)) != nil else {
        #expect(throws: WireError.self) { try DynamicMessage(unpacking: bytes, as: type) }
        continue
      }
      guard let message = try? DynamicMessage(unpacking: bytes, as: type) else { continue }
      let packed = message.pack()
      #expect((try? type.check(packed)) != nil)
      #expect(try DynamicMessage(unpacking: packed, as: type).pack() == packed)
      if let json = try? type.json(bytes) {
        #expect(throws: Never.self) { try type.encode(json: json) }
      }
    }
  }

  private func mutate(
    _ bytes: inout [UInt8], _ corpus: [[UInt8]], _ random: inout SeededGenerator
  ) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    switch Int.random(in: 0..<5, using: &random) {
    case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1 where place < bytes.count: bytes[place] = .random(in: 0...255, using: &random)
    case 2: bytes.removeSubrange(place...)
    case 3: bytes.insert(.random(in: 0...255, using: &random), at: place)
    default: bytes.insert(contentsOf: corpus.randomElement(using: &random) ?? [], at: place)
    }
  }
}
