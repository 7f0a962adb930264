// YAML text to a tree, by libyaml through Yams.

private import Yams

extension SourceNode {
  /// Reads one YAML document. An empty one is nil.
  static func parseYAML(_ text: String, file: String) throws(AppFileError) -> SourceNode? {
    func failure(_ mark: SourceMark, _ message: String) -> AppFileError {
      AppFileError(problems: [LocatedProblem(file, mark, SpecProblem([], message))])
    }
    if let (mark, scalar) = unreadable(in: text) {
      let code = String(scalar.value, radix: 16, uppercase: true)
      let digits = String(repeating: "0", count: max(0, 4 - code.count)) + code
      throw failure(mark, "not YAML: the control character U+\(digits)")
    }
    do {
      try YAMLKeys.check(text)
      guard let root = try Yams.compose(yaml: text, .basic) else { return nil }
      var count = 0
      return try SourceNode(root, depth: 0, count: &count)
    } catch let error as YAMLKeys.Problem {
      throw failure(error.mark, error.message)
    } catch let error as TreeError {
      throw failure(SourceMark(error.mark), error.message)
    } catch let error as YamlError {
      if case .duplicatedKeysInMapping(let names, let context) = error, names.count == 1,
        let (mark, path) = YAMLKeys.second(names[0], firstAt: SourceMark(context.mark), in: text)
      {
        let isMerge = names[0] == mergeKey
        let advice = isMerge ? "write one with a list, <<: [*first, *second]" : "keep one of them"
        let problem = SpecProblem(path, "key given twice; \(advice)")
        throw AppFileError(problems: [LocatedProblem(file, mark, problem)])
      }
      let (mark, message) = words(for: error)
      throw failure(SourceMark(mark), message)
    } catch {
      throw failure(SourceMark(nil), "not YAML: \(error)")
    }
  }

  /// What is wrong with the text, in words of this file.
  private static func words(for error: YamlError) -> (Yams.Mark?, String) {
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      if problem == "but found another document" {
        return (mark, "several documents in one file; give each a file of its own")
      }
      if problem == "found undefined alias" {
        return (mark, "an alias to nothing: no anchor before it has this name")
      }
      // libyaml has a limit of its own, which names a function to change it.
      if problem.hasPrefix("Maximum nesting level") { return (mark, tooDeep) }
      let context = context.map { " \($0.text) that begins at line \($0.mark.line)" } ?? ""
      return (mark, "not YAML: \(problem)\(context)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      return (
        context.mark, "key given twice: \(duplicates.joined(separator: ", ")); keep one of them"
      )
    case .reader(let problem, _, _, _): return (nil, "not YAML: \(problem)")
    default: return (nil, "not YAML: \(error)")
    }
  }

  private static let tooDeep = "nested more than \(maxDepth) deep"

  /// The first character that YAML does not take, not even in quotes (YAML 1.2.2, 5.1 "Character set").
  private static func unreadable(in text: String) -> (SourceMark, Unicode.Scalar)? {
    var mark = SourceMark(line: 1, column: 1)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n":
        mark.line += 1
        mark.column = 0
      case "\t", "\r", "\u{85}": break
      case "\u{0}"..<" ", "\u{7F}"..<"\u{A0}", "\u{FFFE}", "\u{FFFF}": return (mark, scalar)
      default: break
      }
      mark.column += 1
    }
    return nil
  }

  private struct TreeError: Error {
    var mark: Yams.Mark?
    var message: String
  }

  private init(_ node: Yams.Node, depth: Int, count: inout Int) throws {
    count += 1
    guard count <= Self.maxNodes else {
      throw TreeError(mark: node.mark, message: "more than \(Self.maxNodes) values")
    }
    guard depth <= Self.maxDepth else { throw TreeError(mark: node.mark, message: Self.tooDeep) }
    self.mark = SourceMark(node.mark)
    switch node {
    case .scalar(let scalar):
      try Self.check(scalar.tag, ["str", "int", "float", "bool", "null"], at: node.mark)
      // Yams gives quoted text the tag of strings, and an explicit `!!str` the same. A text may be told to be
      // something else: `!!int "5"`.
      let isOther = [Tag(.int), Tag(.float), Tag(.bool), Tag(.null)].contains(scalar.tag)
      let isString = scalar.style != .plain && !isOther || scalar.tag == Tag(.str)
      content = isString ? .quoted(scalar.string) : .plain(scalar.string)
    case .sequence(let sequence):
      try Self.check(sequence.tag, ["seq"], at: node.mark)
      var elements: [SourceNode] = []
      for element in sequence {
        elements.append(try SourceNode(element, depth: depth + 1, count: &count))
      }
      content = .sequence(elements)
    case .mapping(let mapping):
      try Self.check(mapping.tag, ["map"], at: node.mark)
      content = .mapping(try Self.members(of: mapping, depth: depth, count: &count))
    case .alias:
      throw TreeError(mark: node.mark, message: "an alias to nothing")
    }
  }

  private static func members(
    of mapping: Yams.Node.Mapping, depth: Int, count: inout Int
  ) throws -> [Member] {
    var own: [Member] = []
    var merged: [Member] = []
    for (key, value) in mapping {
      guard let name = key.scalar else {
        throw TreeError(mark: key.mark, message: YAMLKeys.notScalar)
      }
      let node = try SourceNode(value, depth: depth + 1, count: &count)
      if name.string == mergeKey, name.style == .plain {
        merged += try sources(node, at: value.mark)
        continue
      }
      own.append(
        Member(
          name: name.string, nameMark: SourceMark(key.mark ?? mapping.mark), value: node,
          isNameQuoted: name.style != .plain))
    }
    return merged.isEmpty ? own : Self.merging(merged, with: own)
  }

  /// The key of YAML 1.1 whose value, a mapping or a list of them, stands for its keys
  /// (yaml.org/type/merge.html).
  private static let mergeKey = "<<"

  private static func sources(
    _ node: SourceNode, at mark: Yams.Mark?
  ) throws(TreeError) -> [Member] {
    switch node.content {
    case .mapping(let members): return members
    case .sequence(let elements):
      var members: [Member] = []
      for element in elements {
        guard case .mapping(let more) = element.content else {
          throw TreeError(
            mark: mark, message: "\(mergeExpected), found a list with \(element.kind)")
        }
        members += more
      }
      return members
    case .plain, .quoted:
      throw TreeError(mark: mark, message: "\(mergeExpected), found \(node.kind)")
    }
  }

  private static let mergeExpected =
    "the key << takes a mapping, or a list of mappings, whose keys are merged; write \"<<\" in "
    + "quotes for a key of that name"

  /// Own keys count before merged ones, and of those the first.
  private static func merging(_ merged: [Member], with own: [Member]) -> [Member] {
    var result: [Member] = []
    var places: [String: Int] = [:]
    for member in merged where places[member.name] == nil {
      places[member.name] = result.count
      result.append(member)
    }
    for member in own {
      if let place = places[member.name] { result[place] = member } else { result.append(member) }
    }
    return result
  }

  /// Tags say what a value is for a program that knows them; here the keys do.
  ///
  /// - Parameter known: of YAML's own tags.
  private static func check(_ tag: Tag, _ known: [String], at mark: Yams.Mark?) throws(TreeError) {
    let name = tag.rawValue
    let prefix = "tag:yaml.org,2002:"
    let own = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    guard !name.isEmpty, name != "!", !known.contains(own ?? "") else { return }
    let written = own.map { "!!\($0)" } ?? name
    throw TreeError(mark: mark, message: "unknown tag \(written); remove it")
  }
}
