// Files of other systems as the tests read them.

import MartletCore

@testable import MartletConversion

/// What became of a file: the app files, and the lines of what they do not say.
struct Converted {
  var apps: [AppSpec]
  var unsaid: [String]
  /// The files as `--partial` writes them.
  var texts: [String]

  init(_ text: String, _ options: ConversionOptions = ConversionOptions()) throws {
    let (apps, unsaid) = try Conversion.apps(text: text, file: "a.yaml", options: options)
    self.apps = apps.map(\.spec)
    texts = apps.map { $0.text(from: "a.yaml", unsaid: unsaid.map(\.description)) }
    self.unsaid = unsaid.map(\.description)
  }

  /// The only graph of the only app.
  var graph: GraphNode? {
    guard apps.count == 1, apps[0].routes.count == 1,
      case .graph(_, let node) = apps[0].routes[0].target
    else { return nil }
    return node
  }
}

extension Converted {
  /// A KServe graph with these nodes, indented by four.
  static func graph(
    _ nodes: String, spec: String = "", _ options: ConversionOptions = ConversionOptions()
  ) throws -> Converted {
    let head = "apiVersion: serving.kserve.io/v1alpha1\nkind: InferenceGraph\nmetadata: {name: g}\n"
    return try Converted(head + "spec:\n\(spec)  nodes:\n\(nodes)\n", options)
  }

  /// A KServe graph of one node `root`, its steps a line each.
  static func root(_ type: String, _ steps: String...) throws -> Converted {
    let list = steps.map { "        - {\($0)}" }.joined(separator: "\n")
    return try graph("    root:\n      routerType: \(type)\n      steps:\n\(list)")
  }
}

/// Ray Serve's configs.
extension Converted {
  static let rayMethod = MethodName(service: "p.S", method: "Do")

  /// What a person says beside a config: one method for all, and how a replica starts.
  static var rayOptions: ConversionOptions {
    var options = ConversionOptions()
    options.defaultMethod = rayMethod
    options.command = ["serve", "{deployment}"]
    return options
  }

  /// An application of one deployment, with these lines besides its name.
  static func ray(_ lines: [String]) throws -> Converted {
    let head = "applications:\n  - name: app\n    deployments:\n      - name: d\n"
    return try Converted(head + lines.map { "        \($0)\n" }.joined(), rayOptions)
  }
}
