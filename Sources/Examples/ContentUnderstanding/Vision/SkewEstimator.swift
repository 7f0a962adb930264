// How far a page is turned, by the sharpness of its lines.

private import Glibc

/// Estimates skew from projections: along the lines of an upright page the rows are full of ink or
/// empty, along any other direction they blur (W. Postl, "Detection of linear oblique structures and
/// skew scan in digitized documents", 1986). Where glyphs stand in no lines no direction is sharper than
/// the others, and the page is taken to be upright.
enum SkewEstimator {
  /// Degrees either way that are tried; scanners and hands do not turn a page further.
  private static let range = 10.0

  /// Degrees between the directions that are tried.
  private static let step = 0.25

  /// How much sharper than the middle direction the sharpest must be.
  private static let significance = 1.5

  /// Pixels of ink are taken together along a row up to this many, which blurs the projection by less
  /// than a pixel.
  private static let stretch = 4

  /// Clockwise turn in degrees; 0 when the page shows none, or too little to be worth the loss of
  /// sharpness that turning it back costs.
  static func degrees(of ink: GreyImage, components: [Component]) -> Double {
    let marks = marks(of: components)
    guard !marks.isEmpty else { return 0 }
    let count = Int(range / step)
    let candidates = (-count...count).map { Double($0) * step }
    let sharpness = candidates.map { Self.sharpness(marks, along: $0, ink) }
    guard let best = sharpness.indices.max(by: { sharpness[$0] < sharpness[$1] }),
      sharpness[best] >= significance * sharpness.sorted()[sharpness.count / 2],
      best > 0, best < sharpness.count - 1, abs(candidates[best]) > step
    else { return 0 }
    return candidates[best]
  }

  private struct Mark {
    let x: Double
    let y: Double
    let weight: Double
  }

  private static func marks(of components: [Component]) -> [Mark] {
    var marks: [Mark] = []
    for component in components {
      for run in component.runs {
        for start in stride(from: run.start, to: run.end, by: stretch) {
          let end = min(run.end, start + stretch)
          marks.append(
            Mark(
              x: Double(start + end) / 2, y: Double(run.y) + 0.5, weight: Double(end - start)))
        }
      }
    }
    return marks
  }

  /// The sum of the squared steps from row to row of the projection along a direction.
  private static func sharpness(_ marks: [Mark], along degrees: Double, _ ink: GreyImage) -> Double
  {
    let (sine, cosine) = (sin(degrees * .pi / 180), cos(degrees * .pi / 180))
    let margin = ink.width
    var rows = [Double](repeating: 0, count: ink.height + 2 * margin)
    for mark in marks {
      let row = mark.y * cosine - (mark.x - Double(ink.width) / 2) * sine
      // Shared between the two nearest rows, or else the grid of pixels would favour the directions
      // in which whole pixels repeat.
      let index = Int(row.rounded(.down)) + margin
      guard index >= 0, index + 1 < rows.count else { continue }
      let part = row - row.rounded(.down)
      rows[index] += mark.weight * (1 - part)
      rows[index + 1] += mark.weight * part
    }
    return zip(rows, rows.dropFirst()).reduce(0) { sum, pair in
      sum + (pair.0 - pair.1) * (pair.0 - pair.1)
    }
  }
}
