// An app file that was read: the app and where in the file each of its values stands.

/// An app as its file gives it, with the place of every value.
public struct AppFile: Sendable {
  /// Bytes of the largest file that is read. A file of a thousand deployments has about 500 KiB.
  public static let maxBytes = 4 << 20

  /// The name of the file, as messages show it.
  public let name: String

  public let spec: AppSpec

  let marks: [SpecPath: SourceMark]

  init(name: String, spec: AppSpec, marks: [SpecPath: SourceMark]) {
    self.name = name
    self.spec = spec
    self.marks = marks
  }

  /// Where the value at `path` stands, or the innermost value around it that the file has: a value
  /// that was left out is looked for at the mapping that lacks it.
  public func mark(of path: SpecPath) -> SourceMark {
    AppFile.mark(of: path, in: marks)
  }

  /// The problems that a later check found in `spec`, with their places in this file.
  public func located(_ problems: [SpecProblem]) -> AppFileError {
    AppFileError(problems: problems.map { LocatedProblem(name, mark(of: $0.path), $0) })
  }

  static func mark(of path: SpecPath, in marks: [SpecPath: SourceMark]) -> SourceMark {
    var path = path
    while true {
      if let mark = marks[path] { return mark }
      guard !path.steps.isEmpty else { return SourceMark(line: 1, column: 1) }
      path.steps.removeLast()
    }
  }
}

/// A place in a file; lines and columns count from 1.
public struct SourceMark: Sendable, Hashable {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// One mistake with its place.
public struct LocatedProblem: Sendable, Hashable, CustomStringConvertible {
  public var file: String
  public var mark: SourceMark
  public var problem: SpecProblem

  public init(_ file: String, _ mark: SourceMark, _ problem: SpecProblem) {
    self.file = file
    self.mark = mark
    self.problem = problem
  }

  /// `FILE:LINE:COLUMN: path: message`
  public var description: String {
    let place = "\(file):\(mark.line):\(mark.column)"
    return problem.path.steps.isEmpty
      ? "\(place): \(problem.message)" : "\(place): \(problem.path): \(problem.message)"
  }
}

/// Everything that is wrong with an app file, in the order of the file. Never empty.
public struct AppFileError: Error, Sendable, Hashable, CustomStringConvertible {
  public var problems: [LocatedProblem]

  public init(problems: [LocatedProblem]) {
    self.problems = problems.enumerated().sorted { first, second in
      (first.element.mark.line, first.element.mark.column, first.offset)
        < (second.element.mark.line, second.element.mark.column, second.offset)
    }.map(\.element)
  }

  /// A line for each problem.
  public var description: String {
    problems.map(\.description).joined(separator: "\n")
  }
}
