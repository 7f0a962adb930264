// The documents of a YAML text, which lines with --- and ... part.

/// One document, as it stands in the text. The marks that part documents stand at the beginning of a line
/// and nowhere else, not even in quotes (YAML 1.2.2, 9.1.2 "Document Markers").
struct YAMLDocument {
  /// Documents of one text: each is a tree of its own, and a file of `AppFile.maxBytes` may have a
  /// million of them.
  static let maxCount = 1000

  var text: String

  /// Lines in front of it.
  var firstLine: Int

  static func split(_ text: String) -> [YAMLDocument] {
    var documents: [YAMLDocument] = []
    var current = Draft(firstLine: 0)
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      if isMark("---", line) {
        if current.hasBegun {
          documents.append(current.document)
          current = Draft(firstLine: number)
        }
        current.hasMark = true
      } else if isMark("...", line) {
        if current.hasBegun { documents.append(current.document) }
        current = Draft(firstLine: number + 1)
        continue
      }
      current.add(line)
    }
    if current.hasBegun || current.hasDirective || documents.isEmpty {
      documents.append(current.document)
    }
    return documents
  }

  private static func isMark(_ mark: String, _ line: Substring.UTF8View) -> Bool {
    guard line.starts(with: mark.utf8) else { return false }
    let next = line.dropFirst(3).first
    return next == nil || [" ", "\t", "\r"].contains { next == UInt8(ascii: $0) }
  }

  private struct Draft {
    var firstLine: Int
    var hasMark = false
    var hasContent = false
    var hasDirective = false
    private var bytes: [UInt8] = []

    init(firstLine: Int) {
      self.firstLine = firstLine
    }

    /// Directives and comments stand in front of the mark of their document.
    var hasBegun: Bool { hasMark || hasContent }

    mutating func add(_ line: Substring.UTF8View) {
      if !hasBegun, line.first == UInt8(ascii: "%") {
        hasDirective = true
      } else if let first = line.first(where: { ![0x20, 0x09, 0x0D].contains($0) }),
        first != UInt8(ascii: "#")
      {
        hasContent = true
      }
      bytes += line
      bytes.append(UInt8(ascii: "\n"))
    }

    var document: YAMLDocument {
      // The last line has the line break that the text has.
      YAMLDocument(text: String(decoding: bytes.dropLast(), as: UTF8.self), firstLine: firstLine)
    }
  }

  /// Nil when nothing is in it.
  func root(file: String) throws(AppFileError) -> SourceNode? {
    do throws(AppFileError) {
      guard let root = try SourceNode.parseYAML(text, file: file) else { return nil }
      if case .plain("") = root.content { return nil }
      return firstLine == 0 ? root : root.moved(down: firstLine)
    } catch {
      var error = error
      for index in error.problems.indices { error.problems[index].mark.line += firstLine }
      throw error
    }
  }
}
