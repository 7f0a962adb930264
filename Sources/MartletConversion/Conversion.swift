// Another system's file on its way to being an app: what was read of it and what cannot be said.

internal import MartletCore

/// Reads one file and notes, with its place, everything that the app will not say.
package struct Conversion {
  typealias Fields = AppFileReader.Fields

  var reader: AppFileReader
  let options: ConversionOptions

  /// Of a graph: the names of the deployments that it has by their addresses.
  var addresses: [ServiceAddress: String] = [:]

  /// What is left out and no loss to the app.
  private(set) var leftOut: [LocatedProblem] = []

  init(file: String, root: SourceNode, options: ConversionOptions) {
    reader = AppFileReader(file: file)
    root.collectMarks(into: &reader.marks)
    self.options = options
  }

  /// What the app does not say, in the order of the file.
  var unsaid: [LocatedProblem] {
    reader.problems.isEmpty ? [] : AppFileError(problems: reader.problems).problems
  }

  mutating func note(_ path: SpecPath, _ message: String) {
    reader.note(path, message)
  }

  /// Tells of something that an app does as well without.
  mutating func tell(_ path: SpecPath, _ message: String, at mark: SourceMark) {
    leftOut.append(LocatedProblem(reader.file, mark, SpecProblem(path, message)))
  }

  /// A mapping with known keys only, without those that say `null`. Unknown keys are noted.
  mutating func fields(_ node: SourceNode, at path: SpecPath, allowed: [String]) -> Fields? {
    var node = node
    if case .mapping(let members) = node.content {
      // Keys that begin so are a place for anchors, as in Compose.
      node.content = .mapping(members.filter { !$0.name.hasPrefix("x-") })
    }
    guard var fields = reader.fields(node, at: path, allowed: allowed) else { return nil }
    fields.members = fields.members.filter { !$0.value.isNull }
    return fields
  }

  /// The mapping of a key; nil without a note when the key is not there.
  mutating func fields(_ key: String, in outer: Fields, allowed: [String]) -> Fields? {
    outer[key].flatMap { fields($0, at: outer.path(of: key), allowed: allowed) }
  }

  /// A list with a value for each element that can be read; empty when the key is not there.
  mutating func each<Value>(
    _ key: String, in fields: Fields, of things: String,
    _ read: (inout Conversion, SourceNode, SpecPath) -> Value?
  ) -> [Value] {
    let path = fields.path(of: key)
    guard let node = fields[key], let elements = reader.elements(node, at: path, of: things) else {
      return []
    }
    return elements.enumerated().compactMap { read(&self, $0.element, path.appending($0.offset)) }
  }

  /// Notes those of the keys that are there and say something.
  mutating func cannotSay(_ reasons: KeyValuePairs<String, String>, in fields: Fields) {
    for (key, reason) in reasons {
      guard let node = fields[key], !node.isEmpty else { continue }
      note(fields.path(of: key), reason)
    }
  }
}

extension SourceNode {
  var isNull: Bool {
    guard case .plain(let text) = content, case .null = PlainScalar(text) else { return false }
    return true
  }

  /// Says nothing: null, a list or a mapping without content.
  var isEmpty: Bool {
    switch content {
    case .mapping(let members): members.isEmpty
    case .sequence(let elements): elements.isEmpty
    case .plain, .quoted: isNull
    }
  }

  /// The value of a key, when this is a mapping that has it.
  subscript(key: String) -> SourceNode? {
    guard case .mapping(let members) = content else { return nil }
    return members.first { $0.name == key }?.value
  }

  /// The text of a scalar.
  var text: String? {
    switch content {
    case .plain(let text), .quoted(let text): text
    case .mapping, .sequence: nil
    }
  }
}

extension InferenceGraph {
  /// What `--method` may name: nodes and services.
  var names: Set<String> {
    var names = nodeNames
    for case .service(let name) in nodes.values.flatMap(\.steps).map(\.target) {
      names.insert(name)
    }
    return names
  }
}
