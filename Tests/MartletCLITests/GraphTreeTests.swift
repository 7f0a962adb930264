// What `explain` draws.

import MartletCore
import MartletRPC
import SwiftProtobuf
import Testing

@testable import MartletCLI

@Suite struct GraphTreeTests {
  private static let (outer, inner, plain) = (method("Outer"), method("Inner"), method("Plain"))

  private static func method(_ name: String) -> MethodName {
    MethodName(service: "a.A", method: name)
  }

  private static func call(_ deployment: String) -> GraphNode {
    .call(deployment: deployment, method: method("Call"))
  }

  private static func choice(_ cases: [String], default: GraphNode? = nil) -> GraphNode {
    .switch(
      SwitchNode(
        field: "text", cases: cases.map { SwitchNode.Case(value: $0, node: call("x")) },
        default: `default`))
  }

  private static func tree(_ graph: GraphNode, inner: GraphNode) -> GraphTree {
    let app = AppSpec(
      name: "app", deployments: [],
      routes: [
        .graph(method: outer, graph), .graph(method: Self.inner, inner),
        .method(plain, deployment: "p"),
      ])
    return GraphTree(graph, of: outer, in: app, at: SpecPath().appending("graph"))
  }

  /// A tree with what was counted at places.
  private static func figured(
    _ tree: GraphTree, _ nodes: [(String, Martlet_Control_V1_NodeFigures)]
  ) -> GraphTree {
    let counts = Dictionary(
      uniqueKeysWithValues: nodes.map { ($0.0, NodeCounts($0.1, over: 10)) })
    return tree.with { counts[$0.description] }
  }

  private static func answers(
    _ count: UInt64, failures: UInt64 = 0, dropped: UInt64 = 0
  ) -> Martlet_Control_V1_NodeFigures {
    .with {
      $0.buckets = [count]
      $0.failures = failures
      $0.dropped = dropped
      $0.entered = count + failures
      $0.taken = count + failures
    }
  }

  private static func runs(_ count: UInt64, failures: UInt64 = 0) -> Martlet_Control_V1_NodeFigures
  {
    .with {
      $0.entered = count
      $0.taken = count
      $0.failures = failures
    }
  }

  @Test func whatARouteDoesIsBelowTheNodeThatEntersIt() {
    let graph = GraphNode.sequence([.route(Self.inner), .route(Self.plain)])
    let tree = Self.figured(
      Self.tree(graph, inner: Self.call("b")),
      [
        ("graph", Self.runs(10)), ("graph.sequence[0]", Self.runs(10, failures: 5)),
        ("graph.sequence[0].route", Self.answers(5, failures: 5)),
        ("graph.sequence[1]", Self.answers(5)),
      ])
    #expect(
      tree.text.split(separator: "\n").map(String.init) == [
        "sequence                        1/s                        errors 0 %",
        "├─ 1 → route a.A/Inner          1/s                        errors 50 %",
        "│  └─ call b  a.A/Call          1/s    p50 1 µs  p99 1 µs  errors 50 %",
        "└─ 2 → route a.A/Plain  call p  0.5/s  p50 1 µs  p99 1 µs  errors 0 %",
      ])
  }

  @Test func aCallOfAPlainRouteThatStreamsHasItsFigures() {
    let tree = Self.figured(
      Self.tree(.route(Self.plain), inner: Self.call("b")),
      [("graph", Self.runs(3)), ("graph.route", Self.answers(2, failures: 2))])
    #expect(tree.figures?.perSecond == 0.4)
    #expect(tree.figures?.errorShare == 0.5)
  }

  @Test func routesThatNeverEndAreDrawnOnce() {
    let circle = Self.tree(.route(Self.inner), inner: .route(Self.outer))
    #expect(circle.text == "route a.A/Inner\n└─ route a.A/Outer  …")
  }

  @Test func waysHaveTheirShares() {
    let tree = Self.figured(
      Self.tree(Self.choice(["a", "b"], default: Self.call("y")), inner: Self.call("b")),
      [
        ("graph", Self.runs(8)), ("graph.switch.cases.a", Self.answers(6)),
        ("graph.switch.default", Self.answers(1, failures: 1)),
      ])
    #expect(tree.children.map(\.share) == [0.75, 0, 0.25])
    #expect(tree.children.map { $0.figures == nil } == [false, true, false])
    #expect(tree.text.contains("taken 75 %") && tree.text.contains("taken 0 %"))
    #expect(tree.dot(named: "x").contains("label=\"a\\n75 %\""))
    #expect(tree.svg(named: "x").contains(">75 %</text>"))
    #expect(tree.json["children"] != nil)
  }

  @Test func aNodeThatDidNotRunHasNoFigures() {
    let tree = Self.figured(
      Self.tree(Self.choice(["a"]), inner: Self.call("b")),
      [("graph.switch.cases.a", Self.answers(0))])
    #expect(tree.figures == nil && tree.children[0].figures == nil && tree.children[0].share == nil)
  }

  @Test func aMirrorSaysWhatItDropped() {
    let mirror = GraphNode.mirror(MirrorNode(deployment: "m", method: Self.method("Call")))
    let figures = Self.figured(
      Self.tree(mirror, inner: Self.call("b")),
      [("graph", Self.answers(2, failures: 1, dropped: 1))]
    ).figures
    #expect(figures?.dropShare == 0.25)
    #expect(figures?.cells.last == "dropped 25 %")
    #expect(figures?.perSecond == 0.3)
  }

  // MARK: Characters

  private static let odd = [
    "\u{1B}[31m", "a\nb", "\u{0}", "\u{7F}", "\u{9B}2J", "\u{2028}", "\u{202E}", "\u{FFFF}",
    "\r\n", "\"\\<&",
  ]

  private static func odd(_ texts: String...) -> GraphTree {
    tree(choice(texts), inner: call("b"))
  }

  @Test(arguments: odd) func noDrawingHasWhatATerminalObeys(text: String) {
    let tree = Self.odd(text)
    for drawing in [tree.text, tree.dot(named: text), tree.svg(named: text), tree.json.json] {
      for line in drawing.split(separator: "\n") {
        #expect(
          !line.unicodeScalars.contains { $0.properties.generalCategory == .control },
          "\(line.debugDescription)")
      }
    }
    // XML does not hold it.
    #expect(!tree.svg(named: text).unicodeScalars.contains("\u{FFFF}"))
    // Programs get it as it is.
    #expect(tree.children.map(\.edge) == [text])
  }

  @Test func whatIsOddIsEscapedAndTheRestIsNot() {
    let tree = Self.odd("\u{1B}[31m", "größer 😀")
    #expect(
      tree.text == """
        switch  on text
        ├─ \\u001b[31m → call x  a.A/Call
        └─ größer 😀 → call x  a.A/Call
        """)
    #expect(tree.dot(named: "a").contains(#"n0 -> n1 [label="\\u001b[31m"];"#))
    #expect(tree.json.json.contains(#""edge":"\u001b[31m""#))
  }

  @Test func aNewLineInACaseIsNoLine() {
    #expect(Self.odd("a\nb").text.split(separator: "\n").count == 2)
  }

  @Test func quotesComeInPairs() {
    for line in Self.odd("<&\"'>]]>\\").dot(named: "a\"b\n").split(separator: "\n") {
      // Outside of escapes.
      let bare = line.replacing("\\\\", with: "").replacing("\\\"", with: "")
      #expect(bare.filter { $0 == "\"" }.count % 2 == 0, "\(line)")
    }
    #expect(Self.odd("<&\"").svg(named: "x").contains("&lt;&amp;&quot;"))
  }
}
