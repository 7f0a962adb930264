// Pages as they arrive: whole, damaged, and meant to do harm.
import Testing

@testable import ContentUnderstanding

@Suite struct PNGDecoderTests {
  private let limits = PageLimits()

  @Test func readsGreyPixels() throws {
    let bytes = PNGBytes.file(width: 3, height: 2, samples: [[0, 128, 255], [9, 8, 7]])
    let image = try PNGDecoder.decode(bytes, limits: limits)
    #expect(image == GreyImage(width: 3, height: 2, samples: [0, 128, 255, 9, 8, 7]))
  }

  @Test(arguments: [(60_000 as UInt32, 60_000 as UInt32), (10_001, 1), (5_000, 5_000)])
  func refusesABombByItsHeader(width: UInt32, height: UInt32) {
    let bytes = PNGBytes.file(width: width, height: height, samples: [[0]])
    let error = #expect(throws: PageError.self) {
      try PNGDecoder.decode(bytes, limits: limits)
    }
    #expect(error?.description.hasPrefix("the image is \(width) x \(height) pixels") == true)
  }

  @Test func saysThatAFileIsCutShort() {
    let bytes = PNGBytes.file(width: 3, height: 2, samples: [[0, 128, 255]])
    let error = #expect(throws: PageError.self) {
      try PNGDecoder.decode(bytes, limits: limits)
    }
    #expect(error?.description.hasPrefix("the PNG image is damaged") == true)
  }

  @Test(arguments: [[], [0x89, 0x50, 0x4E, 0x47], Array("name: app\n".utf8)])
  func saysThatADocumentIsNoImage(bytes: [UInt8]) {
    let error = #expect(throws: PageError.self) {
      try PNGDecoder.decode(bytes, limits: limits)
    }
    #expect(error?.description.hasPrefix("the document is not a PNG image") == true)
  }
}
