// Graphs as Swift become the graphs of the app file.
import Martlet
import MartletCore
import SwiftProtobuf
import Testing

@Suite struct GraphBuilderTests {
  private let classify = MethodName(service: "content.v1.Classifier", method: "Classify")

  private func call(_ deployment: String) -> GraphNode {
    .call(deployment: deployment, method: classify)
  }

  @Test func oneStepStandsAlone() {
    let route = Route(Content_V1_Downloader.fetch) {
      Content_V1_Downloader.fetch.on("downloader")
    }
    let fetch = MethodName(service: "content.v1.Downloader", method: "Fetch")
    #expect(
      route.spec == .graph(method: fetch, .call(deployment: "downloader", method: fetch)))
  }

  @Test func severalStepsAreOneFlatSequence() {
    let route = Route(Content_V1_Understanding.analyze) {
      Content_V1_Downloader.fetch.on("a")
      Content_V1_Preprocessor.prepare.on("b")
      Content_V1_Detector.detect.on("c")
      Content_V1_Combiner.combine.on("d")
    }
    guard case .graph(_, .sequence(let nodes)) = route.spec else {
      Issue.record("not a sequence: \(route.spec)")
      return
    }
    #expect(nodes.count == 4)
  }

  @Test func forEachNamesItsFields() {
    let step = ForEach(
      Content_V1_Detections.fields.boxes, into: Content_V1_Detections.fields.labels
    ) {
      Content_V1_Classifier.classify.on("expert")
    }
    #expect(
      step.step.node
        == .forEach(ForEachNode(field: "boxes", body: call("expert"), into: "labels")))
  }

  @Test func switchKeepsTheOrderOfItsCases() {
    let step = Switch(on: Content_V1_Crop.fields.kind) {
      Case("looped", "round") { Content_V1_Classifier.classify.on("a") }
      Case("open") { Content_V1_Classifier.classify.on("b") }
      Default { Content_V1_Classifier.classify.on("c") }
    }
    let cases = [
      SwitchNode.Case(value: "looped", node: call("a")),
      SwitchNode.Case(value: "round", node: call("a")),
      SwitchNode.Case(value: "open", node: call("b")),
    ]
    #expect(
      step.step.node == .switch(SwitchNode(field: "kind", cases: cases, default: call("c"))))
  }

  @Test func switchOnANumberAndWithoutDefault() {
    let step = Switch(on: Content_V1_Crop.fields.side) {
      Case(16) { Content_V1_Classifier.classify.on("a") }
    }
    #expect(
      step.step.node
        == .switch(
          SwitchNode(field: "side", cases: [.init(value: "16", node: call("a"))])))
  }

  @Test func ensembleHasBranchesAndCombiner() {
    let step = Ensemble(combine: .vote(Content_V1_Label.fields.object)) {
      Content_V1_Classifier.classify.on("a")
      Content_V1_Classifier.classify.on("b")
    }
    #expect(
      step.step.node
        == .ensemble(
          EnsembleNode(branches: [call("a"), call("b")], combiner: .vote(field: "object"))))
  }

  @Test func meanNamesItsFields() {
    let step = Ensemble(combine: .mean(Content_V1_Label.fields.score)) {
      Content_V1_Classifier.classify.on("a")
    }
    #expect(
      step.step.node
        == .ensemble(EnsembleNode(branches: [call("a")], combiner: .mean(fields: ["score"]))))
  }
}
