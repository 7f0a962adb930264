// Maps, routes within routes and ends, as Swift, become those of the app file.
import Martlet
import MartletCore
import SwiftProtobuf
import Testing

@Suite struct GraphReachTests {
  private let classify = MethodName(service: "content.v1.Classifier", method: "Classify")

  private func call(_ deployment: String) -> GraphNode {
    .call(deployment: deployment, method: classify)
  }

  @Test func aMapNamesWhereEachFieldComesFrom() {
    let route = Route(Content_V1_Understanding.analyze) {
      Content_V1_Downloader.fetch.on("downloader")
      Map(Content_V1_Document.self, to: Content_V1_AnalyzedObject.self) {
        Assign(Content_V1_AnalyzedObject.fields.object, from: Content_V1_Document.fields.url)
        Assign(Content_V1_AnalyzedObject.fields.score, value: 0.5)
      }
      Map(Content_V1_AnalyzedObject.self, to: Content_V1_AnalyzeResponse.self) {
        Assign(Content_V1_AnalyzeResponse.fields.objects, from: Content_V1_AnalyzedObject.self)
      }
    }
    let first = MapNode(
      fields: [
        .init(field: "object", source: .path("url")),
        .init(field: "score", source: .value(.number(0.5))),
      ], type: "content.v1.AnalyzedObject")
    let second = MapNode(
      fields: [.init(field: "objects", source: .path("$response"))],
      type: "content.v1.AnalyzeResponse")
    guard case .graph(_, let graph) = route.spec.target, case .sequence(let nodes) = graph.kind
    else {
      Issue.record("not a sequence: \(route.spec)")
      return
    }
    #expect(nodes.dropFirst() == [.map(first), .map(second)])
  }

  @Test func aMapReachesWhatCameIn() {
    let step = Map(Content_V1_Label.self, to: Content_V1_AnalyzedObject.self) {
      Assign(
        Content_V1_AnalyzedObject.fields.object, fromRequest: Content_V1_AnalyzeRequest.fields.url)
      Assign(Content_V1_AnalyzedObject.fields.score, value: .infinity)
    }
    #expect(
      step.step.node
        == .map(
          MapNode(
            fields: [
              .init(field: "object", source: .path("$request.url")),
              .init(field: "score", source: .value(.string("Infinity"))),
            ], type: "content.v1.AnalyzedObject")))
  }

  @Test func branchesOfOtherTypesSetFieldsOfOneMessage() {
    let step = Ensemble(to: Content_V1_AnalyzedObject.self) {
      Branch("label", Content_V1_Classifier.classify.on("a")) {
        Assign(Content_V1_AnalyzedObject.fields.object, from: Content_V1_Label.fields.object)
      }
      Branch("again", Content_V1_Classifier.classify.on("b")) {
        Assign(Content_V1_AnalyzedObject.fields.score, from: Content_V1_Label.fields.score)
      }
    }
    var branches = [call("a"), call("b")]
    branches[0].options.name = "label"
    branches[1].options.name = "again"
    let map = MapNode(
      fields: [
        .init(field: "object", source: .path("label.object")),
        .init(field: "score", source: .path("again.score")),
      ], type: "content.v1.AnalyzedObject")
    #expect(
      step.step.node == .ensemble(EnsembleNode(branches: branches, combiner: .map(map))))
  }

  @Test func stepsReachBeyondTheOneBefore() {
    let route = Route(Content_V1_Classifier.classify) {
      Content_V1_Classifier.classify.on("a")
      Switch(on: Content_V1_Label.fields.score) {
        Case(0.8...) { Return(Content_V1_Label.self) }
        Default {
          Switch(on: Content_V1_Label.fields.object.isSet) {
            Case(true) { Return(Content_V1_Label.self) }
          }
        }
      }
      FromRequest { Content_V1_Classifier.classify.route }
    }
    var again = GraphNode.route(classify)
    again.options.takesRequest = true
    let isSet = SwitchNode(
      field: "has(object)", cases: [.init(value: "true", node: .return)])
    let unsure = SwitchNode(
      field: "score", cases: [.init(value: ">= 0.8", node: .return)], default: .switch(isSet))
    #expect(
      route.spec
        == .graph(method: classify, .sequence([call("a"), .switch(unsure), again])))
  }

  @Test func aCaseTakesWhatCameIn() {
    let route = Route(Content_V1_Classifier.classify) {
      Content_V1_Classifier.classify.on("a")
      Switch(on: Content_V1_Label.fields.score) {
        Case(0.8...) { Return(Content_V1_Label.self) }
        Default {
          FromRequest { Content_V1_Classifier.classify.on("b") }.insteadOf(Content_V1_Label.self)
        }
      }
    }
    var again = call("b")
    again.options.takesRequest = true
    let unsure = SwitchNode(
      field: "score", cases: [.init(value: ">= 0.8", node: .return)], default: again)
    #expect(
      route.spec == .graph(method: classify, .sequence([call("a"), .switch(unsure)])))
  }
}
