// What is wrong with an app file, and where.

/// The way from the root of an app file to a value in it: keys and list indexes.
public struct SpecPath: Sendable, Hashable, CustomStringConvertible, ExpressibleByArrayLiteral {
  public enum Step: Sendable, Hashable {
    case key(String)
    case index(Int)
  }

  public var steps: [Step]

  public init(_ steps: [Step] = []) {
    self.steps = steps
  }

  public init(arrayLiteral elements: Step...) {
    self.init(elements)
  }

  public func appending(_ key: String) -> SpecPath {
    SpecPath(steps + [.key(key)])
  }

  public func appending(_ index: Int) -> SpecPath {
    SpecPath(steps + [.index(index)])
  }

  /// `routes[0].graph.sequence[2].call`
  public var description: String {
    steps.reduce(into: "") { text, step in
      switch step {
      case .key(let key): text += text.isEmpty ? key : ".\(key)"
      case .index(let index): text += "[\(index)]"
      }
    }
  }
}

/// One mistake in an app: what is wrong at `path` and what is allowed there.
public struct SpecProblem: Error, Sendable, Hashable, CustomStringConvertible {
  public var path: SpecPath
  public var message: String

  public init(_ path: SpecPath, _ message: String) {
    self.path = path
    self.message = message
  }

  public var description: String { "\(path): \(message)" }
}
