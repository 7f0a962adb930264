// The examples of Graphs.md are graphs of an app that there could be.

import Foundation
import MartletCore
import MartletDispatch
import MartletSchema
import Testing

@Suite struct DocumentedGraphsTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Each example in YAML, without its fences.
  private static let examples: [String] = {
    let file = root.appendingPathComponent("Sources/Martlet/Martlet.docc/Graphs.md")
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    return text.components(separatedBy: "```yaml\n").dropFirst().map {
      $0.components(separatedBy: "```\n")[0]
    }
  }()

  private static let head = """
    name: documented
    deployments:
      - {name: downloader, command: [x], services: [content.v1.Downloader]}
      - {name: preprocessor, command: [x], services: [content.v1.Preprocessor]}
      - {name: detector, command: [x], services: [content.v1.Detector]}
      - {name: combiner, command: [x], services: [content.v1.Combiner]}
      - {name: expert-looped, command: [x], services: [content.v1.Classifier]}
      - {name: expert-open, command: [x], services: [content.v1.Classifier]}
      - {name: softmax, command: [x], services: [content.v1.Classifier], idempotent: true}
      - {name: perceptron, command: [x], services: [content.v1.Classifier]}
      - {name: neighbours, command: [x], services: [content.v1.Classifier]}
      - {name: refiner, command: [x]}
      - {name: preparer, command: [x]}
      - {name: generator, command: [x]}
      - {name: polisher, command: [x]}
    routes:

    """

  @Test func everyKindOfNodeHasAnExample() {
    let text = Self.examples.joined()
    for word in [
      "call", "sequence", "switch", "return", "ensemble", "for_each", "splitter", "fallback",
      "hedge",
      "repeat_until", "mirror", "map", "route",
    ] {
      #expect(text.contains(word))
    }
    #expect(Self.examples.count == 17)
  }

  @Test(arguments: examples) func anExampleIsAGraph(example: String) throws {
    let set = Self.root.appendingPathComponent(
      "deploy/content-understanding/content-understanding.binpb")
    let app = try AppFile.read(text: Self.head + example, file: "example.yaml").spec
    let problems = checkApp(app, try Schema(descriptorSet: Array(Data(contentsOf: set))))
    // Nothing in the example app takes what it answers, as a loop's body does.
    // Nor does anything in it stream.
    let invented = ["content.v1.Refiner", "text.v1"].filter(example.contains)
    let others = problems.filter { problem in !invented.contains(where: problem.message.contains) }
    #expect(others == [], "\(example)")
  }
}
