// Integers of JSON that are written with a point or an exponent: exact, or refused.

import MartletSchema
import Testing

@Suite struct ExactNumberTests {
  @Test(arguments: [
    ("1e3", "1000"), ("1.0", "1"), ("9007199254740993.0", "9007199254740993"),
    ("9223372036854775807.0", "9223372036854775807"),
    ("-9.223372036854775808e18", "-9223372036854775808"),
    ("90071992547409930e-1", "9007199254740993"), ("0.0009007199254740993e19", "9007199254740993"),
    ("0e999999999", "0"), ("-0.0", "0"), ("100e-2", "1"),
  ])
  func signed(text: String, digits: String) throws {
    let type = try Fixture.allTypes()
    for value in [text, "\"\(text)\""] {
      let bytes = try type.encode(json: "{\"oInt64\": \(value)}")
      #expect(try type.json(bytes) == "{\"oInt64\":\"\(digits)\"}")
    }
    #expect(try type.encode(query: "oInt64=\(text)") == type.encode(json: "{\"oInt64\": \(text)}"))
  }

  @Test func unsigned() throws {
    let type = try Fixture.allTypes()
    let bytes = try type.encode(json: #"{"fUint64": 1.8446744073709551615e19}"#)
    #expect(try type.json(bytes) == #"{"fUint64":"18446744073709551615"}"#)
  }

  @Test(arguments: [
    "9223372036854775808.0", "9.2233720368547758075e18", "1.5", "1e-1", "1e19", "1e999999999",
    "9007199254740993.5", "-9223372036854775809.0",
  ])
  func refused(text: String) throws {
    let type = try Fixture.allTypes()
    #expect(throws: JSONError.self) { try type.encode(json: "{\"fInt64\": \(text)}") }
    #expect(throws: JSONError.self) { try type.encode(query: "fInt64=\(text)") }
  }

  @Test func conditionsTakeThemExactly() throws {
    let field = try #require(Fixture.allTypes().field(named: "f_int64"))
    #expect(field.value(parsingNumber: "1e3") == .signed(1000))
    #expect(field.value(parsingNumber: "9007199254740993.0") == .signed(9_007_199_254_740_993))
    #expect(field.value(parsingNumber: "1.5") == nil)
    #expect(field.value(parsingNumber: "1e19") == nil)
  }
}
