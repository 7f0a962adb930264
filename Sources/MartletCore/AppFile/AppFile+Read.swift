// Reading an app file: text to nodes, nodes to an app, and the checks that need no schema.

extension AppFile {
  /// Reads YAML or JSON. `file` is the name that problems show.
  ///
  /// - Throws: every mistake that was found, not only the first.
  public static func read(text: String, file: String) throws(AppFileError) -> AppFile {
    func failure(_ mark: SourceMark, _ message: String) -> AppFileError {
      AppFileError(problems: [LocatedProblem(file, mark, SpecProblem([], message))])
    }
    let start = SourceMark(line: 1, column: 1)
    guard text.utf8.count <= maxBytes else {
      throw failure(start, "an app file has at most \(maxBytes >> 20) MiB")
    }
    guard let root = try parse(text, file: file) else {
      throw failure(start, "the file is empty; an app has name, deployments and routes")
    }
    var reader = AppFileReader(file: file)
    root.collectMarks(into: &reader.marks)
    let spec = reader.app(root)
    // What could not be read has a stand-in in the spec, so further checks would find phantoms.
    guard reader.problems.isEmpty, let spec else { throw AppFileError(problems: reader.problems) }
    let appFile = AppFile(name: file, spec: spec, marks: reader.marks)
    let problems = spec.problems()
    guard problems.isEmpty else { throw appFile.located(problems) }
    return appFile
  }

  /// The only document of a text; nil when it is empty.
  package static func parse(_ text: String, file: String) throws(AppFileError) -> SourceNode? {
    let documents = try documents(text, file: file, limit: 1)
    return documents.first
  }

  /// The documents of a text that are not empty. Text that begins like a JSON object and is one is
  /// read as JSON, which has escapes that YAML's quotes do not know; everything else is YAML.
  package static func documents(
    _ text: String, file: String, limit: Int = YAMLDocument.maxCount
  ) throws(AppFileError) -> [SourceNode] {
    let text = text.withoutByteOrderMark
    if text.first(where: { !$0.isWhitespace }) == "{",
      let root = try? SourceNode.parseJSON(text)
    {
      return [root]
    }
    var roots: [SourceNode] = []
    for document in YAMLDocument.split(text) {
      guard let root = try document.root(file: file) else { continue }
      guard roots.count < limit else {
        let mark = SourceMark(line: document.firstLine + 1, column: 1)
        let message =
          limit == 1
          ? "several documents in one file; give each a file of its own"
          : "more than \(limit) documents"
        throw AppFileError(problems: [LocatedProblem(file, mark, SpecProblem([], message))])
      }
      roots.append(root)
    }
    return roots
  }
}

extension String {
  /// The same text without the mark that some editors put in front of UTF-8, which is no part of it.
  package var withoutByteOrderMark: String {
    unicodeScalars.first == "\u{FEFF}" ? String(unicodeScalars.dropFirst()) : self
  }
}

/// Turns nodes of a file into values, an app's or those of another format, and collects what is wrong
/// on the way. Where a value cannot be read it notes a problem and gives nil, and reading goes on.
package struct AppFileReader {
  package let file: String
  package var marks: [SpecPath: SourceMark] = [:]
  package var problems: [LocatedProblem] = []

  package init(file: String) {
    self.file = file
  }

  package mutating func note(_ path: SpecPath, _ message: String, at mark: SourceMark? = nil) {
    let mark = mark ?? AppFile.mark(of: path, in: marks)
    problems.append(LocatedProblem(file, mark, SpecProblem(path, message)))
  }

  /// A mapping whose keys are all known.
  package struct Fields {
    package var path: SpecPath
    package var members: [String: SourceNode]

    package subscript(key: String) -> SourceNode? { members[key] }

    package func path(of key: String) -> SpecPath { path.appending(key) }
  }

  /// Checks that `node` is a mapping and that it has no key but `allowed`. Unknown keys are noted and
  /// left out.
  package mutating func fields(
    _ node: SourceNode, at path: SpecPath, allowed: [String]
  ) -> Fields? {
    guard case .mapping(let members) = node.content else {
      note(path, "expected a mapping with \(Self.list(allowed)), found \(node.kind)", at: node.mark)
      return nil
    }
    var fields = Fields(path: path, members: [:])
    for member in members {
      guard allowed.contains(member.name) else {
        let hint = Spelling.hint(for: member.name, among: allowed)
        note(
          path.appending(member.name),
          "unknown key\(hint)\(hint.isEmpty ? ";" : "") allowed here: \(Self.list(allowed))",
          at: member.nameMark)
        continue
      }
      fields.members[member.name] = member.value
    }
    return fields
  }

  static func list(_ names: [String]) -> String { names.joined(separator: ", ") }

  /// Notes the keys of `names` that are missing; true when none is.
  package mutating func require(_ names: [String], in fields: Fields, of thing: String) -> Bool {
    var complete = true
    for name in names where fields[name] == nil {
      note(fields.path, "missing key \(name); \(thing) needs it")
      complete = false
    }
    return complete
  }

  package mutating func elements(
    _ node: SourceNode, at path: SpecPath, of things: String
  ) -> [SourceNode]? {
    guard case .sequence(let elements) = node.content else {
      note(path, "expected a list of \(things), found \(node.kind)", at: node.mark)
      return nil
    }
    return elements
  }
}

extension AppFileReader {
  static let appKeys = [
    "name", "protos", "launcher", "min_ping_interval_s", "max_message", "deployments", "routes",
  ]

  mutating func app(_ root: SourceNode) -> AppSpec? {
    var root = root
    if case .mapping(let members) = root.content {
      // Keys that begin so are a place for anchors, as in Compose.
      root.content = .mapping(members.filter { !$0.name.hasPrefix("x-") })
    }
    guard let fields = fields(root, at: [], allowed: Self.appKeys),
      require(["name", "deployments"], in: fields, of: "an app")
    else { return nil }
    var spec = AppSpec(name: "")
    spec.name = string("name", in: fields) ?? ""
    if let node = fields["protos"] {
      let path = fields.path(of: "protos")
      if case .sequence = node.content {
        spec.protos = strings(node, at: path, of: "file names") ?? []
      } else {
        spec.protos = string("protos", in: fields).map { [$0] } ?? []
      }
    }
    if let word = string("launcher", in: fields) {
      let allowed = AppSpec.Launcher.allCases.map(\.rawValue)
      if let launcher = AppSpec.Launcher(rawValue: word) {
        spec.launcher = launcher
      } else {
        note(
          fields.path(of: "launcher"),
          "unknown launcher \(word)\(Spelling.hint(for: word, among: allowed)); allowed: "
            + Self.list(allowed))
      }
    }
    spec.minPingInterval = seconds("min_ping_interval_s", in: fields)
    spec.maxMessageBytes = bytes("max_message", in: fields).map(Int.init)
    spec.deployments = each("deployments", in: fields, of: "deployments") { reader, node, path in
      reader.deployment(node, at: path, of: spec)
    }
    spec.routes = each("routes", in: fields, of: "routes") { reader, node, path in
      reader.route(node, at: path)
    }
    return spec
  }

  private mutating func each<Value>(
    _ key: String, in fields: Fields, of things: String,
    _ read: (inout AppFileReader, SourceNode, SpecPath) -> Value?
  ) -> [Value] {
    let path = fields.path(of: key)
    guard let node = fields[key], let elements = elements(node, at: path, of: things) else {
      return []
    }
    var values: [Value] = []
    for (index, element) in elements.enumerated() {
      if let value = read(&self, element, path.appending(index)) { values.append(value) }
    }
    return values
  }
}
