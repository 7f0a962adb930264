// Ray's `env_vars` as the `env` of an app file.

internal import MartletCore

/// Variables in the order of their file. Ray replaces `$NAME` and `${NAME}` in their values by what the
/// environment has where it runs, the variables before them included (ray, `update_envs`; Python,
/// `os.path.expandvars`). What it does not have stays.
struct RayEnvironment {
  private var variables: [(name: String, value: String)] = []
  private var places: [String: Int] = [:]

  /// Bytes of a value that references to other values may make: Linux starts no program with a longer
  /// variable (execve(2), MAX_ARG_STRLEN).
  static let maxValueBytes = 128 << 10

  /// Characters of a variable's name that is looked for in braces.
  static let maxNameLength = 256

  mutating func set(_ name: String, to value: String) {
    if let place = places[name] {
      variables[place].value = value
    } else {
      places[name] = variables.count
      variables.append((name, value))
    }
  }

  /// As Python merges mappings: a value of the other takes its place.
  func merging(_ other: RayEnvironment) -> RayEnvironment {
    var merged = self
    for (name, value) in other.variables { merged.set(name, to: value) }
    return merged
  }

  /// With the references that a replica's start looks up, in the spelling of app files.
  var values: [String: String] {
    var values: [String: String] = [:]
    for (name, value) in variables { values[name] = Self.translated(value, known: values) }
    return values
  }

  private static func translated(_ text: String, known: [String: String]) -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.firstIndex(of: "$") {
      result.append(contentsOf: rest[..<start])
      let dollars = rest[start...].prefix { $0 == "$" }
      rest = rest[dollars.endIndex...]
      guard let reference = reference(at: rest) else {
        result.append(contentsOf: dollars)
        continue
      }
      let name = String(reference.name)
      let front = String(dollars.dropLast())
      if let value = known[name], result.utf8.count + value.utf8.count <= maxValueBytes {
        result += front + value
      } else if EnvironmentReferences.isName(name) {
        result += EnvironmentReferences.reference(to: name, behind: front.count)
      } else {
        result.append(contentsOf: dollars)
        result.append(contentsOf: rest.prefix(reference.length))
      }
      rest = rest.dropFirst(reference.length)
    }
    result.append(contentsOf: rest)
    return result
  }

  /// The name behind a dollar and its length with braces: Python's `\w+` of ASCII, or anything in braces.
  private static func reference(at text: Substring) -> (name: Substring, length: Int)? {
    if text.first == "{" {
      let name = text.dropFirst().prefix(maxNameLength).prefix { $0 != "}" }
      return text[name.endIndex...].first == "}" ? (name, name.count + 2) : nil
    }
    let name = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    return name.isEmpty ? nil : (name, name.count)
  }
}

extension Conversion {
  /// `env_vars` of a runtime environment, the rest of which is about Python.
  mutating func environment(_ key: String, in outer: Fields) -> RayEnvironment {
    var environment = RayEnvironment()
    let path = outer.path(of: key)
    guard let node = outer[key], !node.isEmpty else { return environment }
    guard case .mapping(let members) = node.content else {
      note(path, "expected a mapping, found \(node.kind)")
      return environment
    }
    for member in members where !member.value.isEmpty {
      let path = path.appending(member.name)
      guard member.name == "env_vars" else {
        note(path, "a replica's program brings what it needs; only env_vars can be said")
        continue
      }
      guard case .mapping(let variables) = member.value.content else {
        note(path, "expected a mapping of names to values, found \(member.value.kind)")
        continue
      }
      for variable in variables {
        let path = path.appending(variable.name)
        guard variable.isNameQuoted else {
          reader.note(
            path, "a variable's name is a text; write it in quotes", at: variable.nameMark)
          continue
        }
        guard let value = reader.string(variable.value, at: path) else { continue }
        environment.set(variable.name, to: value)
      }
    }
    return environment
  }
}
