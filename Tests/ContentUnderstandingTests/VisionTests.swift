// From grey to glyphs.
import Testing

@testable import ContentUnderstanding

@Suite struct InkMapTests {
  @Test func thresholdPartsTwoPeaks() {
    var histogram = [Int](repeating: 0, count: 256)
    for level in 5...15 { histogram[level] = 900 }
    for level in 180...190 { histogram[level] = 100 }
    #expect((15..<180).contains(InkMap.otsuThreshold(histogram)))
  }

  @Test func paperWithoutInkIsBlank() {
    #expect(InkMap.ink(of: GreyImage(width: 200, height: 100, filledWith: 230)) == nil)
  }

  @Test func inkIsFullWhateverThePaperIs() throws {
    for (paper, dark) in [(UInt8(255), UInt8(0)), (200, 60)] {
      var page = GreyImage(width: 100, height: 100, filledWith: paper)
      for y in 40..<60 { for x in 40..<60 { page[x, y] = dark } }
      let ink = try #require(InkMap.ink(of: page))
      #expect(ink[50, 50] == 255)
      #expect(ink[10, 10] == 0)
    }
  }
}

@Suite struct ComponentTests {
  private func components(_ drawing: String) throws -> [Component] {
    try Component.find(in: GreyImage(drawing), threshold: 128, limits: PageLimits())
  }

  @Test func cornersTouch() throws {
    let found = try components(
      """
      #...
      .#..
      ..##
      """)
    #expect(found.map(\.area) == [4])
    #expect(found.first?.box == PixelBox(left: 0, top: 0, right: 4, bottom: 3))
  }

  @Test func paperParts() throws {
    let found = try components(
      """
      ##..#
      ##..#
      .....
      ..#..
      """)
    #expect(found.map(\.area) == [4, 2, 1])
    #expect(found.map(\.outline) == [8, 6, 4])
  }

  @Test func armsThatMeetBelowAreOne() throws {
    let found = try components(
      """
      #.#.#
      #.#.#
      #####
      """)
    #expect(found.map(\.area) == [11])
  }

  @Test func faintInkIsNoneOfIt() throws {
    #expect(try components("#3#").map(\.area) == [1, 1])
    #expect(try components("#5#").map(\.peak) == [255])
  }

  @Test func aBusyPageIsRefused() {
    var limits = PageLimits()
    limits.runs = 2
    #expect(throws: PageError.self) {
      try Component.find(in: GreyImage("#.#.#"), threshold: 128, limits: limits)
    }
  }
}

@Suite struct HolesTests {
  @Test func ringsHaveOne() {
    let ring = GreyImage.ring(radius: 20, stroke: 6)
    #expect(Holes.count(in: ring, threshold: 128) == 1)
    #expect(Holes.kind(of: ring) == .looped)
  }

  @Test func nothingIsAHoleThatReachesTheEdge() {
    let open = GreyImage.ring(radius: 20, stroke: 6, gap: 16)
    #expect(Holes.count(in: open, threshold: 128) == 0)
    #expect(Holes.kind(of: open) == .open)
  }

  @Test func aNarrowGapLeavesItUnsure() {
    #expect(Holes.kind(of: .ring(radius: 20, stroke: 6, gap: 3)) == .unsure)
  }

  @Test func diagonalStrokesHoldPaperIn() {
    let drawing = """
      ..#..
      .#.#.
      #...#
      .#.#.
      ..#..
      """
    #expect(Holes.count(in: GreyImage(drawing), threshold: 128) == 1)
  }
}

@Suite struct TurnTests {
  @Test func pointsComeBack() {
    let turn = Turn(degrees: 5, sourceWidth: 640, sourceHeight: 480)
    let there = turn.upright(x: 100, y: 50)
    let back = turn.source(x: there.x, y: there.y)
    #expect(abs(back.x - 100) < 1e-9 && abs(back.y - 50) < 1e-9)
  }

  @Test func pixelsAreThoseOfThePageThatWasSent() throws {
    let turn = Turn(degrees: -6, sourceWidth: 120, sourceHeight: 80)
    var page = GreyImage(width: 120, height: 80)
    for y in 20..<60 { for x in 70..<90 { page[x, y] = 255 } }
    let glyph = try #require(
      try GlyphFinder(limits: PageLimits()).glyphs(in: turn.upright(page)).first)
    let runs = turn.sourceRuns(of: glyph)
    let box = try #require(runs.map { PixelBox($0) }.reduce(nil) { $0?.union($1) ?? $1 })
    #expect(abs(box.left - 70) <= 1 && abs(box.right - 90) <= 1)
    #expect(abs(box.top - 20) <= 1 && abs(box.bottom - 60) <= 1)
    #expect(abs(runs.reduce(0) { $0 + $1.length } - 800) <= 120)
  }
}

@Suite struct InkCodingTests {
  @Test func mapsComeBack() throws {
    let map = GreyImage.ring(radius: 9, stroke: 3)
    let bytes = InkCoding.encode(map)
    let back = try InkCoding.decode(
      bytes, width: map.width, height: map.height, limits: PageLimits())
    #expect(back == map)
  }

  @Test func otherSizesAreRefused() {
    let map = GreyImage.ring(radius: 9, stroke: 3)
    #expect(throws: PageError.self) {
      try InkCoding.decode(
        InkCoding.encode(map), width: map.width, height: map.height - 1, limits: PageLimits())
    }
  }
}
