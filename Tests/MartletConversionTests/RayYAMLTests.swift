// Facts about how Ray's files are read: as YAML 1.1, with merged keys and references to the environment.

import MartletCore
import Testing

@testable import MartletConversion

@Suite struct RayYAMLTests {
  private func app(_ text: String) throws -> AppSpec {
    var options = ConversionOptions()
    options.defaultMethod = MethodName(service: "p.S", method: "Do")
    options.command = ["serve"]
    let found = try Converted(text, options)
    #expect(found.unsaid == [])
    return try #require(found.apps.first)
  }

  @Test(
    arguments: [
      ("no", .bool(false)), ("Yes", .bool(true)), ("ON", .bool(true)), ("y", .string),
      ("1_000_000", .integer("1000000")), ("017", .integer("15")), ("0o17", .string),
      ("0x1_F", .integer("31")), ("0b11", .integer("3")), ("-0b11", .integer("-3")),
      ("1:30", .integer("90")), ("1:60", .string), ("01:30", .string),
      ("1:30:00", .integer("5400")),
      ("1:30.5", .number(90.5)), ("089", .string), ("0", .integer("0")), ("+1", .integer("1")),
      ("1e-5", .string), ("1.0e-5", .number(1e-5)), ("1.5e5", .string), ("1.", .number(1)),
      (".5", .number(0.5)), ("-.5", .string), ("._5", .string), ("6_0.5_0", .number(60.5)),
      ("~", .null), ("", .null), ("nUll", .string), ("1__", .integer("1")), ("-", .string),
      ("123456789012345678901234", .integer("123456789012345678901234")), ("0x", .string),
      ("2026-11-30", .unsayable("2026-11-30 is a date to YAML 1.1")), ("2026-11-3", .string),
      ("2026-1-3 1:00:00", .unsayable("2026-1-3 1:00:00 is a date to YAML 1.1")),
    ] as [(String, PythonScalar)])
  func scalars(text: String, expected: PythonScalar) {
    #expect(PythonScalar(text) == expected)
  }

  @Test func wordsAndNumbersAreThoseOfPython() throws {
    let text = """
      applications:
      - name: text
        deployments:
        - name: encoder
          user_config: {debug: no, "no": on, limit: 1_000_000, wait: 1:30, rate: 1e-5, mode: 0o17, 017: "017", tag: !!int "7", off: !!str 7}
      """
    #expect(
      try app(text).deployments[0].userConfig
        == .object([
          "debug": .bool(false), "no": .bool(true), "limit": .integer(1_000_000),
          "wait": .integer(90), "rate": .string("1e-5"), "mode": .string("0o17"),
          "15": .string("017"), "tag": .integer(7), "false": .string("7"),
        ]))
  }

  @Test func keysAreMerged() throws {
    let text = """
      applications:
      - name: text
        x-base: &base {threshold: 0.5, batch: 8}
        x-other: &other {threshold: 0.9, depth: 3}
        deployments:
        - {name: a, user_config: {<<: *base, batch: 16}}
        - {name: b, user_config: {batch: 1, <<: [*other, *base]}}
      """
    var options = ConversionOptions()
    options.methods = ["a": MethodName(service: "p.S", method: "Do")]
    options.command = ["serve"]
    let found = try Converted(text, options)
    #expect(found.unsaid == [])
    #expect(
      found.apps.first?.deployments.map(\.userConfig) == [
        .object(["threshold": .number(0.5), "batch": .integer(16)]),
        .object(["threshold": .number(0.9), "batch": .integer(1), "depth": .integer(3)]),
      ])
  }

  @Test func referencesBecomeThoseOfAppFiles() throws {
    let text = """
      applications:
      - name: text
        runtime_env: {env_vars: {ROOT: /opt, PATH: "$ROOT/bin:${PATH}"}}
        deployments:
        - name: encoder
          ray_actor_options:
            runtime_env:
              env_vars: {WHICH: "$MODEL_ID", KEPT: "${NOT-SET} $$X 5$ $1 ${", ROOT: /own}
      """
    #expect(
      try app(text).deployments[0].environment == [
        "ROOT": "/own", "PATH": "/own/bin:${PATH}", "WHICH": "${MODEL_ID}",
        "KEPT": "${NOT-SET} $$${X} 5$ $1 ${",
      ])
  }
}
