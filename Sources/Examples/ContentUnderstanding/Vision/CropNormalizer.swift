// A glyph brought to the size and the range of the digits that classifiers learned from.

/// Cuts glyphs out of a map of ink.
struct CropNormalizer: Sendable {
  /// What a cell full of ink holds, as in the UCI digits.
  static let fullCell = 16

  /// Shear, in pixels across per pixel down, up to which a glyph's slant is taken out.
  let greatestShear: Double

  /// Cells along one side.
  let side: Int

  init(side: Int = 8, greatestShear: Double = 0.5) {
    self.greatestShear = greatestShear
    self.side = side
  }

  /// The ink of a glyph alone, in its box. What touches none of its runs is paper.
  static func ink(of glyph: Glyph, in map: GreyImage) -> GreyImage {
    var image = GreyImage(width: glyph.box.width, height: glyph.box.height)
    for run in glyph.runs {
      let row = (run.y - glyph.box.top) * image.width
      for x in run.start..<run.end {
        image.samples[row + x - glyph.box.left] = map[x, run.y]
      }
    }
    return image
  }

  /// The ink in `side` times `side` cells, 0 to 16 each: slant taken out, as tall as the square (or as wide,
  /// when it is wider than tall), in the middle.
  func cells(of ink: GreyImage) -> [UInt8] {
    let shear = shear(of: ink)
    let frame = Frame(ink, shear: shear)
    let cellSide = max(frame.width, frame.height) / Double(side)
    guard cellSide > 0 else { return Array(repeating: 0, count: side * side) }
    let left = (frame.left + frame.right - Double(side) * cellSide) / 2
    let top = (frame.top + frame.bottom - Double(side) * cellSide) / 2
    var sums = [Double](repeating: 0, count: side * side)
    for y in 0..<ink.height {
      let rows = spread(Double(y) - top, cellSide)
      let offset = shear * (Double(y) + 0.5 - Double(ink.height) / 2)
      for x in 0..<ink.width where ink[x, y] > 0 {
        let columns = spread(Double(x) - offset - left, cellSide)
        let weight = Double(ink[x, y])
        add(weight * rows.here * columns.here, rows.cell, columns.cell, to: &sums)
        add(weight * rows.here * columns.next, rows.cell, columns.cell + 1, to: &sums)
        add(weight * rows.next * columns.here, rows.cell + 1, columns.cell, to: &sums)
        add(weight * rows.next * columns.next, rows.cell + 1, columns.cell + 1, to: &sums)
      }
    }
    let full = 255 * cellSide * cellSide
    return sums.map { sum in
      UInt8(min(Double(Self.fullCell), (sum / full * Double(Self.fullCell)).rounded()))
    }
  }

  /// How a pixel of width 1 from `position` on lies in cells: in one, or in two neighbours.
  private func spread(
    _ position: Double, _ cellSide: Double
  ) -> (cell: Int, here: Double, next: Double) {
    let cell = Int((position / cellSide).rounded(.down))
    let here = min(1, Double(cell + 1) * cellSide - position)
    return (cell, here, 1 - here)
  }

  private func add(_ weight: Double, _ row: Int, _ column: Int, to sums: inout [Double]) {
    guard weight > 0, (0..<side).contains(row), (0..<side).contains(column) else { return }
    sums[row * side + column] += weight
  }

  /// The slant of a glyph: how far its ink moves to the right for each row down, by least squares.
  func shear(of ink: GreyImage) -> Double {
    var (mass, sumX, sumY, sumXY, sumYY) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for y in 0..<ink.height {
      for x in 0..<ink.width where ink[x, y] > 0 {
        let weight = Double(ink[x, y])
        mass += weight
        sumX += weight * Double(x)
        sumY += weight * Double(y)
        sumXY += weight * Double(x) * Double(y)
        sumYY += weight * Double(y) * Double(y)
      }
    }
    guard mass > 0 else { return 0 }
    let variance = sumYY - sumY * sumY / mass
    guard variance > 0 else { return 0 }
    let shear = (sumXY - sumX * sumY / mass) / variance
    return max(-greatestShear, min(greatestShear, shear))
  }

  /// Where the dark ink of a glyph lies once it is sheared.
  private struct Frame {
    var left = Double.infinity
    var top = Double.infinity
    var right = -Double.infinity
    var bottom = -Double.infinity

    var width: Double { right - left }
    var height: Double { bottom - top }

    init(_ ink: GreyImage, shear: Double) {
      for y in 0..<ink.height {
        let offset = shear * (Double(y) + 0.5 - Double(ink.height) / 2)
        for x in 0..<ink.width where ink[x, y] >= GlyphFinder.darkInk {
          left = min(left, Double(x) - offset)
          right = max(right, Double(x) + 1 - offset)
          top = min(top, Double(y))
          bottom = max(bottom, Double(y) + 1)
        }
      }
    }
  }
}
