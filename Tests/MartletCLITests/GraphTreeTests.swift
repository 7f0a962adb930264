// What `martlet explain` draws of odd values.

import MartletCore
import Testing

@testable import MartletCLI

@Suite struct GraphTreeTests {
  /// A graph with a case for each text, which is its node's name, too.
  private func tree(_ texts: [String]) -> GraphTree {
    let method = MethodName(service: "p.S", method: "M")
    let cases = texts.map { text in
      let kind = GraphNode.Kind.call(deployment: "b", method: method)
      return SwitchNode.Case(value: text, node: GraphNode(kind, NodeOptions(name: text)))
    }
    return GraphTree(.switch(SwitchNode(field: "kind", cases: cases)), at: [])
  }

  private static let odd = [
    "\u{1B}[31m", "a\nb", "\u{0}", "\u{7F}", "\u{9B}2J", "\u{2028}", "\u{FFFF}", "\r\n", "\"\\<&",
  ]

  @Test(arguments: odd) func noDrawingHasWhatATerminalObeys(text: String) {
    let tree = tree([text])
    for drawing in [tree.text, tree.dot(named: text), tree.svg(named: text), tree.json.json] {
      for line in drawing.split(separator: "\n") {
        #expect(
          !line.unicodeScalars.contains { $0.properties.generalCategory == .control },
          "\(line.debugDescription)")
      }
    }
    // XML does not hold it.
    #expect(!tree.svg(named: text).unicodeScalars.contains("\u{FFFF}"))
  }

  @Test func whatIsOddIsEscapedAndTheRestIsNot() {
    let tree = tree(["\u{1B}[31m", "größer 😀"])
    #expect(
      tree.text == """
        switch  on kind
        ├─ \\u001b[31m → \\u001b[31m: call b  p.S/M
        └─ größer 😀 → größer 😀: call b  p.S/M
        """)
    #expect(tree.dot(named: "a").contains(#"n0 -> n1 [label="\\u001b[31m"];"#))
    #expect(tree.json.json.contains(#""edge":"\u001b[31m""#))
  }

  @Test func aNewLineInACaseIsNoLine() {
    #expect(tree(["a\nb"]).text.split(separator: "\n").count == 2)
  }
}
