// A page that lies crooked: the turn between it and the upright page.

private import Glibc

/// A turn about the middle of a page, and the pixels before and after it.
struct Turn: Sendable, Hashable {
  /// How far the page that was sent is turned clockwise, in degrees; under a right angle.
  let degrees: Double
  let sourceWidth: Int
  let sourceHeight: Int

  /// The upright page's size: all of the page that was sent fits.
  let width: Int
  let height: Int

  private let cosine: Double
  private let sine: Double

  init(degrees: Double, sourceWidth: Int, sourceHeight: Int) {
    self.degrees = degrees
    self.sourceWidth = sourceWidth
    self.sourceHeight = sourceHeight
    let (across, down) = (Double(sourceWidth), Double(sourceHeight))
    if degrees == 0 {
      (cosine, sine, width, height) = (1, 0, sourceWidth, sourceHeight)
    } else {
      cosine = cos(degrees * .pi / 180)
      sine = sin(degrees * .pi / 180)
      width = Int((across * cosine + down * abs(sine)).rounded(.up))
      height = Int((across * abs(sine) + down * cosine).rounded(.up))
    }
  }

  /// Where a point of the upright page is on the page that was sent. The middle of the pixel (x, y) is the
  /// point (x + 0.5, y + 0.5).
  func source(x: Double, y: Double) -> (x: Double, y: Double) {
    let (across, down) = (x - Double(width) / 2, y - Double(height) / 2)
    return (
      across * cosine - down * sine + Double(sourceWidth) / 2,
      across * sine + down * cosine + Double(sourceHeight) / 2
    )
  }

  /// Where a point of the page that was sent is on the upright page.
  func upright(x: Double, y: Double) -> (x: Double, y: Double) {
    let (across, down) = (x - Double(sourceWidth) / 2, y - Double(sourceHeight) / 2)
    return (
      across * cosine + down * sine + Double(width) / 2,
      down * cosine - across * sine + Double(height) / 2
    )
  }

  /// The upright page: each pixel is mixed from the four nearest of the page that was sent; paper
  /// shows where there are none.
  func upright(_ ink: GreyImage) -> GreyImage {
    guard degrees != 0 else { return ink }
    var result = GreyImage(width: width, height: height)
    for y in 0..<height {
      for x in 0..<width {
        let point = source(x: Double(x) + 0.5, y: Double(y) + 0.5)
        result[x, y] = Self.mix(ink, point.x - 0.5, point.y - 0.5)
      }
    }
    return result
  }

  private static func mix(_ ink: GreyImage, _ x: Double, _ y: Double) -> UInt8 {
    guard x > -1, y > -1, x < Double(ink.width), y < Double(ink.height) else { return 0 }
    let (left, top) = (Int(x.rounded(.down)), Int(y.rounded(.down)))
    let (along, down) = (x - Double(left), y - Double(top))
    let upper =
      sample(ink, left, top) * (1 - along) + sample(ink, left + 1, top) * along
    let lower =
      sample(ink, left, top + 1) * (1 - along) + sample(ink, left + 1, top + 1) * along
    return UInt8((upper * (1 - down) + lower * down).rounded())
  }

  private static func sample(_ ink: GreyImage, _ x: Int, _ y: Int) -> Double {
    guard x >= 0, y >= 0, x < ink.width, y < ink.height else { return 0 }
    return Double(ink[x, y])
  }

  /// The pixels of the page that was sent that lie in a glyph of the upright page, as runs from top to
  /// bottom.
  func sourceRuns(of glyph: Glyph) -> [Run] {
    guard degrees != 0 else { return glyph.runs }
    let box = sourceBox(of: glyph.box)
    let rows = Dictionary(grouping: glyph.runs, by: \.y)
    var runs: [Run] = []
    for y in box.top..<box.bottom {
      var start: Int?
      for x in box.left..<box.right {
        let point = upright(x: Double(x) + 0.5, y: Double(y) + 0.5)
        let column = Int(point.x.rounded(.down))
        let inside = (rows[Int(point.y.rounded(.down))] ?? []).contains {
          $0.start <= column && column < $0.end
        }
        if inside, start == nil { start = x }
        if !inside, let first = start {
          runs.append(Run(y: y, start: first, end: x))
          start = nil
        }
      }
      if let first = start { runs.append(Run(y: y, start: first, end: box.right)) }
    }
    return runs
  }

  /// A box of the page that was sent that holds a box of the upright page.
  private func sourceBox(of box: PixelBox) -> PixelBox {
    let corners = [
      (box.left, box.top), (box.right, box.top), (box.left, box.bottom), (box.right, box.bottom),
    ].map { source(x: Double($0.0), y: Double($0.1)) }
    let (xs, ys) = (corners.map(\.x), corners.map(\.y))
    return PixelBox(
      left: max(0, Int((xs.min() ?? 0).rounded(.down))),
      top: max(0, Int((ys.min() ?? 0).rounded(.down))),
      right: min(sourceWidth, Int((xs.max() ?? 0).rounded(.up))),
      bottom: min(sourceHeight, Int((ys.max() ?? 0).rounded(.up))))
  }
}
