// A graph as lines of text.

extension GraphTree {
  /// One line a node, figures in columns.
  var text: String {
    let lines = lines(lead: "", next: "")
    let width = lines.map(\.left.count).max() ?? 0
    let columns = lines.compactMap(\.cells).reduce(into: [0, 0, 0, 0]) { widths, cells in
      for (index, cell) in cells.enumerated() { widths[index] = max(widths[index], cell.count) }
    }
    return lines.map { line in
      guard let cells = line.cells else { return line.left }
      var text = line.left + String(repeating: " ", count: width - line.left.count)
      for (index, cell) in cells.enumerated() {
        text += "  " + cell
        if index + 1 < cells.count {
          text += String(repeating: " ", count: columns[index] - cell.count)
        }
      }
      return text
    }.joined(separator: "\n")
  }

  private func lines(lead: String, next: String) -> [(left: String, cells: [String]?)] {
    let way = edge.isEmpty ? "" : "\(edge) → "
    let said = detail.isEmpty ? title : "\(title)  \(detail)"
    var lines = [(lead + (way + said).printable, figures?.cells)]
    for (index, child) in children.enumerated() {
      let isLast = index == children.count - 1
      lines += child.lines(
        lead: next + (isLast ? "└─ " : "├─ "), next: next + (isLast ? "   " : "│  "))
    }
    return lines
  }
}
