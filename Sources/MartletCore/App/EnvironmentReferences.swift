// References of a deployment's `env` to the environment in which its replicas are started.

/// `${NAME}` in a value of `env` stands for a variable of the process that starts the replica. Where that
/// has no such variable, the reference stays as it is. `$NAME` is no reference.
///
/// Two dollars in front of a name in braces are one dollar: `$${NAME}` is the text `${NAME}`.
package enum EnvironmentReferences {
  /// Replaces the references of a value.
  package static func expand(_ text: String, from variables: [String: String]) -> String {
    let dollar = UInt8(ascii: "$")
    guard text.utf8.contains(dollar) else { return text }
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let start = rest.firstIndex(of: dollar) {
      result += rest[..<start]
      let dollars = rest[start...].prefix { $0 == dollar }.count
      rest = rest[(start + dollars)...]
      guard let name = name(inBracesAt: rest) else {
        result += repeatElement(dollar, count: dollars)
        continue
      }
      let reference = rest.prefix(name.utf8.count + 2)
      rest = rest[reference.endIndex...]
      result += repeatElement(dollar, count: dollars / 2)
      if dollars % 2 == 1, let value = variables[name] {
        result += value.utf8
      } else {
        result += repeatElement(dollar, count: dollars % 2) + Array(reference)
      }
    }
    return String(decoding: result + rest, as: UTF8.self)
  }

  /// Replaces the references of all values.
  package static func expand(
    _ values: [String: String], from variables: [String: String]
  ) -> [String: String] {
    values.mapValues { expand($0, from: variables) }
  }

  /// The text of a value in which a reference stands behind this many dollars.
  package static func reference(to name: some StringProtocol, behind dollars: Int) -> String {
    String(repeating: "$", count: 2 * dollars + 1) + "{\(name)}"
  }

  /// Letters, digits and underscores, with no digit first (POSIX.1-2017, 8.1).
  package static func isName(_ text: some StringProtocol) -> Bool {
    guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
    return text.utf8.allSatisfy(isOfName)
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// `NAME` of a text that begins with `{NAME}`.
  private static func name(inBracesAt text: ArraySlice<UInt8>) -> String? {
    guard text.first == UInt8(ascii: "{") else { return nil }
    let bytes = text.dropFirst().prefix(while: isOfName)
    let name = String(decoding: bytes, as: UTF8.self)
    guard isName(name), text[bytes.endIndex...].first == UInt8(ascii: "}") else { return nil }
    return name
  }
}
