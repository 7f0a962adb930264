// Facts about files of several objects, and about addresses that tell services apart.

import MartletCore
import Testing

@testable import MartletConversion

@Suite struct SeveralObjectsTests {
  private static let graph = """
    apiVersion: serving.kserve.io/v1alpha1
    kind: InferenceGraph
    metadata: {name: NAME, labels: {a: b}, finalizers: [x/y], annotations: {last: "{}"}, uid: x}
    spec: {nodes: {root: {routerType: Sequence, steps: [{serviceName: first}]}}}
    status: {url: http://x}

    """
  private static let service = """
    apiVersion: serving.kserve.io/v1beta1
    kind: InferenceService
    metadata: {name: first}

    """

  private func converted(_ text: String) throws -> ConvertedFile {
    try ConvertedFile(text: text, file: "a.yaml", options: ConversionOptions())
  }

  @Test func graphsAreConvertedAndTheRestIsListed() throws {
    let found = try converted(
      Self.service + "---\n" + Self.graph.replacing("NAME", with: "one") + "---\n# end\n...\n---\n"
        + Self.graph.replacing("NAME", with: "two") + "---\n")
    #expect(found.apps.map(\.spec.name) == ["one", "two"])
    #expect(found.unsaid == [])
    #expect(found.leftOut.count == 1)
    #expect(
      found.lines.first?.hasPrefix(
        "a.yaml:1:1: left out: InferenceService of serving.kserve.io/v1b")
        == true)
  }

  @Test func listsAreLookedInto() throws {
    let text = """
      apiVersion: v1
      kind: List
      items:
      - {apiVersion: v1, kind: ConfigMap, metadata: {name: x}}
      - apiVersion: serving.kserve.io/v1alpha1
        kind: InferenceGraph
        metadata: {name: listed}
        spec: {nodes: {root: {routerType: Sequence, steps: [{serviceName: a, wait: 1}]}}}
      """
    let found = try converted(text)
    #expect(found.apps.map(\.spec.name) == ["listed"])
    // Each at its place in the file.
    #expect(found.unsaid.map(\.mark) == [SourceMark(line: 8, column: 72)])
    #expect(found.leftOut.map(\.mark) == [SourceMark(line: 4, column: 3)])
  }

  @Test func placesAreThoseOfTheFile() throws {
    let found = try converted(
      Self.service + "---\n" + Self.graph.replacing("{name: NAME", with: "{name: a b"))
    #expect(found.unsaid.map(\.mark) == [SourceMark(line: 7, column: 18)])
    let error = #expect(throws: ConversionError.self) { _ = try converted("a: 1\n---\nb: [\n") }
    #expect(error?.lines.first?.hasPrefix("a.yaml:4:") == true, "\(error?.lines ?? [])")
  }

  @Test func nothingToConvertIsAnError() {
    let error = #expect(throws: ConversionError.self) {
      _ = try converted(Self.service + "---\n" + Self.service)
    }
    #expect(error?.lines.count == 3)
    #expect(error?.lines.last?.contains("several documents") == true)
  }

  @Test func aNamespaceIsToldAndNoLoss() throws {
    let text = Self.graph.replacing("name: NAME", with: "name: n, namespace: team")
    let found = try converted(text)
    #expect((found.apps.count, found.unsaid.count, found.leftOut.count) == (1, 0, 1))
  }

  @Test func addressesAreToldApartByAllOfThem() {
    let urls = [
      "http://models.north.svc.cluster.local/v1/models/in:predict",
      "http://models.north.svc.cluster.local:80/v1/models/in:predict",
      "http://models.north.svc.cluster.local/v1/models/out:predict",
      "http://models.south.svc.cluster.local:8080/v1/models/in:predict",
      "https://alone.default.example.com/x",
      "http://first/a", "http://first/a/", "http://first/A",
    ]
    let addresses = urls.compactMap(ServiceAddress.init)
    let names = ServiceAddress.names(of: addresses, taken: ["alone"])
    #expect(
      addresses.map { names[$0] } == [
        "models-north-in", "models-north-in", "models-north-out", "models-south-8080-in",
        "alone-2", "first-a", "first-a-slash", "first-A",
      ])
    #expect(ServiceAddress("http://10.0.0.1/x") == nil)
    #expect(ServiceAddress("http://user:p@ss@m.a:80/in") == ServiceAddress("http://m.a/in"))
  }

  @Test func stepsCallTheServiceOfTheirAddress() throws {
    let found = try Converted.root(
      "Switch", "serviceUrl: 'http://m.a/in', condition: '[@this].#(l==\"in\")'",
      "serviceUrl: 'http://m.a/out', condition: '[@this].#(l==\"out\")'")
    #expect(found.unsaid == [])
    #expect(found.apps.first?.deployments.map(\.name) == ["m-in", "m-out"])
  }

  @Test(arguments: ["l==\"a\" && n>3", "l==a || l==b", "n==3&&m==2"])
  func combinedConditionsAreRefusedByName(query: String) {
    do throws(GJSONCondition.Unsayable) {
      _ = try GJSONCondition("[@this].#(\(query))")
      Issue.record("taken")
    } catch {
      #expect(error.reason.hasPrefix("gjson has no \(query.contains("||") ? "||" : "&&")"))
    }
  }

  @Test func quotedSignsAreText() throws {
    #expect(
      try GJSONCondition("[@this].#(l==\"a && b\")").test == .compares(.equal, .string("a && b")))
  }
}
