// Graphs in Swift and in YAML are the same, and the file that is made of the one reads back as the other.
import Martlet
import MartletCore
import SwiftProtobuf
import Testing

@Suite struct GraphFilesTests {
  private typealias Crop = Content_V1_Crop
  private typealias Label = Content_V1_Label
  private typealias Field = Google_Protobuf_Field
  private static let none = DescriptorSet(bytes: [])
  private static let classify = Content_V1_Classifier.classify
  private static let again = UnaryMethod<Label, Label>(
    service: "p.S", method: "Again", descriptorSet: none)
  private static let refine = UnaryMethod<Content_V1_Detections, Content_V1_Detections>(
    service: "p.S", method: "Refine", descriptorSet: none)
  private static let change = UnaryMethod<Field, Field>(
    service: "p.S", method: "Change", descriptorSet: none)
  private static let watch = ServerStreamingMethod<Label, Label>(
    service: "p.S", method: "Watch", descriptorSet: none)
  private static let kind = FieldPath<Field, Field.Kind>("kind")
  private static let number = FieldPath<Field, Int32>("number")

  /// What the file says beside the one route.
  private static let head = """
    name: a
    deployments:
      - {name: a, command: [x]}
      - {name: b, command: [x]}
      - {name: c, command: [x]}
    routes:
      - method:
    """

  private func expect(
    _ route: Route, is yaml: String, _ place: SourceLocation = #_sourceLocation
  ) throws {
    let file = try AppFile.read(text: "\(Self.head) \(yaml)", file: "app.yaml").spec
    var app = file
    app.routes = [route.spec]
    #expect(app == file, sourceLocation: place)
    let built = try AppFile.read(text: AppFile.yaml(for: app), file: "built.yaml").spec
    #expect(built == app, sourceLocation: place)
  }

  @Test func severalValuesHaveOneNamedCase() throws {
    let route = Route(Self.classify) {
      Switch(on: Crop.fields.kind) {
        Case("x", "y") { Self.classify.on("a").named("expert") }
        Default { Self.classify.on("b").named("other") }
      }
    }
    try expect(
      route,
      is: """
        content.v1.Classifier/Classify
            graph:
              switch:
                on: kind
                cases:
                  x: &expert {call: a, method: content.v1.Classifier/Classify, name: expert}
                  y: *expert
                default: {call: b, method: content.v1.Classifier/Classify, name: other}
        """)
  }
}
