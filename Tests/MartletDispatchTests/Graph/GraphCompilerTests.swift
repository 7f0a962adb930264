// What a graph may not be, and where the mistake is.

import MartletCore
import MartletDispatch
import MartletSchema
import Testing

@Suite struct GraphCompilerTests {
  private func problems(_ graph: GraphNode, for method: String) throws -> [String] {
    try GraphFixture.problems(graph, for: method)
  }

  @Test func theWholeExampleCompiles() throws {
    let plan = try GraphFixture.compile(.understanding, for: "Analyze")
    #expect(plan.input.fullName == "graph.v1.Request")
    #expect(plan.output.fullName == "graph.v1.Answer")
    #expect(plan.deployments == ["pages", "expert-looped", "expert-open", "generalist"])
  }

  @Test func unknownDeployments() throws {
    #expect(
      try problems(.sequence([.call("page", "Pages/Fetch"), .combine]), for: "Analyze")
        == ["sequence[0].call: no deployment page; did you mean pages?"])
    #expect(
      try problems(.call("splitter", "Classifier/Classify"), for: "Judge")
        == ["call: splitter does not serve graph.v1.Classifier"])
  }

  @Test func unknownMethods() throws {
    #expect(
      try problems(.sequence([.call("generalist", "Pages/Fech"), .combine]), for: "Analyze")
        == ["sequence[0].method: graph.v1.Pages has no method Fech; did you mean Fetch?"])
    #expect(
      try problems(.call("generalist", "Clasifier/Classify"), for: "Judge")
        == [
          "method: the schema has no service graph.v1.Clasifier; did you mean "
            + "graph.v1.Classifier?"
        ])
  }

  @Test func inputsThatDoNotFitNameBothTypes() throws {
    #expect(
      try problems(.sequence([.fetch, .looped, .combine]), for: "Analyze")
        == [
          "sequence[1].method: graph.v1.Classifier/Classify takes graph.v1.Crop, but what comes "
            + "here is graph.v1.Page",
          "sequence[2].method: graph.v1.Pages/Combine takes graph.v1.Page, but what comes here is "
            + "graph.v1.Label",
        ])
    #expect(
      try problems(.fetch, for: "Analyze")
        == [
          ": the graph answers graph.v1.Page, but graph.v1.Understanding/Analyze answers "
            + "graph.v1.Answer"
        ])
  }

  private static let conditions =
    "a condition is on a number, bool, string or enum, on a oneof, or on whether a field is set:"

  @Test func switchFields() throws {
    let cases: KeyValuePairs<String, GraphNode> = ["KIND_OPEN": .open]
    #expect(
      try problems(.switchOn("kin", cases), for: "Judge")
        == ["switch.on: graph.v1.Crop has no field \"kin\"; did you mean kind?"])
    #expect(
      try problems(.switchOn("parts", cases), for: "Judge")
        == [
          "switch.on: graph.v1.Crop.parts is repeated graph.v1.Crop; \(Self.conditions) has(parts)"
        ])
    #expect(
      try problems(.switchOn("place", cases), for: "Judge")
        == ["switch.on: graph.v1.Crop.place is graph.v1.Where; \(Self.conditions) has(place)"])
    let answer = GraphNode.sequence([.fetch, .combine])
    #expect(
      try problems(.switchOn("raw", ["1": answer]), for: "Analyze")
        == [
          "switch.on: graph.v1.Request.raw is bytes; \(Self.conditions) has(raw)"
        ])
    #expect(
      try problems(.switchOn("weight", ["1": answer]), for: "Analyze")
        == [
          "switch.cases.1: graph.v1.Request.weight is double, and whether two of those are equal is "
            + "chance; say < 1, >= 1 or a range such as 0.5..<0.8"
        ])
  }

  @Test func nestedFieldsAndEveryKindOfCase() throws {
    #expect(
      try problems(.switchOn("place.region", ["EU": .open, "": .looped]), for: "Judge") == [])
    #expect(
      try problems(.switchOn("kind", ["1": .open, "KIND_OPEN": .looped]), for: "Judge") == [])
    let answer = GraphNode.sequence([.fetch, .combine])
    #expect(try problems(.switchOn("size", ["-1": answer, "7": answer]), for: "Analyze") == [])
    #expect(try problems(.switchOn("color", ["true": answer]), for: "Analyze") == [])
  }

  @Test func caseValuesThatDoNotParse() throws {
    #expect(
      try problems(.switchOn("kind", ["KIND_OPE": .open]), for: "Judge")
        == [
          "switch.cases.KIND_OPE: graph.v1.Kind has no value KIND_OPE; did you mean KIND_OPEN?; "
            + "allowed: KIND_UNSPECIFIED, KIND_LOOPED, KIND_OPEN"
        ])
    let answer = GraphNode.sequence([.fetch, .combine])
    #expect(
      try problems(.switchOn("size", ["big": answer]), for: "Analyze")
        == ["switch.cases.big: big is not a value of graph.v1.Request.size, which is int32"])
    #expect(
      try problems(.switchOn("color", ["yes": answer]), for: "Analyze")
        == ["switch.cases.yes: yes is not a value of graph.v1.Request.color, which is bool"])
  }

  @Test func duplicateCasesAreFoundAcrossSpellings() throws {
    #expect(
      try problems(.switchOn("kind", ["KIND_OPEN": .open, "2": .looped]), for: "Judge")
        == ["switch.cases.2: case 2 is the same value as case KIND_OPEN"])
  }

  @Test func branchesAgreeOnWhatTheyAnswer() throws {
    #expect(
      try problems(.switchOn("kind", ["1": .open, "2": .split], default: .looped), for: "Judge")
        == [
          "switch.cases.2: case 2 answers graph.v1.Crop, but case 1 answers graph.v1.Label; "
            + "all branches of the switch answer the same type"
        ])
    #expect(
      try problems(.ensemble([.open, .split], .merge), for: "Judge")
        == [
          "ensemble[1]: branch 1 answers graph.v1.Crop, but branch 0 answers graph.v1.Label; "
            + "all branches of the ensemble answer the same type"
        ])
  }

  @Test func forEachRunsOnRepeatedMessages() throws {
    let end = [
      "for_each: graph.v1.Page.tags is repeated string, not a repeated message; allowed: crops, "
        + "labels"
    ]
    #expect(try problems(.forEach("tags", .looped), for: "Refine") == end)
    #expect(
      try problems(.forEach("by_name", .looped), for: "Refine")
        == [
          "for_each: graph.v1.Page.by_name is a map, not a repeated message; allowed: crops, labels"
        ])
    #expect(
      try problems(.forEach("crop", .looped), for: "Refine")
        == ["for_each: graph.v1.Page has no field \"crop\"; did you mean crops?"])
    #expect(
      try problems(.forEach("labels", .looped), for: "Refine")
        == [
          "do.method: graph.v1.Classifier/Classify takes graph.v1.Crop, but what comes here is "
            + "graph.v1.Label"
        ])
  }

  @Test func intoIsInferredWhenOnlyOneFieldFits() throws {
    #expect(try problems(.forEach("crops", .looped), for: "Refine") == [])
    #expect(try problems(.forEach("crops", .split), for: "Refine") == [])
    #expect(try problems(.forEach("parts", .split), for: "Split") == [])
    #expect(
      try problems(.forEach("parts", .looped), for: "Split")
        == [
          "for_each: the body answers graph.v1.Label, but graph.v1.Crop has no repeated field of "
            + "it to put it in"
        ])
  }

  @Test func intoIsAskedForWhenSeveralFieldsFit() throws {
    #expect(
      try problems(.forEach("crops", .looped), for: "Sort")
        == [
          "for_each: graph.v1.Album has several repeated fields of graph.v1.Label; say "
            + "into: labels or into: others"
        ])
    #expect(try problems(.forEach("crops", into: "others", .looped), for: "Sort") == [])
  }

  @Test func intoThatDoesNotFit() throws {
    #expect(
      try problems(.forEach("crops", into: "crops", .looped), for: "Refine")
        == [
          "into: graph.v1.Page.crops is repeated graph.v1.Crop, but the body answers "
            + "graph.v1.Label"
        ])
    #expect(
      try problems(.forEach("crops", into: "lables", .looped), for: "Refine")
        == ["into: graph.v1.Page has no field \"lables\"; did you mean labels?"])
  }

  @Test func combinersThatDoNotFit() throws {
    let branches: [GraphNode] = [.looped, .open]
    #expect(try problems(.ensemble(branches, .vote(field: "object")), for: "Judge") == [])
    #expect(
      try problems(.ensemble(branches, .mean(fields: ["score", "votes"])), for: "Judge") == [])
    #expect(
      try problems(.ensemble(branches, .vote(field: "objekt")), for: "Judge")
        == [
          "combine.vote: graph.v1.Label has no field \"objekt\"; did you mean object?"
        ])
    #expect(
      try problems(.ensemble(branches, .vote(field: "scores")), for: "Judge")
        == [
          "combine.vote: graph.v1.Label.scores is repeated float; a path leads to one value"
        ])
    #expect(
      try problems(.ensemble(branches, .mean(fields: ["score", "object"])), for: "Judge")
        == ["combine.mean[1]: graph.v1.Label.object is string; mean takes numbers"])
    #expect(
      try problems(.ensemble(branches, .mean(fields: [])), for: "Judge")
        == ["combine.mean: mean needs at least one field"])
  }

  @Test func emptyNodes() throws {
    #expect(
      try problems(.sequence([]), for: "Judge") == ["sequence: a sequence has at least one node"])
    #expect(
      try problems(.ensemble([], .merge), for: "Judge")
        == ["ensemble: an ensemble has at least one branch"])
    #expect(
      try problems(.switchOn("kind", [:]), for: "Judge")
        == ["switch.cases: a switch has at least one case"])
  }

  @Test func nestingAndSizeAreBounded() throws {
    var deep = GraphNode.looped
    for _ in 1..<GraphLimits.maxDepth { deep = .sequence([deep]) }
    #expect(try problems(deep, for: "Judge") == [])
    let tooDeep = try problems(.sequence([deep]), for: "Judge")
    #expect(tooDeep.count == 1)
    #expect(tooDeep[0].hasSuffix(": nodes are nested deeper than 32"))
    let wide = GraphNode.sequence(
      Array(repeating: .split, count: GraphLimits.maxNodes - 1))
    #expect(try problems(wide, for: "Split") == [])
    let tooWide = GraphNode.sequence(
      Array(repeating: .split, count: GraphLimits.maxNodes + 5))
    #expect(
      try problems(tooWide, for: "Split")
        == ["sequence[999]: the graph has more than 1000 nodes"])
  }

  @Test func everyProblemIsReportedOnce() throws {
    let graph = GraphNode.sequence([
      .call("nobody", "Pages/Fetch"),
      .forEach("crops", .switchOn("kind", ["KIND_X": .looped, "KIND_OPEN": .call("x", "Y/Z")])),
      .combine,
    ])
    #expect(
      try problems(graph, for: "Analyze").map { String($0.prefix { $0 != ":" }) }
        == [
          "sequence[0].call", "sequence[1].do.switch.cases.KIND_X",
          "sequence[1].do.switch.cases.KIND_OPEN.call",
          "sequence[1].do.switch.cases.KIND_OPEN.method",
        ])
  }
}
