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

  @Test func aRouteMayHaveANameInHTTP() {
    let route = Route(Content_V1_Downloader.fetch, to: "downloader").http(.post, "/fetch")
    let fetch = MethodName(service: "content.v1.Downloader", method: "Fetch")
    #expect(
      route.spec == .method(fetch, deployment: "downloader", http: HTTPName(.post, "/fetch")))
  }

  @Test func severalStepsAreOneFlatSequence() {
    let route = Route(Content_V1_Understanding.analyze) {
      Content_V1_Downloader.fetch.on("a")
      Content_V1_Preprocessor.prepare.on("b")
      Content_V1_Detector.detect.on("c")
      Content_V1_Combiner.combine.on("d")
    }
    guard case .graph(_, let graph) = route.spec.target, case .sequence(let nodes) = graph.kind
    else {
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

  @Test func casesMayBeTheMembersOfAOneof() {
    let subject = OneofPath<Content_V1_Crop, Subject>("subject")
    let step = Switch(on: subject) {
      Case(.image) { Content_V1_Classifier.classify.on("a") }
      Case(.plainText, .note) { Content_V1_Classifier.classify.on("b") }
      Default { Content_V1_Classifier.classify.on("c") }
    }
    let cases = [
      SwitchNode.Case(value: "image", node: call("a")),
      SwitchNode.Case(value: "plain_text", node: call("b")),
      SwitchNode.Case(value: "note", node: call("b")),
    ]
    #expect(
      step.step.node == .switch(SwitchNode(field: "subject", cases: cases, default: call("c"))))
    let labels = OneofPath<Content_V1_Label, Subject>("subject")
    let loop = While(labels, is: .plainText, max: 3) { Content_V1_Label.again }
    guard case .loop(let node) = loop.step.node.kind else {
      Issue.record("not a loop")
      return
    }
    #expect([node.field, node.condition] == ["subject", "plain_text"])
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

  @Test func casesMayBeRanges() {
    let step = Switch(on: Content_V1_Label.fields.score) {
      Case(..<0.5) { Content_V1_Label.again }
      Case(0.5..<0.8) { Content_V1_Label.again }
      Case(0.8...) { Content_V1_Label.again }
    }
    guard case .switch(let node) = step.step.node.kind else {
      Issue.record("not a switch")
      return
    }
    #expect(node.cases.map(\.value) == ["< 0.5", "0.5..<0.8", ">= 0.8"])
  }

  @Test func otherWays() {
    let a = Content_V1_Classifier.classify.on("a")
    let b = Content_V1_Classifier.classify.on("b")
    let fallback = Fallback {
      a
      b
    }
    #expect(fallback.step.node == .fallback([call("a"), call("b")]))
    let hedge = Hedge(after: .milliseconds(20)) { a }
    #expect(hedge.step.node == .hedge(HedgeNode(body: call("a"), delay: .milliseconds(20))))
    let splitter = Splitter(byMetadata: "user-id") {
      Share(90) { a }
      Share(10) { b }
    }
    #expect(
      splitter.step.node
        == .splitter(
          SplitterNode(
            shares: [.init(weight: 90, node: call("a")), .init(weight: 10, node: call("b"))],
            sticky: .metadata("user-id"))))
    let mirror = Mirror(Content_V1_Classifier.classify, on: "shadow", percent: 5)
    #expect(
      mirror.step.node
        == .mirror(MirrorNode(deployment: "shadow", method: classify, percent: 5)))
  }

  @Test func optionsOfSteps() {
    let unknown = Content_V1_Label.with { $0.object = "unknown" }
    let step = Content_V1_Classifier.classify.on("a").named("small").timeout(.milliseconds(200))
      .onError(unknown)
    #expect(
      step.node.options
        == NodeOptions(
          name: "small", timeout: .milliseconds(200),
          onError: .answer(.object(["object": .string("unknown")]))))
    #expect(
      step.retry(attempts: 3, on: [.aborted]).node.options.retry
        == NodeOptions.RetrySpec(attempts: 3, codes: [.aborted]))
    #expect(step.skippingErrors().node.options.onError == .skip)
    #expect(step.node.kind == call("a").kind)
  }

  @Test func everyCombiner() {
    func combiner(_ step: Step<Content_V1_Crop, Content_V1_Label>) -> EnsembleNode? {
      if case .ensemble(let node) = step.node.kind { node } else { nil }
    }
    let score = Content_V1_Label.fields.score
    let a = Content_V1_Classifier.classify.on("a")
    let first = Ensemble(combine: .first) { a }
    #expect(combiner(first.step)?.combiner == .first)
    let largest = Ensemble(combine: .max(by: score), quorum: 1) { a }
    #expect(combiner(largest.step)?.combiner == .maxBy(field: "score"))
    #expect(combiner(largest.step)?.quorum == 1)
    let weighted = Ensemble(combine: .weightedMean(score, weights: [2])) { a }
    #expect(
      combiner(weighted.step)?.combiner == .weightedMean(fields: ["score"], weights: [2]))
  }
}

private enum Subject: String, OneofMember {
  case image
  case plainText = "plain_text"
  case note
}

extension Content_V1_Label {
  /// A step that takes a label and gives one.
  fileprivate static let again = UnaryMethod<Content_V1_Label, Content_V1_Label>(
    service: "content.v1.Labels", method: "Again", descriptorSet: DescriptorSet(bytes: [])
  ).on("again")
}
