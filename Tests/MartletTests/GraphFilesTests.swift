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

  @Test func stepsAreABranchWithOptions() throws {
    let route = Route(Self.classify) {
      Fallback {
        Steps {
          Self.classify.on("a")
          Self.again.on("b").named("second")
        }
        .named("both").timeout(.milliseconds(200)).retry(attempts: 2)
        Self.classify.on("c")
      }
    }
    try expect(
      route,
      is: """
        content.v1.Classifier/Classify
            graph:
              fallback:
                - sequence:
                    - {call: a, method: content.v1.Classifier/Classify}
                    - {call: b, method: p.S/Again, name: second}
                  name: both
                  timeout_s: 0.2
                  retry: {attempts: 2}
                - {call: c, method: content.v1.Classifier/Classify}
        """)
  }

  @Test func stepsAreSkippedOrExcusedTogether() throws {
    let route = Route(Self.refine) {
      ForEach(Content_V1_Detections.fields.boxes, into: Content_V1_Detections.fields.labels) {
        Steps {
          Self.classify.on("a")
          Steps {
            Self.again.on("b")
            Self.again.on("c")
          }
          .onError(.with { $0.object = "?" })
        }
        .skippingErrors()
      }
    }
    try expect(
      route,
      is: """
        p.S/Refine
            graph:
              for_each: boxes
              into: labels
              do:
                sequence:
                  - {call: a, method: content.v1.Classifier/Classify}
                  - sequence: [{call: b, method: p.S/Again}, {call: c, method: p.S/Again}]
                    on_error: {default: {object: "?"}}
                on_error: skip
        """)
  }

  /// What came into the steps is not what came into those around them.
  @Test func stepsStayASequenceOfTheirOwn() throws {
    let route = Route(Self.classify) {
      Self.classify.on("a")
      Steps {
        Self.again.on("b")
        FromRequest { Self.again.on("c") }
      }
      Steps { Self.again.on("a") }
    }
    try expect(
      route,
      is: """
        content.v1.Classifier/Classify
            graph:
              sequence:
                - {call: a, method: content.v1.Classifier/Classify}
                - sequence:
                    - {call: b, method: p.S/Again}
                    - {call: c, method: p.S/Again, data: $request}
                - sequence: [{call: a, method: p.S/Again}]
        """)
    try expect(
      Route(Self.again) { Steps { Self.again.on("a") } },
      is: "p.S/Again\n    graph: {sequence: [{call: a, method: p.S/Again}]}")
  }

  @Test func stepsMayEndWithAStream() throws {
    let route = Route(Self.watch) {
      Switch(on: Label.fields.object) {
        Case("x") {
          Self.again.on("a")
          Steps {
            Self.again.on("b")
            Self.watch.on("c")
          }
          .named("told")
        }
        Default { Self.watch.on("c") }
      }
    }
    try expect(
      route,
      is: """
        p.S/Watch
            graph:
              switch:
                on: object
                cases:
                  x:
                    sequence:
                      - {call: a, method: p.S/Again}
                      - sequence: [{call: b, method: p.S/Again}, {call: c, method: p.S/Watch}]
                        name: told
                default: {call: c, method: p.S/Watch}
        """)
  }

  @Test func anEndTakesOptionsOfASequence() throws {
    let route = Route(Self.again) {
      Self.again.on("a")
      Switch(on: Label.fields.object) {
        Case("x") { Return(Label.self) }
        Case("y") { Return(Label.self).timeout(.seconds(1)) }
      }
      FromRequest { Return(Label.self) }.named("as it came")
    }
    try expect(
      route,
      is: """
        p.S/Again
            graph:
              sequence:
                - {call: a, method: p.S/Again}
                - switch:
                    on: object
                    cases:
                      x: return
                      y: {sequence: [return], timeout_s: 1}
                - {sequence: [return], data: $request, name: as it came}
        """)
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

  @Test func votesAndSharesGoByValues() throws {
    let bytes = FieldPath<Field, [UInt8]>("json_name")
    let route = Route(Self.change) {
      Splitter(by: Self.kind) { Share(100) { Self.change.on("a") } }
      Splitter(by: bytes) { Share(100) { Self.change.on("a") } }
      Ensemble(combine: .vote(Self.kind)) { Self.change.on("b") }
      Ensemble(combine: .vote(bytes)) { Self.change.on("c") }
    }
    try expect(
      route,
      is: """
        p.S/Change
            graph:
              sequence:
                - {splitter: [{weight: 100, do: {call: a, method: p.S/Change}}], by: kind}
                - {splitter: [{weight: 100, do: {call: a, method: p.S/Change}}], by: json_name}
                - {ensemble: [{call: b, method: p.S/Change}], combine: {vote: kind}}
                - {ensemble: [{call: c, method: p.S/Change}], combine: {vote: json_name}}
        """)
  }
}
