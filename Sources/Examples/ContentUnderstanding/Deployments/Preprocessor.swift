// PNG in, an upright map of ink out.
import Martlet

/// Decodes a page, parts ink from paper and turns the page upright.
struct Preprocessor: Content_V1_Preprocessor.Service {
  /// Pixels; lower marks, such as specks, say nothing about the page's lines.
  private static let leastMark = 8

  private let limits = PageLimits()

  init(_ context: ReplicaContext) {}

  func prepare(_ document: Content_V1_Document, _ call: Call) async throws -> Content_V1_Page {
    do throws(PageError) {
      return try page(document)
    } catch {
      throw RPCError(.invalidArgument, "\(document.url): \(error)")
    }
  }

  private func page(_ document: Content_V1_Document) throws(PageError) -> Content_V1_Page {
    let scan = try PNGDecoder.decode([UInt8](document.content), limits: limits)
    let ink = InkMap.ink(of: scan) ?? GreyImage(width: scan.width, height: scan.height)
    let marks = try Component.find(in: ink, threshold: GlyphFinder.darkInk, limits: limits)
      .filter { $0.box.height >= Self.leastMark }
    let turn = Turn(
      degrees: SkewEstimator.degrees(of: ink, components: marks), sourceWidth: scan.width,
      sourceHeight: scan.height)
    let encoded = InkCoding.encode(turn.upright(ink))
    guard encoded.count <= limits.encodedInkBytes else {
      throw PageError(
        "the page has too much ink: \(encoded.count) bytes of at most \(limits.encodedInkBytes)")
    }
    return Content_V1_Page(turn, ink: encoded)
  }
}

extension Content_V1_Page {
  fileprivate init(_ turn: Turn, ink: [UInt8]) {
    self.init()
    width = UInt32(turn.width)
    height = UInt32(turn.height)
    self.ink = .init(ink)
    skew.degrees = turn.degrees
    skew.sourceWidth = UInt32(turn.sourceWidth)
    skew.sourceHeight = UInt32(turn.sourceHeight)
  }
}
