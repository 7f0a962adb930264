// Small pictures in text, for tests.

@testable import ContentUnderstanding

extension GreyImage {
  /// A row a line: `#` is full ink, a digit so many ninths of it, anything else paper.
  init(_ drawing: String) {
    let rows = drawing.split(separator: "\n")
    self.init(width: rows.first?.count ?? 0, height: rows.count)
    for (y, row) in rows.enumerated() {
      for (x, mark) in row.enumerated() {
        self[x, y] = mark == "#" ? 255 : UInt8(255 * (mark.wholeNumberValue ?? 0) / 9)
      }
    }
  }

  /// A ring of full ink, with a gap of so many pixels at its top.
  static func ring(radius: Int, stroke: Int, gap: Int = 0) -> GreyImage {
    let side = 2 * radius + 1
    var image = GreyImage(width: side, height: side)
    for y in 0..<side {
      for x in 0..<side {
        let (across, down) = (x - radius, y - radius)
        let distance = across * across + down * down
        let inner = radius - stroke
        guard distance <= radius * radius, distance > inner * inner else { continue }
        guard down > 0 || 2 * abs(across) >= gap || gap == 0 else { continue }
        image[x, y] = 255
      }
    }
    return image
  }
}
