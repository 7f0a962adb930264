// Facts about keys of YAML that are no scalars, which must be found before they are compared with each other.

import Testing

@testable import MartletCore

@Suite struct YAMLKeysTests {
  private func problem(_ text: String) -> String? {
    do {
      _ = try AppFile.parse(text, file: "a.yaml")
      return nil
    } catch {
      return error.description
    }
  }

  /// Lists that are ten times the list before, nine times over: a thousand million values.
  private static let nested =
    (0...8).map { level in
      let element = level == 0 ? "x" : "*a\(level - 1)"
      let elements = Array(repeating: element, count: 10).joined(separator: ", ")
      return "a\(level): &a\(level) [\(elements)]\n"
    }.joined()

  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      ("? *a8\n: 1", "a.yaml:10:3: a key cannot be an alias; write out what it stands for"),
      ("*a8 : 1", "a.yaml:10:1: a key cannot be an alias"),
      ("b: {*a8: 1}", "a.yaml:10:5: a key cannot be an alias"),
      ("b: {*a8 :1}", "a.yaml:10:5: a key cannot be an alias"),
      ("b: [*a8:1]", "a.yaml:10:5: a key cannot be an alias"),
      ("b: [x, *a8\t:1]", "a.yaml:10:8: a key cannot be an alias"),
      ("b: [\u{2028}*a8:1]", "a key cannot be an alias"),
      ("b: {*a8:[1]}", "a.yaml:10:5: a key cannot be an alias"),
      ("b: {? *a8}", "a.yaml:10:7: a key cannot be an alias"),
      ("b: {? *a8\n  :1}", "a.yaml:10:7: a key cannot be an alias"),
      ("? [*a8]\n: 1", "a.yaml:10:3: a key must be a string, not a list or mapping"),
      ("? {a: *a8}\n: 1", "a.yaml:10:3: a key must be a string, not a list or mapping"),
      ("? - *a8\n: 1", "a.yaml:10:3: a key must be a string, not a list or mapping"),
      ("b: {[*a8]: 1}", "a.yaml:10:5: a key must be a string, not a list or mapping"),
    ])
  func nestedAliasesInAKeyAreFoundAtOnce(line: String, message: String) {
    let found = problem(Self.nested + line)
    #expect(found?.contains(message) == true, "\(found ?? "nothing")")
  }

  /// Each level of keys has all levels below it hashed.
  @Test(.timeLimit(.minutes(1))) func keysOfKeysAreBounded() {
    let open = String(repeating: "{? ", count: 900)
    let list = Array(repeating: "x", count: 500_000).joined(separator: ",")
    let text = "a: \(open)[\(list)]\(String(repeating: "}", count: 900))"
    #expect(
      problem(text) == "a.yaml:1:1: 900 places look like keys that are lists or mappings (? or ]:)")
  }

  @Test func aliasesOfValuesAreTaken() throws {
    let text = """
      base: &base {cpus: 1, words: ["*x : y", '*a', "? *b"]}
      one: *base
      more: [*base, *base]
      glob: ls *.txt a*b **bold** # *c : d
      time: at *noon:30
      block: |
        *a : b
        ? *c
      """
    let root = try #require(try AppFile.parse(text, file: "a.yaml"))
    let value = ConfigValue(root)
    #expect(value["one"] == value["base"])
    #expect(value["more"] == .array([value["base"], value["base"]].compactMap(\.self)))
    #expect(value["base"]?["words"] == .array([.string("*x : y"), .string("*a"), .string("? *b")]))
    #expect(value["glob"] == .string("ls *.txt a*b **bold**"))
    #expect(value["time"] == .string("at *noon:30"))
    #expect(value["block"] == .string("*a : b\n? *c"))
  }

  /// In brackets the same would be a key.
  @Test func textLikeAKeyThatIsAnAliasWantsQuotes() {
    let line = "a: mount -v, *source:/target"
    #expect(
      problem(line) == "a.yaml:1:14: text that looks like an alias (*name:); write it in quotes")
    #expect(problem("a: \"mount -v, *source:/target\"") == nil)
  }

  @Test func mistakesBesideAliasesAreToldAsTheyAre() {
    #expect(problem("a: &a 1\nb: *a\nc: [*a")?.contains("not YAML") == true)
    #expect(problem("a: &a 1\na: *a")?.contains("key given twice: a") == true)
    #expect(problem("1: a\n\"1\": b") == "a.yaml:2:1: 1: key given twice; keep one of them")
    let nested = "a: [{'b': {é: 1, c: 2, é: 3}}]"
    #expect(problem(nested) == "a.yaml:1:24: a[0].b.é: key given twice; keep one of them")
    // Of three, or of two pairs, only the names are known.
    #expect(problem("a: 1\na: 2\na: 3")?.contains("a.yaml:1:1: key given twice: a") == true)
    #expect(problem("a: 1\na: 2\nb: {c: 1, c: 2}")?.contains("key given twice: c") == true)
  }
}
