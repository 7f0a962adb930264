// A graph as lines of text.

private import MartletCore

extension GraphTree {
  /// One line a node, figures in columns.
  var text: String {
    let lines = lines(lead: "", next: "")
    let width = lines.map(\.left.count).max() ?? 0
    var columns: [Int] = []
    for line in lines {
      for (index, cell) in line.cells.enumerated() {
        if index == columns.count { columns.append(0) }
        columns[index] = max(columns[index], cell.count)
      }
    }
    return lines.map { line in
      guard !line.cells.isEmpty else { return line.left }
      var text = line.left + String(repeating: " ", count: width - line.left.count)
      for (index, cell) in line.cells.enumerated() {
        text += "  " + cell
        if index + 1 < line.cells.count {
          text += String(repeating: " ", count: columns[index] - cell.count)
        }
      }
      return text
    }.joined(separator: "\n")
  }

  /// The figures, and how often the way to the node was taken.
  private var cells: [String] {
    guard let share else { return figures?.cells ?? [] }
    return (figures?.cells ?? ["", "", "", ""]) + ["taken \(share.percent)"]
  }

  private func lines(lead: String, next: String) -> [(left: String, cells: [String])] {
    let way = edge.isEmpty ? "" : "\(edge) → "
    let said = detail.isEmpty ? title : "\(title)  \(detail)"
    var lines = [(lead + (way + said).printable, cells)]
    for (index, child) in children.enumerated() {
      let isLast = index == children.count - 1
      lines += child.lines(
        lead: next + (isLast ? "└─ " : "├─ "), next: next + (isLast ? "   " : "│  "))
    }
    return lines
  }
}
