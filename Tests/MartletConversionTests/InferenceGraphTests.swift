// Facts about what each of KServe's nodes becomes.

import MartletCore
import Testing

@testable import MartletConversion

@Suite struct InferenceGraphTests {
  private func call(
    _ deployment: String, _ options: NodeOptions = NodeOptions()
  ) -> GraphNode {
    let method = ConversionOptions.openInference
    return GraphNode(.call(deployment: deployment, method: method), options)
  }

  private let request = NodeOptions(takesRequest: true)

  /// A call of a model that takes the answer of the one before it.
  private func next(_ deployment: String, _ options: NodeOptions = NodeOptions()) -> [GraphNode] {
    let map = MapNode(
      fields: [
        .init(field: "model_name", source: .value(.string(deployment))),
        .init(field: "id", source: .path("id")),
        .init(field: "inputs", source: .path("outputs")),
        .init(field: "raw_input_contents", source: .path("raw_output_contents")),
      ], type: "inference.ModelInferRequest")
    return [.map(map), call(deployment, options)]
  }

  @Test func aStepTakesTheNodesInputUnlessItSaysResponse() throws {
    let found = try Converted.root(
      "Sequence", "serviceName: a, dependency: Hard", "serviceName: b, dependency: Hard",
      "serviceName: c, data: $response", "serviceName: d, data: $request")
    #expect(found.unsaid == [])
    var unread = GraphNode.sequence(next("c"))
    unread.options.onError = .answer(.object([:]))
    #expect(found.graph == .sequence([call("a"), call("b", request), unread, call("d", request)]))
  }

  @Test func aSoftStepThatNobodyReadsMayFail() throws {
    let found = try Converted.root(
      "Sequence", "serviceName: a, dependency: Soft", "serviceName: b")
    let soft = NodeOptions(onError: .answer(.object([:])))
    #expect(found.graph == .sequence([call("a", soft), call("b", request)]))
    let read = try Converted.root(
      "Sequence", "serviceName: a, dependency: Soft", "serviceName: b, data: $response")
    #expect(
      read.unsaid.map { $0.prefix(50) } == ["a.yaml:9:40: spec.nodes.root.steps[0].dependency: "])
    #expect(read.graph == .sequence([call("a")] + next("b")))
  }

  @Test func aConditionThatDoesNotHoldReturns() throws {
    let found = try Converted.root(
      "Sequence", "serviceName: a",
      "serviceName: b, data: $request, condition: '[@this].#(kind==open)'",
      "serviceName: c, data: $response, condition: '[@this].#(kind!=\"x\")'")
    #expect(found.unsaid == [])
    let first = SwitchNode(
      field: "kind", cases: [.init(value: "open", node: call("b", request))], default: .return)
    let second = SwitchNode(
      field: "kind", cases: [.init(value: "x", node: .return)], default: .sequence(next("c")))
    #expect(found.graph == .sequence([call("a"), .switch(first), .switch(second)]))
  }

  @Test func aConditionInTheMiddleEndsTheGraphOnlyBelowAHardStep() throws {
    func nodes(_ dependency: String) -> String {
      """
          root:
            routerType: Sequence
            steps:
              - {nodeName: inner, dependency: \(dependency)}
              - {serviceName: last}
          inner:
            routerType: Sequence
            steps:
              - {serviceName: a}
              - {serviceName: b, condition: sure}
      """
    }
    #expect(try Converted.graph(nodes("Hard")).unsaid == [])
    let soft = try Converted.graph(nodes("Soft")).unsaid
    #expect(soft.count == 1)
    #expect(soft.first?.contains("15:39: spec.nodes.inner.steps[1].condition: ") == true, "\(soft)")
  }

  @Test func aSwitchAsksOneFieldAfterTheOther() throws {
    let found = try Converted.root(
      "Switch", "serviceName: a, condition: '[@this].#(kind==x)'",
      "serviceName: b, condition: '[@this].#(kind==y)'",
      "serviceName: c, condition: '[@this].#(size!=3)'",
      "serviceName: d, condition: '[@this].#(kind==z)'")
    #expect(found.unsaid == [])
    let last = SwitchNode(field: "kind", cases: [.init(value: "z", node: call("d"))])
    let unequal = SwitchNode(
      field: "size", cases: [.init(value: "3", node: .switch(last))], default: call("c"))
    let first = SwitchNode(
      field: "kind",
      cases: [.init(value: "x", node: call("a")), .init(value: "y", node: call("b"))],
      default: .switch(unequal))
    #expect(found.graph == .switch(first))
  }

  @Test func nothingThatMatchesFailsAsASwitchWithoutDefaultDoes() throws {
    let numbers = try Converted.root("Switch", "serviceName: a, condition: '[@this].#(n!=3)'")
    let cases = ["< 3", "> 3"].map { SwitchNode.Case(value: $0, node: call("a")) }
    #expect(numbers.graph == .switch(SwitchNode(field: "n", cases: cases)))
    let texts = try Converted.root("Switch", "serviceName: a, condition: '[@this].#(n!=\"x\")'")
    #expect(texts.graph == nil)
    #expect(texts.unsaid.first?.contains("no node that fails") == true)
  }

  @Test func aSplitterKeepsItsWeights() throws {
    let found = try Converted.root(
      "Splitter", "serviceName: a, weight: 90", "serviceName: b, weight: 10")
    #expect(
      found.graph
        == .splitter(
          SplitterNode(shares: [
            .init(weight: 90, node: call("a")), .init(weight: 10, node: call("b")),
          ])))
  }

  @Test func theAnswersOfAnEnsembleAreFieldsOfOneMessage() throws {
    var options = ConversionOptions()
    options.answers = ["both": "p.Both"]
    let nodes = """
          root: {routerType: Sequence, steps: [{nodeName: both}]}
          both:
            routerType: Ensemble
            steps:
              - {serviceName: a, name: first-one, dependency: Hard}
              - {serviceName: b, name: v1.2}
              - {serviceName: c}
      """
    let found = try Converted.graph(nodes, options)
    let map = MapNode(
      fields: [
        .init(field: "first_one", source: .path("first-one")),
        .init(field: "v1_2", source: .path("v1-2")),
        .init(field: "step_2", source: .path("step_2")),
      ], type: "p.Both")
    let branches = [
      call("a", NodeOptions(name: "first-one")),
      call("b", NodeOptions(name: "v1-2", onError: .skip)),
      call("c", NodeOptions(name: "step_2", onError: .skip)),
    ]
    #expect(found.unsaid == [])
    #expect(found.graph == .ensemble(EnsembleNode(branches: branches, combiner: .map(map))))
  }

  @Test func servicesHaveTheirMethodsAndNodesTheirs() throws {
    var options = ConversionOptions()
    options.methods = [
      "a": MethodName(service: "p.A", method: "Do"),
      "inner": MethodName(service: "p.I", method: "Do"),
    ]
    options.defaultMethod = MethodName(service: "p.All", method: "Do")
    options.route = MethodName(service: "p.Clients", method: "Ask")
    options.protos = ["p.binpb"]
    options.command = ["serve", "--name={deployment}"]
    let nodes = """
          root: {routerType: Sequence, steps: [{serviceName: a}, {nodeName: inner}, {serviceName: c}]}
          inner: {routerType: Sequence, steps: [{serviceUrl: "https://b.example.com:8080/v1/x"}]}
      """
    let app = try #require(try Converted.graph(nodes, options).apps.first)
    #expect(app.deployments.map(\.name) == ["a", "b", "c"])
    #expect(app.deployments.map(\.services) == [["p.A"], ["p.I"], ["p.All"]])
    #expect(app.deployments[1].command == ["serve", "--name=b"])
    #expect(app.launcher == .process)
    #expect(app.protos == ["p.binpb"])
    guard case .graph(let route, _) = app.routes[0].target else {
      Issue.record("not a graph")
      return
    }
    #expect(route == options.route)
  }

  @Test func timesOfTheGraphAndOfItsServices() throws {
    let found = try Converted.graph(
      "    root: {routerType: Sequence, steps: [{serviceName: a}, {serviceName: b, data: $response}]}",
      spec: "  timeout: 20\n  routerTimeouts: {serviceClient: 5}\n")
    let limited = NodeOptions(timeout: .seconds(5))
    var expected = GraphNode.sequence([call("a", limited)] + next("b", limited))
    expected.options.timeout = .seconds(20)
    #expect(found.unsaid == [])
    #expect(found.graph == expected)
  }

  @Test func onlyTheAnswerOfAModelBecomesTheRequestOfOne() throws {
    var options = ConversionOptions()
    options.methods = ["a": MethodName(service: "p.A", method: "Do")]
    let nodes = """
          root:
            routerType: Sequence
            steps: [{serviceName: a}, {nodeName: which, data: $response}, {nodeName: which, data: $response}]
          which:
            routerType: Switch
            steps: [{serviceName: b, condition: '[@this].#(id==x)'}]
      """
    let found = try Converted.graph(nodes, options)
    #expect(found.unsaid == [])
    func which(_ node: GraphNode) -> GraphNode {
      .switch(SwitchNode(field: "id", cases: [.init(value: "x", node: node)]))
    }
    let first = GraphNode.call(deployment: "a", method: MethodName(service: "p.A", method: "Do"))
    #expect(found.graph == .sequence([first, which(call("b")), which(.sequence(next("b")))]))
  }

  @Test func namesOfStepsAreUnique() throws {
    let nodes = """
          root:
            routerType: Sequence
            steps: [{nodeName: inner, name: x}, {nodeName: inner, data: $response}, {serviceName: b, name: x}]
          inner: {routerType: Sequence, steps: [{serviceName: a}, {serviceName: c, name: x}]}
      """
    let app = try #require(try Converted.graph(nodes).apps.first)
    #expect(app.problems() == [])
  }
}
