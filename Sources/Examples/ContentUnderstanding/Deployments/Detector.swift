// A map of ink in, its glyphs out.
import Martlet

/// Finds the glyphs of a page, with their pixels and their kinds.
struct Detector: Content_V1_Detector.Service {
  /// Degrees; a page turned further would be another page.
  private static let greatestTurn = 45.0

  private let limits = PageLimits()

  init(_ context: ReplicaContext) {}

  func detect(_ page: Content_V1_Page, _ call: Call) async throws -> Content_V1_Detections {
    do throws(PageError) {
      return try detections(page)
    } catch {
      throw RPCError(.invalidArgument, "\(error)")
    }
  }

  private func detections(
    _ page: Content_V1_Page
  ) throws(PageError) -> Content_V1_Detections {
    let turn = try turn(page)
    let map = try InkCoding.decode(
      [UInt8](page.ink), width: turn.width, height: turn.height, limits: limits)
    let normalizer = CropNormalizer(side: DigitModels.side)
    var detections = Content_V1_Detections()
    for glyph in try GlyphFinder(limits: limits).glyphs(in: map) {
      let ink = CropNormalizer.ink(of: glyph, in: map)
      let runs = turn.sourceRuns(of: glyph)
      guard let first = runs.first else { continue }
      let box = runs.dropFirst().reduce(PixelBox(first)) { $0.union(PixelBox($1)) }
      detections.boxes.append(
        Content_V1_Crop(
          kind: Holes.kind(of: ink), box: box, cells: normalizer.cells(of: ink),
          side: normalizer.side))
      detections.segments.append(Content_V1_Segment(runs))
    }
    return detections
  }

  private func turn(_ page: Content_V1_Page) throws(PageError) -> Turn {
    let (width, height) = (Int(page.skew.sourceWidth), Int(page.skew.sourceHeight))
    guard width <= limits.side, height <= limits.side, width * height <= limits.pixels,
      abs(page.skew.degrees) <= Self.greatestTurn
    else {
      throw PageError(
        "a page of \(width) x \(height) pixels turned by \(page.skew.degrees) degrees is not read")
    }
    let turn = Turn(degrees: page.skew.degrees, sourceWidth: width, sourceHeight: height)
    guard turn.width == Int(page.width), turn.height == Int(page.height) else {
      throw PageError(
        "an upright page of \(page.width) x \(page.height) pixels does not fit its skew: "
          + "\(turn.width) x \(turn.height)")
    }
    return turn
  }
}

extension Content_V1_Crop {
  fileprivate init(kind: GlyphKind, box: PixelBox, cells: [UInt8], side: Int) {
    self.init()
    self.kind = kind.rawValue
    self.box.x = UInt32(box.left)
    self.box.y = UInt32(box.top)
    self.box.width = UInt32(box.width)
    self.box.height = UInt32(box.height)
    self.cells = .init(cells)
    self.side = UInt32(side)
  }
}

extension Content_V1_Segment {
  fileprivate init(_ runs: [Run]) {
    self.init()
    self.runs.reserveCapacity(3 * runs.count)
    for run in runs {
      self.runs += [UInt32(run.y), UInt32(run.start), UInt32(run.length)]
    }
  }
}
