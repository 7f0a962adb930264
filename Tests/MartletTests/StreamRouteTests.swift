// Routes whose graphs stream, as Swift, become those of the app file.
import Martlet
import MartletCore
import SwiftProtobuf
import Testing

@Suite struct StreamRouteTests {
  private typealias Label = Content_V1_Label
  private typealias Crop = Content_V1_Crop
  private static let none = DescriptorSet(bytes: [])
  private static let watch = ServerStreamingMethod<Crop, Label>(
    service: "p.S", method: "Watch", descriptorSet: none)
  private static let gather = ClientStreamingMethod<Label, Label>(
    service: "p.S", method: "Gather", descriptorSet: none)
  private static let change = BidirectionalMethod<Label, Label>(
    service: "p.S", method: "Change", descriptorSet: none)

  private func call(_ deployment: String, _ method: String) -> GraphNode {
    .call(deployment: deployment, method: MethodName(service: "p.S", method: method))
  }

  private func graph(_ route: Route) -> GraphNode? {
    if case .graph(_, let graph) = route.spec.target { graph } else { nil }
  }

  @Test func aStreamIsTheLastStepOrGoesOn() {
    #expect(graph(Route(Self.watch) { Self.watch.on("a") }) == call("a", "Watch"))
    let long = Route(Self.watch) {
      Self.watch.on("a")
      Self.change.on("b")
      Self.change.on("c")
    }
    #expect(
      graph(long) == .sequence([call("a", "Watch"), call("b", "Change"), call("c", "Change")]))
    let classify = Content_V1_Classifier.classify
    let gathered = Route(classify) {
      Self.watch.on("a")
      Self.gather.on("b")
    }
    #expect(graph(gathered) == .sequence([call("a", "Watch"), call("b", "Gather")]))
  }

  @Test func aStreamOfTheClientGoesToTheFirstStep() {
    let route = Route(Self.change) {
      Self.change.on("a")
      Self.gather.on("b")
      Map(Label.self, to: Crop.self) { Assign(Crop.fields.kind, from: Label.fields.object) }
      Self.watch.on("c")
    }
    let map = MapNode(
      fields: [.init(field: "kind", source: .path("object"))], type: "content.v1.Crop")
    #expect(
      graph(route)
        == .sequence([call("a", "Change"), call("b", "Gather"), .map(map), call("c", "Watch")]))
    #expect(graph(Route(Self.gather) { Self.gather.on("a") }) == call("a", "Gather"))
  }

  @Test func casesMayEndWithStreams() {
    let route = Route(Self.watch) {
      Switch(on: Crop.fields.kind) {
        Case("a") { Self.watch.on("a").named("first") }
        Case("b") {
          Self.watch.on("b")
          Self.change.on("c")
        }
        Case("c") { Content_V1_Classifier.classify.on("d").asStream }
        Default {
          Content_V1_Classifier.classify.on("d")
          FromRequest { Self.watch.on("e") }
        }
      }
      .named("choice")
    }
    let classify = GraphNode.call(
      deployment: "d", method: MethodName(service: "content.v1.Classifier", method: "Classify"))
    var first = call("a", "Watch")
    first.options.name = "first"
    var again = call("e", "Watch")
    again.options.takesRequest = true
    let cases = [
      SwitchNode.Case(value: "a", node: first),
      SwitchNode.Case(value: "b", node: .sequence([call("b", "Watch"), call("c", "Change")])),
      SwitchNode.Case(value: "c", node: classify),
    ]
    var node = GraphNode.switch(
      SwitchNode(field: "kind", cases: cases, default: .sequence([classify, again])))
    node.options.name = "choice"
    #expect(graph(route) == node)
  }

  @Test func sharesAndRoutesMayEndWithStreams() {
    let step = MethodName(service: "content.v1.Classifier", method: "Classify")
    let route = Route(Self.change) {
      Self.gather.on("a")
      Map(Label.self, to: Crop.self) { Assign(Crop.fields.kind, from: Label.fields.object) }
      Splitter(by: Crop.fields.kind) {
        Share(90) { Self.watch.on("b") }
        Share(10) {
          Content_V1_Classifier.classify.on("c")
          FromRequest { Self.watch.route }.insteadOf(Label.self)
        }
      }
    }
    let map = MapNode(
      fields: [.init(field: "kind", source: .path("object"))], type: "content.v1.Crop")
    var again = GraphNode.route(MethodName(service: "p.S", method: "Watch"))
    again.options.takesRequest = true
    let last = GraphNode.sequence([.call(deployment: "c", method: step), again])
    let splitter = SplitterNode(
      shares: [.init(weight: 90, node: call("b", "Watch")), .init(weight: 10, node: last)],
      sticky: .field("kind"))
    #expect(graph(route) == .sequence([call("a", "Gather"), .map(map), .splitter(splitter)]))
  }
}
