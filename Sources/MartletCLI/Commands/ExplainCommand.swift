// `martlet explain`: the graph of a route, with what each of its nodes did of late.

internal import ArgumentParser
internal import Foundation
internal import MartletCore
internal import MartletDispatch
internal import MartletRPC
internal import SwiftProtobuf

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Draw the graph of a route, with the figures of its nodes.",
    discussion: """
      Rate, p50, p99 and share of errors are those of the last half to whole minute, over all routers. \
      A node that calls nobody has no times; the ways of a choice have the share of requests that took \
      them. Without a ROUTE every route is drawn. With --file nothing has to run.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case tree, dot, svg, json
  }

  @Argument(help: "The route's method, such as content.v1.Understanding/Analyze.")
  var route: String?

  @Option(name: .shortAndLong, help: "tree, dot (Graphviz), svg or json.")
  var output = Format.tree

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Draw the routes of an app file instead.", valueName: "file"))
  var file: String?

  @OptionGroup var options: MeshOptions

  /// One route of an app.
  private struct Drawn {
    let app: String
    let version: UInt64?
    let route: String
    let isPlain: Bool
    let tree: GraphTree
    var whole: NodeRates?
    var seconds = 0.0
  }

  func run() throws {
    var routes = try file.map { try Self.routes(ofFile: $0) } ?? deployed()
    let names = routes.map(\.route)
    if let route {
      let named = routes.filter { $0.route == route || $0.route == "\(route)/*" }
      // A method that has no route of its own has that of its service.
      let service = route.split(separator: "/").dropLast().joined(separator: "/")
      routes = named.isEmpty ? routes.filter { $0.route == "\(service)/*" } : named
      guard !routes.isEmpty else {
        throw Failure(
          Failure.usage,
          "there is no route \(route)\(Spelling.hint(for: route, among: names)); routes: "
            + (names.isEmpty ? "none" : names.joined(separator: ", ")))
      }
    }
    if output == .dot || output == .svg, routes.count != 1 {
      throw Failure(
        Failure.usage,
        "\(output.rawValue) draws one route; say which: \(names.joined(separator: ", "))")
    }
    Terminal.print(text(of: routes))
  }

  private func text(of routes: [Drawn]) -> String {
    switch output {
    case .tree: routes.map(Self.text).joined(separator: "\n\n")
    case .dot: routes.map { $0.tree.dot(named: $0.route) }.joined()
    case .svg: routes.map { $0.tree.svg(named: $0.route) }.joined()
    case .json: ConfigValue.array(routes.map(Self.json)).json
    }
  }

  private static func text(_ drawn: Drawn) -> String {
    let version = drawn.version.map { ", version \($0)" } ?? ""
    var head = "\(drawn.route.printable)  (app \(drawn.app)\(version))"
    if let whole = drawn.whole {
      head += "\n\(whole.cells.joined(separator: "  "))  (over \(Int(drawn.seconds.rounded())) s)"
    }
    return "\(head)\n\(drawn.tree.text)"
  }

  private static func json(_ drawn: Drawn) -> ConfigValue {
    var members: [String: ConfigValue] = [
      "app": .string(drawn.app), "route": .string(drawn.route), "graph": drawn.tree.json,
    ]
    if let version = drawn.version { members["version"] = .integer(Int64(version)) }
    if let whole = drawn.whole {
      members["figures"] = whole.json
      members["period_s"] = .number(drawn.seconds)
    }
    return .object(members)
  }

  // MARK: Where routes come from

  private static func routes(ofFile path: String) throws -> [Drawn] {
    let text = String(decoding: try Files.read(path, maxBytes: 16 << 20), as: UTF8.self)
    do {
      return drawn(try AppFile.read(text: text, file: path).spec, version: nil)
    } catch {
      throw Failure(Failure.badFile, "\(error)")
    }
  }

  private static func drawn(_ app: AppSpec, version: UInt64?) -> [Drawn] {
    app.routes.enumerated().map { index, route in
      let path: SpecPath = [.key("routes"), .index(index)]
      let (tree, isPlain): (GraphTree, Bool) =
        switch route.target {
        case .graph(let method, let graph):
          (GraphTree(graph, of: method, in: app, at: path.appending("graph")), false)
        case .method(let method, let deployment):
          (GraphTree(deployment: deployment, method: "\(method)", at: path), true)
        case .service(let service, let deployment):
          (
            GraphTree(deployment: deployment, method: "every method of \(service)", at: path), true
          )
        }
      return Drawn(
        app: app.name, version: version, route: route.name, isPlain: isPlain, tree: tree)
    }
  }

  private func deployed() throws -> [Drawn] {
    let mesh = try Mesh(try options.runDirectory())
    let definitions = try mesh.ask {
      try await $0.getDefinitions(.init(), timeout: Mesh.answerTimeout)
    }.definitions
    let figures = try mesh.ask {
      try await $0.getGraphFigures(.init(), timeout: Mesh.answerTimeout)
    }.graphs
    var all: [Drawn] = []
    for definition in definitions {
      do {
        let app = try AppFile.read(text: definition.appFile, file: definition.app).spec
        all += Self.drawn(app, version: definition.version)
      } catch {
        throw Failure(Failure.failed, "the app \(definition.app) cannot be read: \(error)")
      }
    }
    return all.map { drawn in
      let graph = figures.first {
        $0.app == drawn.app && $0.version == drawn.version && $0.route == drawn.route
      }
      return graph.map { Self.figured(drawn, $0) } ?? drawn
    }
  }

  private static func figured(
    _ drawn: Drawn, _ figures: Martlet_Control_V1_GraphFigures
  ) -> Drawn {
    let seconds = max(Double(figures.periodMs) / 1_000, 1)
    var counts: [String: NodeCounts] = [:]
    for node in figures.nodes { counts[node.path] = NodeCounts(node, over: seconds) }
    // A plain route is its one call.
    if drawn.isPlain { counts[drawn.tree.path.description] = counts[""] }
    let tree = drawn.tree.with { counts[$0.description] }
    return Drawn(
      app: drawn.app, version: drawn.version, route: drawn.route, isPlain: drawn.isPlain,
      tree: tree, whole: counts[""]?.rates(of: .call), seconds: seconds)
  }
}
