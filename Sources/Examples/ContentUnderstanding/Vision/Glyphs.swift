// From components to glyphs: broken strokes are joined, specks dropped.

/// The ink of one character.
struct Glyph: Sendable, Hashable {
  /// From top to bottom and left to right.
  var runs: [Run]
  var box: PixelBox
}

/// Finds the glyphs of a map of ink.
struct GlyphFinder: Sendable {
  /// Ink that is part of a glyph when it touches darker ink: a quarter, which keeps faint joints.
  static let faintInk: UInt8 = 64

  /// Ink that a glyph has some of: half.
  static let darkInk: UInt8 = 128

  /// Pixels; what is smaller both ways is a speck.
  private static let leastExtent = 4

  /// Pixels; what is lower belongs to the glyph beside it, if there is one. Glyphs are 24 pixels and
  /// taller.
  private static let fragmentHeight = 20

  /// Pixels; what is lower and stands alone is dirt.
  private static let leastHeight = 16

  /// Pixels; what is taller is never joined with anything. Glyphs are 96 pixels and lower, and a
  /// rotated one is a little taller.
  private static let greatestHeight = 112

  /// How far apart parts of a glyph are, as a share of its height. Glyphs are a third apart.
  private static let reach = 0.22

  /// Height of a glyph in widths of its strokes.
  private static let strokesPerHeight = 6.0

  /// A glyph's width, as a share of its height, beyond which two parts are two glyphs.
  private static let greatestAspect = 1.25

  let limits: PageLimits

  init(limits: PageLimits) {
    self.limits = limits
  }

  /// The glyphs, from top to bottom and left to right by the first pixel. Throws `PageError` when there
  /// are more than the limits allow.
  func glyphs(in map: GreyImage) throws(PageError) -> [Glyph] {
    let components = try Component.find(in: map, threshold: Self.faintInk, limits: limits)
    let parts = components.filter { component in
      component.peak >= Self.darkInk
        && max(component.box.width, component.box.height) >= Self.leastExtent
    }
    guard parts.count <= 4 * limits.glyphs else {
      throw PageError("the page is too busy: more than \(4 * limits.glyphs) separate marks")
    }
    let glyphs = joined(parts).filter { $0.box.height >= Self.leastHeight }
    guard glyphs.count <= limits.glyphs else {
      throw PageError("the page has \(glyphs.count) glyphs; at most \(limits.glyphs) are read")
    }
    return glyphs
  }

  /// Joins the parts of broken glyphs, nearest first.
  private func joined(_ parts: [Component]) -> [Glyph] {
    let scales = parts.map(scale)
    var sets = DisjointSets(count: parts.count)
    var boxes = parts.map(\.box)
    for pair in closePairs(parts, scales) {
      let (a, b) = (sets.root(of: pair.a), sets.root(of: pair.b))
      guard a != b else { continue }
      let box = boxes[a].union(boxes[b])
      guard box.height <= Self.greatestHeight,
        Double(box.width) <= Self.greatestAspect * Double(max(box.height, Self.fragmentHeight))
          || pair.oneIsFragment
      else { continue }
      sets.join(a, b)
      boxes[sets.root(of: a)] = box
    }
    var glyphs: [Glyph] = []
    var places: [Int: Int] = [:]
    for (index, part) in parts.enumerated() {
      let root = sets.root(of: index)
      if let place = places[root] {
        glyphs[place].runs += part.runs
        glyphs[place].box = boxes[root]
      } else {
        places[root] = glyphs.count
        glyphs.append(Glyph(runs: part.runs, box: part.box))
      }
    }
    for index in glyphs.indices {
      glyphs[index].runs.sort { ($0.y, $0.start) < ($1.y, $1.start) }
    }
    return glyphs
  }

  private struct Pair {
    let a: Int
    let b: Int
    let distance: Double
    let oneIsFragment: Bool
  }

  /// The pairs that are near enough to be one glyph, nearest first.
  private func closePairs(_ parts: [Component], _ scales: [Double]) -> [Pair] {
    var pairs: [Pair] = []
    for a in parts.indices {
      for b in (a + 1)..<max(a + 1, parts.count) {
        // A part that is too low to be a glyph belongs to the larger one, whatever its own size.
        let oneIsFragment =
          min(parts[a].box.height, parts[b].box.height) < Self.fragmentHeight
        let scale = oneIsFragment ? max(scales[a], scales[b]) : min(scales[a], scales[b])
        let reach = Self.reach * scale
        guard Double(parts[a].box.gap(to: parts[b].box)) <= reach else { continue }
        let distance = Self.distance(parts[a], parts[b])
        guard distance <= reach else { continue }
        pairs.append(Pair(a: a, b: b, distance: distance, oneIsFragment: oneIsFragment))
      }
    }
    return pairs.sorted { ($0.distance, $0.a, $0.b) < ($1.distance, $1.a, $1.b) }
  }

  /// The height of the glyph that a part seems to come from: its own, or what its strokes suggest.
  private func scale(_ part: Component) -> Double {
    // A bar of width w and length l has an area of w * l and an outline of about 2 * l.
    let stroke = 2 * Double(part.area) / Double(part.outline)
    return max(Double(part.box.height), Self.strokesPerHeight * stroke)
  }

  /// Pixels between the nearest pixels of two parts.
  private static func distance(_ a: Component, _ b: Component) -> Double {
    var least = Int.max
    for run in a.runs {
      for other in b.runs {
        let down = max(0, abs(run.y - other.y) - 1)
        guard down * down < least else {
          if other.y > run.y { break }
          continue
        }
        let across = max(0, max(run.start, other.start) - min(run.end, other.end))
        least = min(least, across * across + down * down)
      }
    }
    return Double(least).squareRoot()
  }
}
