// How many holes a glyph has, and what kind that makes it.

/// What dispatch turns on.
enum GlyphKind: String, Sendable, CaseIterable {
  case looped
  case open
  case unsure
}

/// Counts the holes of a glyph.
enum Holes {
  /// Where ink begins. A looped glyph has a hole at both: its joints are not faint and its hole is not
  /// dim.
  private static let firmThresholds: [UInt8] = [64, 128]

  /// An open glyph has a hole at none of these either.
  private static let otherThresholds: [UInt8] = [96, 160]

  /// Where ink begins when gaps are closed.
  private static let closingThreshold: UInt8 = 80

  /// How far a closed gap reaches, in glyph heights: each pixel of ink grows by half of it.
  private static let closing = [1.0 / 24, 1.0 / 12]

  /// A hole's least area as a share of the glyph's height squared; less is a speck of light.
  private static let leastArea = 0.004

  /// Looped when there is a hole however one looks, open when there is none, unsure when it depends.
  static func kind(of ink: GreyImage) -> GlyphKind {
    if firmThresholds.allSatisfy({ count(in: ink, threshold: $0) > 0 }) { return .looped }
    let thresholds = firmThresholds + otherThresholds
    if thresholds.contains(where: { count(in: ink, threshold: $0) > 0 }) { return .unsure }
    let closed = closing.contains { gap in
      let radius = max(1, Int((gap * Double(ink.height) / 2).rounded()))
      return count(in: ink, threshold: closingThreshold, grownBy: radius) > 0
    }
    return closed ? .unsure : .open
  }

  /// Patches of paper, not connected to the outside across an edge, that are large enough.
  static func count(in ink: GreyImage, threshold: UInt8, grownBy radius: Int = 0) -> Int {
    // A margin joins all of the outside.
    let margin = radius + 1
    let (width, height) = (ink.width + 2 * margin, ink.height + 2 * margin)
    var open = [Bool](repeating: true, count: width * height)
    for y in 0..<ink.height {
      for x in 0..<ink.width where ink[x, y] >= threshold {
        close(&open, width: width, x: x + margin, y: y + margin, radius: radius)
      }
    }
    let least = max(2, leastArea * Double(ink.height * ink.height))
    _ = flood(&open, width: width, from: 0)
    var holes = 0
    for index in open.indices where open[index] {
      if Double(flood(&open, width: width, from: index)) >= least { holes += 1 }
    }
    return holes
  }

  /// Closes the open pixels of a disc.
  private static func close(_ open: inout [Bool], width: Int, x: Int, y: Int, radius: Int) {
    for down in -radius...radius {
      for across in -radius...radius where across * across + down * down <= radius * radius {
        open[(y + down) * width + x + across] = false
      }
    }
  }

  /// Closes all open pixels that connect to one across edges; how many they were.
  private static func flood(_ open: inout [Bool], width: Int, from start: Int) -> Int {
    var stack = [start]
    open[start] = false
    var area = 0
    while let index = stack.popLast() {
      area += 1
      let column = index % width
      for (neighbour, isInside) in [
        (index - 1, column > 0), (index + 1, column < width - 1), (index - width, index >= width),
        (index + width, index + width < open.count),
      ] where isInside && open[neighbour] {
        open[neighbour] = false
        stack.append(neighbour)
      }
    }
    return area
  }
}
