// A graph as a drawing: Graphviz's language, and SVG that needs nothing.

private import MartletCore

extension GraphTree {
  /// The DOT language of Graphviz.
  func dot(named name: String) -> String {
    var lines = [
      "digraph \(Self.quoted(name.printable)) {", "  rankdir=LR;",
      "  node [shape=box, fontname=\"sans-serif\"];", "  edge [fontname=\"sans-serif\"];",
    ]
    var count = 0
    addDot(to: &lines, &count)
    return lines.joined(separator: "\n") + "\n}"
  }

  @discardableResult
  private func addDot(to lines: inout [String], _ count: inout Int) -> Int {
    let own = count
    count += 1
    lines.append("  n\(own) [label=\(Self.quoted(labels.joined(separator: "\n")))];")
    for child in children {
      let other = child.addDot(to: &lines, &count)
      let ways = [child.edge.printable, child.share?.percent ?? ""].filter { !$0.isEmpty }
      let label =
        ways.isEmpty ? "" : " [label=\(Self.quoted(ways.joined(separator: "\n")))]"
      lines.append("  n\(own) -> n\(other)\(label);")
    }
    return own
  }

  /// Graphviz reads escapes in strings, and entities as HTML has them. A line break begins another line.
  private static func quoted(_ text: String) -> String {
    let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      .replacing("&", with: "&amp;").replacing("\n", with: "\\n")
    return "\"\(escaped)\""
  }

  /// What stands in the node's box.
  private var labels: [String] {
    let cells = figures?.cells.filter { !$0.isEmpty } ?? []
    return [title.printable, detail.printable, cells.joined(separator: "  ")].filter { !$0.isEmpty }
  }

  /// A picture: a column for each depth, a row for each leaf, lines from each node to those below it.
  func svg(named name: String) -> String {
    var shapes: [String] = []
    var row = 0
    var deepest = 0
    draw(depth: 0, &row, &deepest, &shapes)
    let width = (deepest + 1) * Self.columnWidth + Self.margin * 2
    let height = max(1, row) * Self.rowHeight + Self.margin * 2
    let head = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" font-family="sans-serif" font-size="12">
      <title>\(Self.escaped(name.printable))</title>
      <rect width="100%" height="100%" fill="white"/>
      """
    return ([head] + shapes + ["</svg>"]).joined(separator: "\n")
  }

  private static let (columnWidth, rowHeight, margin) = (320, 78, 16)
  private static let (boxWidth, boxHeight) = (270, 58)

  /// Returns the height of the node's middle.
  @discardableResult
  private func draw(
    depth: Int, _ row: inout Int, _ deepest: inout Int, _ shapes: inout [String]
  ) -> Int {
    deepest = max(deepest, depth)
    let x = Self.margin + depth * Self.columnWidth
    var middles: [(y: Int, edge: String, share: Double?)] = []
    for child in children {
      let y = child.draw(depth: depth + 1, &row, &deepest, &shapes)
      middles.append((y, child.edge.printable, child.share))
    }
    let y: Int
    if let first = middles.first, let last = middles.last {
      y = (first.y + last.y) / 2
    } else {
      y = Self.margin + row * Self.rowHeight + Self.rowHeight / 2
      row += 1
    }
    let (start, end) = (x + Self.boxWidth, x + Self.columnWidth)
    for (target, edge, share) in middles {
      let middle = (start + end) / 2
      shapes.append(
        "<path d=\"M\(start) \(y) C\(middle) \(y) \(middle) \(target) \(end) \(target)\" "
          + "fill=\"none\" stroke=\"#888\"/>")
      // Above the line where it leads, and below it how often it is taken.
      for (label, offset) in [(edge, -5), (share?.percent ?? "", 14)] where !label.isEmpty {
        let shown = Self.cut(label, to: 12)
        let whole = shown == label ? "" : "<title>\(Self.escaped(label))</title>"
        shapes.append(
          "<text x=\"\(end - 4)\" y=\"\(target + offset)\" text-anchor=\"end\" fill=\"#555\">"
            + "\(Self.escaped(shown))\(whole)</text>")
      }
    }
    shapes.append(
      "<rect x=\"\(x)\" y=\"\(y - Self.boxHeight / 2)\" width=\"\(Self.boxWidth)\" "
        + "height=\"\(Self.boxHeight)\" rx=\"6\" fill=\"#f4f6f8\" stroke=\"#456\"/>")
    for (index, label) in labels.enumerated() {
      let weight = index == 0 ? " font-weight=\"bold\"" : ""
      shapes.append(
        "<text x=\"\(x + 8)\" y=\"\(y - 12 + index * 16)\"\(weight)>"
          + "\(Self.escaped(Self.cut(label, to: 44)))<title>\(Self.escaped(label))</title></text>")
    }
    return y
  }

  private static func cut(_ text: String, to count: Int) -> String {
    text.count > count ? text.prefix(count - 1) + "…" : text
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
