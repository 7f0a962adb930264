// Facts about what of KServe's graphs is listed: each with its place and a reason.

import MartletCore
import Testing

@testable import MartletConversion

@Suite struct UnsayableGraphTests {
  @Test(arguments: [
    ("Sequence", "serviceName: a, data: $response.predictions", "[0].data", "takes $response.pred"),
    ("Sequence", "serviceName: a, condition: x", "[0].condition", "this is the first step"),
    ("Sequence", "serviceName: a, weight: 3", "[0].weight", "only a Splitter"),
    ("Sequence", "serviceName: a, serviceUrl: b", "[0]", "one of serviceName, serviceUrl and nod"),
    ("Sequence", "name: a", "[0]", "one of serviceName, serviceUrl and nodeName"),
    ("Sequence", "serviceUrl: 'http://10.0.0.1/x'", "[0].serviceUrl", "say serviceName"),
    ("Sequence", "serviceName: a, dependency: hard", "[0].dependency", "did you mean Hard?"),
    ("Sequence", "nodeName: roof", "[0].nodeName", "no node roof; did you mean root?"),
    ("Sequence", "nodeName: root", "[0].nodeName", "leads back to itself"),
    (
      "Sequence", "serviceName: a, mapPredictionsToInstances: true",
      "[0].mapPredictionsToInstances", "map: {instances: predictions}"
    ),
    ("Sequence", "serviceName: a, wait: 3", "[0].wait", "unknown key"),
    ("Switch", "serviceName: a", "[0]", "has no condition"),
    (
      "Switch", "serviceName: a, condition: 'a.#(b==1)'", "[0].condition", "any element of the list"
    ),
    (
      "Switch", "serviceName: a, data: $response, condition: x", "[0].data",
      "every step of a Switch"
    ),
    ("Splitter", "serviceName: a", "[0]", "missing key weight"),
    ("Splitter", "serviceName: a, weight: 90", "", "the weights add up to 90"),
    ("Splitter", "serviceName: a, weight: 100, condition: x", "[0].condition", "does not look at"),
    ("Splitter", "serviceName: a, weight: 101", "[0].weight", "0 to 100 percent, not 101"),
    ("Sequence", "serviceName: a b", "[0].serviceName", "\"a b\" is not a name"),
    ("Sequence", "serviceName: router", "[0].serviceName", "a process of the mesh itself"),
  ])
  func step(type: String, step: String, path: String, reason: String) throws {
    let unsaid = try Converted.root(type, step).unsaid
    #expect(unsaid.count == 1, "\(unsaid)")
    #expect(unsaid.first?.contains(": spec.nodes.root.steps\(path): ") == true, "\(unsaid)")
    #expect(unsaid.first?.contains(reason) == true, "\(unsaid)")
  }

  @Test func anEnsembleNeedsTheTypeOfItsAnswers() throws {
    let found = try Converted.root("Ensemble", "serviceName: a, name: x")
    #expect(found.apps.isEmpty)
    #expect(found.unsaid.count == 1)
    #expect(found.unsaid[0].hasPrefix("a.yaml:7:7: spec.nodes.root: KServe answers with an object"))
    #expect(found.unsaid[0].hasSuffix("say --answer root=package.Message"))
  }

  /// A splitter of less than all would be no app.
  @Test func aSplitterWithoutOneOfItsStepsIsLeftOut() throws {
    let found = try Converted.root(
      "Splitter", "serviceName: a, weight: 75", "nodeName: gone, weight: 25")
    #expect(found.apps.isEmpty)
    #expect(found.unsaid.count == 2)
    #expect(
      found.unsaid.contains {
        $0.hasSuffix("steps: the weights of the steps that can be said add up to 75, not 100")
      })
  }

  /// Whose requests they were nobody can tell, so no other step gets them.
  @Test(arguments: [
    "serviceName: b, condition: 'instances.0'", "name: b, condition: other",
    "nodeName: gone, condition: '[@this].#(kind!=x)'", "serviceName: b, condition: [x]",
    "serviceName: b, serviceUrl: 'http://b', condition: '[@this].#(kind==z)'",
  ])
  func requestsOfAStepOfASwitchThatIsLostFail(lost: String) throws {
    let found = try Converted.root(
      "Switch", "serviceName: a, condition: '[@this].#(kind==x)'", lost,
      "serviceName: c, condition: '[@this].#(kind==y)'", "serviceName: d, condition: rest")
    let app = try #require(found.apps.first)
    #expect(app.deployments.map(\.name) == ["a"])
    let method = ConversionOptions.openInference
    let only = SwitchNode.Case(value: "x", node: .call(deployment: "a", method: method))
    #expect(found.graph == .switch(SwitchNode(field: "kind", cases: [only])))
    #expect(found.unsaid.count == 3, "\(found.unsaid)")
    for (step, index) in [(2, 1), (3, 1)] {
      #expect(
        found.unsaid.contains {
          $0.contains("steps[\(step)]: left out: requests of steps[\(index)], which cannot be said")
        }, "\(found.unsaid)")
    }
    #expect(found.texts.first?.contains("steps[3]: left out: requests of") == true)
  }

  @Test(arguments: ["serviceName: b", "serviceName: b, condition: ''"])
  func aStepThatKServeNeverTakesTakesNothingAlong(step: String) throws {
    let found = try Converted.root(
      "Switch", step, "serviceName: c, condition: '[@this].#(kind==y)'")
    #expect(found.unsaid.count == 1)
    #expect(found.unsaid[0].contains("never takes a step of a Switch that has no condition"))
    #expect(try #require(found.apps.first).deployments.map(\.name) == ["c"])
  }

  /// Nor need steps go that cannot get its requests.
  @Test func stepsThatCannotGetALostStepsRequestsStay() throws {
    let found = try Converted.root(
      "Switch", "nodeName: gone, condition: '[@this].#(kind==x)'",
      "serviceName: b, condition: '[@this].#(kind==y)'",
      "serviceName: c, condition: '[@this].#(kind==\"x\")'",
      "serviceName: d, condition: '[@this].#(kind>3)'")
    #expect(try #require(found.apps.first).deployments.map(\.name) == ["b"])
    #expect(found.unsaid.count == 3, "\(found.unsaid)")
    let all = try Converted.root(
      "Switch", "nodeName: gone, condition: x", "serviceName: b, condition: y")
    #expect(all.apps.isEmpty)
  }

  /// A number and a text are the same key.
  @Test func theSameCaseTwiceIsListed() throws {
    let found = try Converted.root(
      "Switch", "serviceName: a, condition: '[@this].#(n==1)'",
      "serviceName: b, condition: '[@this].#(n==\"1\")'")
    #expect(found.unsaid.count == 1)
    #expect(
      found.unsaid[0].hasPrefix(
        "a.yaml:10:39: spec.nodes.root.steps[1].condition: an earlier step has the same case 1"))
    #expect(found.apps.map { $0.problems() } == [[]])
  }

  @Test func twoAnswersInOneFieldAreListed() throws {
    var options = ConversionOptions()
    options.answers = ["root": "p.Both"]
    let nodes = """
          root:
            routerType: Ensemble
            steps:
              - {serviceName: a, name: first}
              - {serviceName: b, name: first}
              - {serviceName: c, name: se-cond}
              - {serviceName: d, name: se_cond}
      """
    let found = try Converted.graph(nodes, options)
    #expect(found.unsaid.map { $0.contains("give the step another name") } == [true, true])
    #expect(found.unsaid[0].contains("spec.nodes.root.steps[1].name: an earlier step's answer"))
    #expect(found.apps.map { $0.problems() } == [[]])
  }

  @Test func anAppThatCanHaveNoNameIsNone() throws {
    let text = """
      apiVersion: serving.kserve.io/v1alpha1
      kind: InferenceGraph
      metadata: {name: a b}
      spec: {timeout: 0, nodes: {root: {routerType: Sequence, steps: [{serviceName: a}]}}}
      """
    let found = try Converted(text)
    #expect(found.apps.isEmpty)
    #expect(found.unsaid.count == 1)
    #expect(found.unsaid[0].hasPrefix("a.yaml:3:18: metadata.name: \"a b\" is not a name"))
  }

  @Test func aTimeThatIsNoneIsLeftOut() throws {
    let found = try Converted.graph(
      "    root: {routerType: Sequence, steps: [{serviceName: a}]}",
      spec: "  timeout: 0\n  routerTimeouts: {serviceClient: -1}\n")
    #expect(found.unsaid.map { $0.contains("a time is more than 0") } == [true, true])
    #expect(found.apps.map { $0.problems() } == [[]])
  }

  @Test func theSameConditionTwiceIsNeverTaken() throws {
    let unsaid = try Converted.root(
      "Switch", "serviceName: a, condition: x", "serviceName: b, condition: x"
    ).unsaid
    #expect(unsaid.count == 1)
    #expect(unsaid[0].hasPrefix("a.yaml:10:39: spec.nodes.root.steps[1].condition: an earlier"))
  }

  @Test func whatIsAboutThePodsOfTheRouter() throws {
    let spec = """
        minReplicas: 1
        scaleMetric: rps
        tolerations: []
        nodeSelector: {gpu: "yes"}
        routerTimeouts: {serverIdle: 3}

      """
    let unsaid = try Converted.graph(
      "    root: {routerType: Sequence, steps: [{serviceName: a}]}", spec: spec
    ).unsaid
    #expect(
      unsaid.map { String($0.prefix { $0 != " " }) }
        == ["a.yaml:5:16:", "a.yaml:6:16:", "a.yaml:8:17:", "a.yaml:9:32:"])
  }

  @Test func nodesThatNothingLeadsTo() throws {
    let unsaid = try Converted.graph(
      """
          root: {routerType: Sequence, steps: [{serviceName: a}]}
          lost: {routerType: Sequence, steps: [{serviceName: b}]}
      """
    ).unsaid
    #expect(unsaid == ["a.yaml:7:11: spec.nodes.lost: no step leads to lost"])
  }

  @Test func aGraphBeginsAtItsRoot() throws {
    let found = try Converted.graph("    a: {routerType: Sequence, steps: [{serviceName: a}]}")
    #expect(found.apps.isEmpty)
    #expect(found.unsaid.contains { $0.contains("there is none") })
  }

  @Test func referencesThatMultiplyHaveAnEnd() throws {
    var nodes = "    n0: {routerType: Sequence, steps: [{serviceName: a}]}\n"
    for index in 1...12 {
      let step = "{nodeName: n\(index - 1), dependency: Hard}"
      nodes += "    n\(index): {routerType: Sequence, steps: [\(step), \(step), \(step)]}\n"
    }
    nodes += "    root: {routerType: Sequence, steps: [{nodeName: n12}]}"
    let unsaid = try Converted.graph(nodes).unsaid
    #expect(unsaid.count == 1)
    #expect(unsaid[0].contains("more than \(InferenceGraphConverter.maxNodes) nodes"))
  }

  @Test func aMethodOfNobodyIsASlip() throws {
    var options = ConversionOptions()
    options.methods = ["roto": ConversionOptions.openInference]
    let error = #expect(throws: ConversionError.self) {
      _ = try Converted.graph(
        "    root: {routerType: Sequence, steps: [{serviceName: a}]}", options)
    }
    #expect(error?.place == .options)
    #expect(error?.lines.first?.contains("did you mean root?") == true)
  }
}
