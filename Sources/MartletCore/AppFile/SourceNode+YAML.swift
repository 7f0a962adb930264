// YAML text to a tree, by libyaml through Yams.

private import Yams

extension SourceNode {
  /// Reads one YAML document. An empty one is nil.
  static func parseYAML(_ text: String, file: String) throws(AppFileError) -> SourceNode? {
    func failure(_ mark: Yams.Mark?, _ message: String) -> AppFileError {
      let mark = mark.map { SourceMark(line: max(1, $0.line), column: max(1, $0.column)) }
      return AppFileError(problems: [
        LocatedProblem(file, mark ?? SourceMark(line: 1, column: 1), SpecProblem([], message))
      ])
    }
    do {
      guard let root = try Yams.compose(yaml: text) else { return nil }
      var count = 0
      return try SourceNode(root, depth: 0, count: &count)
    } catch let error as TreeError {
      throw failure(error.mark, error.message)
    } catch let error as YamlError {
      switch error {
      case .scanner(let context, let problem, let mark, _),
        .parser(let context, let problem, let mark, _),
        .composer(let context, let problem, let mark, _):
        if problem == "but found another document" {
          throw failure(mark, "several documents in one file; give each a file of its own")
        }
        let context = context.map { " \($0.text) that begins at line \($0.mark.line)" } ?? ""
        throw failure(mark, "not YAML: \(problem)\(context)")
      case .duplicatedKeysInMapping(let duplicates, let context):
        throw failure(
          context.mark, "key given twice: \(duplicates.joined(separator: ", ")); keep one of them")
      default:
        throw failure(nil, "not YAML: \(error)")
      }
    } catch {
      throw failure(nil, "not YAML: \(error)")
    }
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
    guard depth <= Self.maxDepth else {
      throw TreeError(mark: node.mark, message: "nested more than \(Self.maxDepth) deep")
    }
    let mark = node.mark.map { SourceMark(line: $0.line, column: $0.column) }
    self.mark = mark ?? SourceMark(line: 1, column: 1)
    switch node {
    case .scalar(let scalar):
      // Yams gives quoted text the tag of strings, and an explicit `!!str` the same.
      let isString = scalar.style != .plain || scalar.tag == Tag(.str)
      content = isString ? .quoted(scalar.string) : .plain(scalar.string)
    case .sequence(let sequence):
      var elements: [SourceNode] = []
      for element in sequence {
        elements.append(try SourceNode(element, depth: depth + 1, count: &count))
      }
      content = .sequence(elements)
    case .mapping(let mapping):
      var members: [Member] = []
      for (key, value) in mapping {
        guard let name = key.scalar else {
          throw TreeError(mark: key.mark, message: "a key must be a string, not a list or mapping")
        }
        let nameMark = key.mark.map { SourceMark(line: $0.line, column: $0.column) }
        members.append(
          Member(
            name: name.string, nameMark: nameMark ?? self.mark,
            value: try SourceNode(value, depth: depth + 1, count: &count)))
      }
      content = .mapping(members)
    case .alias:
      throw TreeError(mark: node.mark, message: "an alias to nothing")
    }
  }
}
