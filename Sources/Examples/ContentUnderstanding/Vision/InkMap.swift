// From grey to ink: even out the paper, find how dark ink is, drop the noise.

/// Turns a scanned page into a map of its ink: 0 for paper, 255 for full ink.
enum InkMap {
  /// Tiles in which the paper's brightness is measured. Larger than a glyph's strokes, so that paper is
  /// always most of a tile, smaller than a shadow.
  private static let tileSide = 64

  /// The share of a tile's pixels that are darker than what counts as its paper.
  private static let paperQuantile = 0.8

  /// Grey levels between paper and ink below which a page is blank: print on paper has 100 and more,
  /// the noise of a sheet under 25.
  private static let leastContrast = 40

  /// Change of slope from pixel to pixel, in grey levels, that three quarters of a clean page stay
  /// below; twice the standard deviation of sensor noise reaches it.
  private static let grain = 6

  /// The share of pixels that stick out from all four neighbours beyond which a page is speckled.
  private static let speckles = 0.001

  /// Ink fainter than this, of 255, is paper: a tenth.
  private static let faintest = 26

  /// Nil when the page is blank.
  static func ink(of page: GreyImage) -> GreyImage? {
    let page = isNoisy(page) ? page.medianFiltered() : page
    var darkness = darkerThanPaper(page)
    let histogram = histogram(of: darkness)
    let threshold = otsuThreshold(histogram)
    guard let full = fullInk(histogram, above: threshold) else { return nil }
    var table = [UInt8](repeating: 0, count: 256)
    for level in 0..<256 {
      let ink = min(255, (level * 255 + full / 2) / full)
      table[level] = ink < faintest ? 0 : UInt8(ink)
    }
    for index in darkness.samples.indices {
      darkness.samples[index] = table[Int(darkness.samples[index])]
    }
    return darkness
  }

  /// Whether the page has grain all over, or speckles. Looks at every seventh pixel of every third row.
  private static func isNoisy(_ page: GreyImage) -> Bool {
    guard page.width > 2, page.height > 2 else { return false }
    var (grainy, speckled, count) = (0, 0, 0)
    for y in stride(from: 1, to: page.height - 1, by: 3) {
      for x in stride(from: 1, to: page.width - 1, by: 7) {
        let middle = Int(page[x, y])
        let along = 2 * middle - Int(page[x - 1, y]) - Int(page[x + 1, y])
        let down = 2 * middle - Int(page[x, y - 1]) - Int(page[x, y + 1])
        grainy += abs(along) > grain ? 1 : 0
        speckled += min(abs(along), abs(down)) > 96 && (along < 0) == (down < 0) ? 1 : 0
        count += 1
      }
    }
    return 4 * grainy > count || Double(speckled) > speckles * Double(count)
  }

  /// How much darker each pixel is than the paper around it.
  private static func darkerThanPaper(_ page: GreyImage) -> GreyImage {
    let paper = PaperTiles(page, side: tileSide, quantile: paperQuantile)
    var result = page
    for y in 0..<page.height {
      let row = paper.row(y)
      for x in 0..<page.width {
        result[x, y] = UInt8(max(0, row[x] - Int(page[x, y])))
      }
    }
    return result
  }

  private static func histogram(of image: GreyImage) -> [Int] {
    var counts = [Int](repeating: 0, count: 256)
    for sample in image.samples {
      counts[Int(sample)] += 1
    }
    return counts
  }

  /// The level that best parts a histogram in two (N. Otsu, "A threshold selection method from
  /// gray-level histograms", 1979): levels above it are the upper class.
  static func otsuThreshold(_ histogram: [Int]) -> Int {
    let count = histogram.reduce(0, +)
    let sum = histogram.indices.reduce(0) { $0 + $1 * histogram[$1] }
    var (best, bestVariance) = (0, -1.0)
    var (countBelow, sumBelow) = (0, 0)
    for level in histogram.indices {
      countBelow += histogram[level]
      sumBelow += level * histogram[level]
      let countAbove = count - countBelow
      guard countBelow > 0, countAbove > 0 else { continue }
      let distance =
        Double(sumBelow) / Double(countBelow) - Double(sum - sumBelow) / Double(countAbove)
      let variance = Double(countBelow) * Double(countAbove) * distance * distance
      if variance > bestVariance {
        (best, bestVariance) = (level, variance)
      }
    }
    return best
  }

  /// How much darker than paper full ink is: the level that a third of the ink is above. Nil when
  /// there is no ink.
  private static func fullInk(_ histogram: [Int], above threshold: Int) -> Int? {
    let ink = histogram[(threshold + 1)...]
    let count = ink.reduce(0, +)
    guard count > 0 else { return nil }
    var left = count / 3
    for level in ink.indices.reversed() {
      left -= histogram[level]
      if left < 0 {
        return level >= leastContrast ? level : nil
      }
    }
    return nil
  }
}

/// The brightness of a page's paper, measured tile by tile and smooth in between.
private struct PaperTiles {
  private let width: Int
  private let side: Int
  private let columns: Int
  private let rows: Int
  private let levels: [Int]

  init(_ page: GreyImage, side: Int, quantile: Double) {
    width = page.width
    self.side = side
    columns = max(1, (page.width + side / 2) / side)
    rows = max(1, (page.height + side / 2) / side)
    var levels: [Int] = []
    for row in 0..<rows {
      for column in 0..<columns {
        let right = column == columns - 1 ? page.width : (column + 1) * side
        let bottom = row == rows - 1 ? page.height : (row + 1) * side
        levels.append(
          Self.level(
            of: page, x: (column * side)..<right, y: (row * side)..<bottom, quantile: quantile))
      }
    }
    self.levels = levels
  }

  private static func level(
    of page: GreyImage, x: Range<Int>, y: Range<Int>, quantile: Double
  ) -> Int {
    var counts = [Int](repeating: 0, count: 256)
    for row in y {
      for column in x {
        counts[Int(page[column, row])] += 1
      }
    }
    var left = Int(Double(x.count * y.count) * quantile)
    for level in counts.indices {
      left -= counts[level]
      if left < 0 { return level }
    }
    return 255
  }

  /// The paper's brightness along one row of pixels, between the middles of tiles in proportion.
  func row(_ y: Int) -> [Int] {
    let (top, down) = Self.position(y, side: side, count: rows)
    let below = min(top + 1, rows - 1)
    return (0..<width).map { x in
      let (left, along) = Self.position(x, side: side, count: columns)
      let right = min(left + 1, columns - 1)
      let upper = blend(levels[top * columns + left], levels[top * columns + right], along)
      let lower = blend(levels[below * columns + left], levels[below * columns + right], along)
      return blend(upper, lower, down) / (2 * side * 2 * side)
    }
  }

  /// `from` and `to` in the proportion of `part` to twice the side, times twice the side.
  private func blend(_ from: Int, _ to: Int, _ part: Int) -> Int {
    from * (2 * side - part) + to * part
  }

  /// The tile whose middle is at or before a pixel, and how far on the pixel is in half pixels.
  private static func position(_ pixel: Int, side: Int, count: Int) -> (tile: Int, part: Int) {
    let fromFirstMiddle = 2 * pixel + 1 - side
    guard fromFirstMiddle > 0 else { return (0, 0) }
    let tile = fromFirstMiddle / (2 * side)
    return tile >= count - 1 ? (count - 1, 0) : (tile, fromFirstMiddle % (2 * side))
  }
}
