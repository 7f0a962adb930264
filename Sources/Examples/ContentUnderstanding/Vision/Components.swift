// Connected components: pixels of ink that touch.

/// Pixels of one row that follow each other, `end` not among them.
struct Run: Sendable, Hashable {
  let y: Int
  let start: Int
  let end: Int

  var length: Int { end - start }
}

/// A rectangle of pixels; `right` and `bottom` are not in it.
struct PixelBox: Sendable, Hashable {
  var left: Int
  var top: Int
  var right: Int
  var bottom: Int

  var width: Int { right - left }
  var height: Int { bottom - top }

  init(left: Int, top: Int, right: Int, bottom: Int) {
    self.left = left
    self.top = top
    self.right = right
    self.bottom = bottom
  }

  init(_ run: Run) {
    self.init(left: run.start, top: run.y, right: run.end, bottom: run.y + 1)
  }

  func union(_ other: PixelBox) -> PixelBox {
    PixelBox(
      left: min(left, other.left), top: min(top, other.top), right: max(right, other.right),
      bottom: max(bottom, other.bottom))
  }

  /// Pixels between the nearest sides of two boxes, the larger of across and down; 0 when they meet.
  func gap(to other: PixelBox) -> Int {
    max(
      0, max(left, other.left) - min(right, other.right),
      max(top, other.top) - min(bottom, other.bottom))
  }
}

/// Pixels of ink that touch, diagonally too.
struct Component: Sendable, Hashable {
  /// From top to bottom and left to right.
  var runs: [Run]
  var box: PixelBox

  /// The darkest pixel.
  var peak: UInt8

  var area: Int { runs.reduce(0) { $0 + $1.length } }

  /// The number of pixel edges between ink and paper.
  var outline: Int {
    var covered = 0
    var above = 0
    for run in runs {
      while runs[above].y < run.y - 1
        || (runs[above].y == run.y - 1 && runs[above].end <= run.start)
      {
        above += 1
      }
      var candidate = above
      while runs[candidate].y == run.y - 1, runs[candidate].start < run.end {
        covered += min(runs[candidate].end, run.end) - max(runs[candidate].start, run.start)
        candidate += 1
      }
    }
    return 2 * (runs.count + area - covered)
  }

  /// Finds the components of the pixels that are at least `threshold`, ordered by their first pixel.
  /// Throws `PageError` when there is more on the page than any writing has.
  static func find(
    in map: GreyImage, threshold: UInt8, limits: PageLimits
  ) throws(PageError) -> [Component] {
    let runs = try Self.runs(of: map, threshold: threshold, limits: limits)
    var sets = DisjointSets(count: runs.count)
    joinTouching(runs, &sets)
    var components: [Component] = []
    var places: [Int: Int] = [:]
    for (index, run) in runs.enumerated() {
      let peak = map.samples[(run.y * map.width + run.start)..<(run.y * map.width + run.end)].max()
      let root = sets.root(of: index)
      if let place = places[root] {
        components[place].runs.append(run)
        components[place].box = components[place].box.union(PixelBox(run))
        components[place].peak = max(components[place].peak, peak ?? 0)
      } else {
        places[root] = components.count
        components.append(Component(runs: [run], box: PixelBox(run), peak: peak ?? 0))
      }
    }
    return components
  }

  private static func runs(
    of map: GreyImage, threshold: UInt8, limits: PageLimits
  ) throws(PageError) -> [Run] {
    var runs: [Run] = []
    for y in 0..<map.height {
      var x = 0
      while x < map.width {
        while x < map.width, map[x, y] < threshold { x += 1 }
        guard x < map.width else { break }
        let start = x
        while x < map.width, map[x, y] >= threshold { x += 1 }
        runs.append(Run(y: y, start: start, end: x))
      }
      guard runs.count <= limits.runs else {
        throw PageError("the page is too busy: more than \(limits.runs) stretches of ink")
      }
    }
    return runs
  }

  /// Joins runs of neighbouring rows that share a column or a corner.
  private static func joinTouching(_ runs: [Run], _ sets: inout DisjointSets) {
    var above = 0
    for (index, run) in runs.enumerated() {
      while above < index,
        runs[above].y < run.y - 1 || (runs[above].y == run.y - 1 && runs[above].end < run.start)
      {
        above += 1
      }
      var candidate = above
      while candidate < index, runs[candidate].y == run.y - 1, runs[candidate].start <= run.end {
        sets.join(candidate, index)
        candidate += 1
      }
    }
  }
}

/// Sets that never overlap, joined again and again (B. Galler and M. Fischer, 1964), with path halving.
struct DisjointSets {
  private var parents: [Int]

  /// So many sets of one member each.
  init(count: Int) {
    parents = Array(0..<count)
  }

  /// The member that stands for a member's set: its lowest.
  mutating func root(of member: Int) -> Int {
    var member = member
    while parents[member] != member {
      parents[member] = parents[parents[member]]
      member = parents[member]
    }
    return member
  }

  mutating func join(_ a: Int, _ b: Int) {
    let (rootA, rootB) = (root(of: a), root(of: b))
    parents[max(rootA, rootB)] = min(rootA, rootB)
  }
}
