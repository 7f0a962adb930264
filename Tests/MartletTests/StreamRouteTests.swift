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
}
