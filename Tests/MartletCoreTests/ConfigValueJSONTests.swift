// Facts about JSON.

import Testing

@testable import MartletCore

@Suite struct ConfigValueJSONTests {
  @Test func writesMembersInOrder() {
    let value = ConfigValue.object([
      "b": .number(0.5), "a": .array([.null, .bool(true)]), "c": .string("\n\u{1}\""),
    ])
    #expect(value.json == #"{"a":[null,true],"b":0.5,"c":"\n\u0001\""}"#)
  }

  @Test func writesNothingThatATerminalObeys() throws {
    let value = ConfigValue.string("\u{1B}[31m \u{7F} \u{9B}2J é")
    #expect(value.json == #""\u001b[31m \u007f \u009b2J é""#)
    #expect(try ConfigValue(json: value.json) == value)
  }

  /// JSON has no numbers for these; a null would leave a field unset.
  @Test func writesWhatIsNoNumberAsProtobufDoes() {
    let values: [ConfigValue] = [.number(.nan), .number(.infinity), .number(-.infinity)]
    #expect(ConfigValue.array(values).json == #"["NaN","Infinity","-Infinity"]"#)
    #expect(ConfigValue.unsigned(.max).json == "18446744073709551615")
  }

  @Test func readsEveryKind() throws {
    #expect(
      try ConfigValue(json: #" {"a": [1, -2.5e3, "\u00e9\n", false, null], "b": {}} "#)
        == .object([
          "a": .array([.integer(1), .number(-2500), .string("é\n"), .bool(false), .null]),
          "b": .object([:]),
        ]))
    #expect(try ConfigValue(json: "18446744073709551615") == .unsigned(.max))
    #expect(try ConfigValue(json: "9223372036854775807") == .integer(.max))
    #expect(try ConfigValue(json: "18446744073709551616") == .number(18_446_744_073_709_551_616))
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\" 1}", "{\"a\":1,\"a\":2}", "01", "1.", ".5", "+1", "tru", "\"\\x\"",
    "\"\\ud800\"", "\"a", "1 2", "nan", "\"\u{1}\"", "'a'", "\"\\u00g0\"",
  ])
  func refusesWhatIsNotJSON(text: String) {
    #expect(throws: ConfigValue.JSONError.self) { try ConfigValue(json: text) }
  }

  @Test func namesThePlace() {
    let error = #expect(throws: ConfigValue.JSONError.self) {
      try ConfigValue(json: "{\n  \"é\": tru\n}")
    }
    #expect(error?.mark == SourceMark(line: 2, column: 8))
  }

  @Test func stopsAtItsDepth() {
    let text = String(repeating: "[", count: 100_000)
    let error = #expect(throws: ConfigValue.JSONError.self) { try ConfigValue(json: text) }
    #expect(error?.message == "not JSON: nested more than 100 deep")
  }

  /// What each value cost its place in the line would take minutes here.
  @Test(.timeLimit(.minutes(1))) func readsLongLines() throws {
    let many = Array(repeating: #"{"é":7}"#, count: 60_000).joined(separator: ",")
    guard case .array(let values) = try ConfigValue(json: "[\(many)]") else {
      Issue.record("no array")
      return
    }
    #expect(values.count == 60_000 && values.last == .object(["é": .integer(7)]))
    let error = #expect(throws: ConfigValue.JSONError.self) { try ConfigValue(json: "[\(many),x]") }
    #expect(error?.mark == SourceMark(line: 1, column: 60_000 * 8 + 2))
  }

  @Test(arguments: [
    (#"{"a":"b\n"}"#, #"{"a":"b\n"}"#), ("\"\u{7f}é€😀\"", #""\u007f\u00e9\u20ac\ud83d\ude00""#),
  ])
  func goesIntoASCII(text: String, ascii: String) throws {
    #expect(text.asciiJSON == ascii)
    #expect(try ConfigValue(json: ascii) == ConfigValue(json: text))
  }
}
