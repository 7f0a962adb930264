// Facts about merged keys, nulls, documents and numbers in app files.

import MartletCore
import Testing

@Suite struct AppFileMergeTests {
  private func deployments(_ text: String) throws -> [DeploymentSpec] {
    try AppFile.read(text: "name: app\n" + text, file: "a.yaml").spec.deployments
  }

  private func problem(_ text: String) -> String {
    do {
      _ = try AppFile.read(text: text, file: "a.yaml")
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func mergedKeysAreThoseOfTheMapping() throws {
    let found = try deployments(
      """
      x-common: &common {command: [./a], max_ongoing_requests: 3}
      deployments:
      - {<<: *common, name: a}
      - {name: b, max_ongoing_requests: 4, <<: [{idempotent: true, command: [./b]}, *common]}
      - {name: c, command: [x], user_config: {"<<": {a: 1}}}
      """)
    #expect(found.map(\.maxOngoingRequests) == [3, 4, 8])
    #expect(found.map(\.command) == [["./a"], ["./b"], ["x"]])
    #expect(found.map(\.idempotent) == [false, true, false])
    #expect(found[2].userConfig["<<"] == .object(["a": .integer(1)]))
  }

  @Test(arguments: [
    ("{<<: 3, name: a}", "found the number 3"), ("{<<: [{a: 1}, b], name: a}", "found a list with"),
    ("{<<: {a: 1}, <<: {b: 1}, name: a}", "write one with a list, <<: [*first, *second]"),
  ])
  func mergesThatAreNone(text: String, reason: String) {
    #expect(problem(text).contains(reason), "\(problem(text))")
  }

  @Test func mergesAreBounded() {
    var text = "name: a\nx-0: &a0 {k: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}\n"
    for level in 1...12 {
      let list = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "x-\(level): &a\(level) {<<: [\(list)], l\(level): [\(list)]}\n"
    }
    #expect(problem(text + "deployments: []").contains("more than 200000 values"))
  }

  @Test func nullIsNoText() {
    let text = """
      name: nulls
      deployments:
      - name: printer
        command: [sh, -c, null]
        env: {A: null, B: ~, C: , D: "null", E: "~"}
        code_version: null
      """
    let lines = problem(text).split(separator: "\n").map(String.init)
    #expect(
      lines.map { $0.prefix { $0 != " " } } == [
        "a.yaml:4:21:", "a.yaml:5:12:", "a.yaml:5:21:", "a.yaml:5:27:", "a.yaml:6:17:",
      ], "\(lines)")
    #expect(lines.allSatisfy { $0.contains("expected a string, found nothing") }, "\(lines)")
    #expect(lines.count == 5 && lines[3].hasSuffix("write \"\" for an empty text"))
  }

  @Test(arguments: AppFileMergeTests.nullable)
  func nullIsNoValueOfAnyKey(key: String) {
    let text = "name: a\ndeployments:\n- {name: d, command: [x], \(key): null}\n"
    #expect(problem(text).contains("a.yaml:3:"), "\(key): \(problem(text))")
    #expect(problem(text).contains("deployments[0].\(key): expected"), "\(key): \(problem(text))")
  }

  private static let nullable = [
    "services", "num_replicas", "autoscaling_config", "max_ongoing_requests",
    "max_queued_requests", "max_message", "request_timeout_s", "idempotent", "resources",
    "user_config",
    "health_check_period_s", "graceful_shutdown_timeout_s", "env", "code_version",
    "health_check_timeout_s", "health_check_failures", "startup_timeout_s",
  ]

  @Test func aMarkAtTheEndIsNoSecondDocument() throws {
    let text = "%YAML 1.2\n---\nname: a\ndeployments: [{name: d, command: [x]}]\n---\n# nothing\n"
    #expect(problem(text) == "")
    #expect(problem(text + "name: b\n").hasPrefix("a.yaml:5:1: several documents in one file"))
  }

  @Test(
    arguments: [
      ("9007199254740993.0", .integer(9_007_199_254_740_993)),
      ("9007199254740992.0", .number(9_007_199_254_740_992)),
      ("1.8446744073709551615e19", .unsigned(.max)), ("18446744073709551615", .unsigned(.max)),
      ("0xFFFFFFFFFFFFFFFF", .unsigned(.max)), ("1e3", .number(1000)), ("1e30", .number(1e30)),
      ("-9.223372036854775807e18", .integer(-9_223_372_036_854_775_807)), ("0e999", .number(0)),
    ] as [(String, ConfigValue)])
  func wholeNumbersAreExact(text: String, value: ConfigValue) throws {
    let found = try deployments("deployments: [{name: d, command: [x], user_config: {n: \(text)}}]")
    #expect(found[0].userConfig["n"] == value)
    // And stay so.
    let app = AppSpec(name: "app", deployments: found)
    #expect(try AppFile.read(text: AppFile.yaml(for: app), file: "b.yaml").spec == app)
    let config = ConfigValue.object(["n": value])
    #expect(try ConfigValue(json: config.json) == config)
  }

  @Test(arguments: ["123456789012345678901234", "-9223372036854775809", "0x1FFFFFFFFFFFFFFFF"])
  func wholeNumbersOfMoreBitsAreRefused(text: String) {
    let file =
      "name: a\ndeployments: [{name: d, command: [x], user_config: {n: [\(text)]}}]"
    #expect(problem(file).contains("user_config.n[0]: \(text) has more than 64 bits"))
  }

  /// A number of a whole value is written so that readers of whole numbers find it, too.
  @Test func largeNumbersAreWrittenInFull() throws {
    let value = ConfigValue.number(0x1p60 + 256)
    #expect(value.json == "1152921504606847232.0")
    #expect(try ConfigValue(json: value.json) == value)
  }
}
