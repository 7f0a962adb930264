// The test that Testing.md shows, as it is compiled and run.
import Martlet
import MartletTestKit
import SwiftProtobuf
import Testing

@testable import ContentUnderstanding

let experts = ["expert-looped", "expert-open", "perceptron", "neighbours", "softmax"]

@Test func `A glyph with a hole goes to the expert for those`() async throws {
  let test = AppTest(ContentUnderstanding())
    .replacing("downloader", Content_V1_Downloader.fetch) { _ in Content_V1_Document() }
    .replacing("preprocessor", Content_V1_Preprocessor.prepare) { _ in Content_V1_Page() }
    .replacing("detector", Content_V1_Detector.detect) { _ in
      .with { $0.boxes = [.with { $0.kind = "looped" }] }
    }
    .replacing(experts, Content_V1_Classifier.classify) { _ in .with { $0.object = "8" } }
    .replacing("combiner", Content_V1_Combiner.combine) { found in
      .with { $0.objects = found.labels.map { label in .with { $0.object = label.object } } }
    }
  let result = try await test.call(Content_V1_Understanding.analyze, Content_V1_AnalyzeRequest())
  #expect(try result.answer.objects.map(\.object) == ["8"])
  #expect(result.calls.of(Content_V1_Classifier.classify).map(\.deployment) == ["expert-looped"])
}
