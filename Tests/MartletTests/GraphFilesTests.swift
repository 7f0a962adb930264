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

  @Test func loopsLookAtEnums() throws {
    let route = Route(Self.change) {
      While(Self.kind, is: .typeBool, max: 2) { Self.change.on("a") }
      RepeatUntil(Self.kind, is: .typeString, max: 3) { Self.change.on("b") }
    }
    try expect(
      route,
      is: """
        p.S/Change
            graph:
              sequence:
                - {while: kind, is: 8, do: {call: a, method: p.S/Change}, max: 2}
                - {repeat_until: kind, is: 9, do: {call: b, method: p.S/Change}, max: 3}
        """)
  }

  @Test func loopsMakeBranches() throws {
    let route = Route(Self.classify) {
      Ensemble(combine: .first) {
        for name in ["a", "b"] { Self.classify.on(name).timeout(.seconds(1)) }
        Splitter {
          for (percent, name) in [(90, "b"), (10, "c")] {
            Share(percent) { Self.classify.on(name) }
          }
        }
      }
    }
    try expect(
      route,
      is: """
        content.v1.Classifier/Classify
            graph:
              ensemble:
                - {call: a, method: content.v1.Classifier/Classify, timeout_s: 1}
                - {call: b, method: content.v1.Classifier/Classify, timeout_s: 1}
                - splitter:
                    - {weight: 90, do: {call: b, method: content.v1.Classifier/Classify}}
                    - {weight: 10, do: {call: c, method: content.v1.Classifier/Classify}}
              combine: first
        """)
  }

  @Test func loopsMakeCases() throws {
    let route = Route(Self.classify) {
      Switch(on: Crop.fields.kind) {
        for name in ["a", "b"] { Case("\(name)-like", name) { Self.classify.on(name) } }
        Case("x") {
          Switch(on: Crop.fields.side) {
            Case(1) { Self.classify.on("c") }
            for side in [16, 32] as [UInt32] { Case(side) { Self.classify.on("a") } }
          }
        }
        Default { Self.classify.on("c") }
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
                  a-like: {call: a, method: content.v1.Classifier/Classify}
                  a: {call: a, method: content.v1.Classifier/Classify}
                  b-like: {call: b, method: content.v1.Classifier/Classify}
                  b: {call: b, method: content.v1.Classifier/Classify}
                  x:
                    switch:
                      on: side
                      cases:
                        1: {call: c, method: content.v1.Classifier/Classify}
                        16: {call: a, method: content.v1.Classifier/Classify}
                        32: {call: a, method: content.v1.Classifier/Classify}
                default: {call: c, method: content.v1.Classifier/Classify}
        """)
  }

  @Test func loopsMakeBranchesOfOtherTypes() throws {
    let scores = [("a", "left"), ("b", "right")].map {
      ($0.0, $0.1, FieldPath<Content_V1_Skew, Double>("\($0.1)_degrees"))
    }
    let method = UnaryMethod<Crop, Content_V1_Skew>(
      service: "p.S", method: "Skew", descriptorSet: Self.none)
    let route = Route(method) {
      Ensemble(to: Content_V1_Skew.self) {
        for (deployment, name, degrees) in scores {
          Branch(
            name,
            Steps {
              Self.classify.on(deployment)
              Self.again.on("c")
            }
          ) {
            Assign(degrees, from: Label.fields.score.converted(to: Double.self))
          }
        }
      }
    }
    try expect(
      route,
      is: """
        p.S/Skew
            graph:
              ensemble:
                - sequence:
                    - {call: a, method: content.v1.Classifier/Classify}
                    - {call: c, method: p.S/Again}
                  name: left
                - sequence:
                    - {call: b, method: content.v1.Classifier/Classify}
                    - {call: c, method: p.S/Again}
                  name: right
              combine:
                map: {left_degrees: left.score, right_degrees: right.score}
                as: content.v1.Skew
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

/// Maps.
extension GraphFilesTests {
  private func expect<Output: Message>(
    _ map: Map<Field, Output>, is fields: String, _ place: SourceLocation = #_sourceLocation
  ) throws {
    let method = UnaryMethod<Field, Output>(
      service: "p.S", method: "Map", descriptorSet: Self.none)
    let yaml = "p.S/Map\n    graph: {as: \(Output.protoMessageName), map: \(fields)}"
    try expect(Route(method) { map }, is: yaml, place)
  }

  @Test func aMapWidensNumbers() throws {
    let wide = FieldPath<Crop, Int64>("wide")
    let list = FieldPath<Crop, [Double]>("list")
    try expect(
      Map(Field.self, to: Crop.self) {
        Assign(wide, from: Self.number.converted(to: Int64.self))
        Assign(list, from: FieldPath<Field, [Float]>("floats").converted(to: [Double].self))
      }, is: "{wide: number, list: floats}")
    try expect(
      Map(Field.self, to: Crop.self) {
        Assign(wide, fromRequest: FieldPath<Field, UInt32>("small").converted(to: Int64.self))
        Assign(list, from: Self.number.converted(to: Double.self))
      }, is: "{wide: $request.small, list: number}")
    try expect(
      Map(Field.self, to: Crop.self) {
        Assign(list, fromRequest: Self.number.converted(to: Double.self))
        Assign(
          FieldPath<Crop, [Int64]>("wides"),
          from: FieldPath<Field, [Int32]>("numbers").converted(to: [Int64].self))
        Assign(
          FieldPath<Crop, [UInt64]>("larges"),
          from: FieldPath<Field, [UInt32]>("smalls").converted(to: [UInt64].self))
      }, is: "{list: $request.number, wides: numbers, larges: smalls}")
  }

  @Test func aMapWritesEnumsAndTexts() throws {
    try expect(
      Map(Field.self, to: Crop.self) {
        Assign(Crop.fields.kind, from: Self.kind.converted(to: String.self))
        Assign(FieldPath<Crop, Int32>("number"), from: Self.kind.converted(to: Int32.self))
        Assign(
          FieldPath<Crop, [String]>("names"),
          from: FieldPath<Field, [Field.Kind]>("kinds").converted(to: [String].self))
        Assign(
          Crop.fields.cells, from: FieldPath<Field, String>("name").converted(to: [UInt8].self))
        Assign(
          FieldPath<Crop, [[UInt8]]>("texts"),
          from: FieldPath<Field, [String]>("names").converted(to: [[UInt8]].self))
      }, is: "{kind: kind, number: kind, names: kinds, cells: name, texts: names}")
  }

  @Test func aMapTakesTheRequestAsAWhole() throws {
    try expect(
      Map(Field.self, to: Content_V1_Votes.self) {
        Assign(Content_V1_Votes.fields.labels, fromRequest: Label.self)
        Assign(FieldPath<Content_V1_Votes, Label>("first"), fromRequest: Label.self)
        Assign(
          FieldPath<Content_V1_Votes, [String]>("objects"), fromRequest: Label.fields.object)
      }, is: "{labels: $request, first: $request, objects: $request.object}")
  }

  @Test func aMapHasConstantsOfEveryKind() throws {
    try expect(
      Map(Field.self, to: Crop.self) {
        Assign(Crop.fields.side, value: 16)
        Assign(Crop.fields.cells, value: [1, 2, 255])
        Assign(Crop.fields.box, value: .with { $0.width = 3 })
        Assign(Crop.fields.box.appending(Content_V1_Box.fields.x), value: 5)
      },
      is: """
        {side: {value: 16}, cells: {value: AQL/}, box: {value: {width: 3}},
              box.x: {value: 5}}
        """)
    try expect(
      Map(Field.self, to: Crop.self) {
        Assign(FieldPath<Crop, [UInt32]>("runs"), value: [1, 2])
        Assign(FieldPath<Crop, [String]>("names"), value: ["a", "b"])
        Assign(FieldPath<Crop, [[UInt8]]>("parts"), value: [[1, 2, 255], []])
        Assign(FieldPath<Crop, [Label]>("labels"), value: [.with { $0.object = "x" }, Label()])
      },
      is: """
        {runs: {value: [1, 2]}, names: {value: [a, b]}, parts: {value: [AQL/, ""]},
              labels: {value: [{object: x}, {}]}}
        """)
    try expect(
      Map(Field.self, to: Crop.self) {
        Assign(FieldPath<Crop, Field.Kind>("one"), value: .typeBool)
        Assign(FieldPath<Crop, [Field.Kind]>("two"), value: [.typeBool, .typeString])
        Assign(FieldPath<Crop, [String: Int32]>("counts"), value: ["a": 1])
        Assign(FieldPath<Crop, [Int32: Bool]>("flags"), value: [7: true])
        Assign(FieldPath<Crop, Int64>("exact"), value: 9_007_199_254_740_993)
        Assign(FieldPath<Crop, UInt64>("large"), value: .max)
        Assign(FieldPath<Crop, Float>("none"), value: .nan)
      },
      is: """
        {one: {value: 8}, two: {value: [8, 9]}, counts: {value: {a: 1}}, flags: {value: {7: true}},
              exact: {value: "9007199254740993"}, large: {value: "18446744073709551615"},
              none: {value: NaN}}
        """)
  }
}
