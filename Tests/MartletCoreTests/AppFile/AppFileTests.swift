// Facts about reading app files that are right.

import Testing

@testable import MartletCore

@Suite struct AppFileTests {
  static let text = """
    name: content-understanding
    protos: content.binpb
    deployments:
      - name: downloader
        command: [./app, replica, downloader, --port, 8000]
        services: [content.v1.Downloader]
      - name: expert-a
        command: [./app, replica, expert-a]
        services: [content.v1.Classifier]
        num_replicas: auto
        autoscaling_config: {min_replicas: 0, max_replicas: 4, look_back_period_s: 10,
            initial_replicas: 1, target_ongoing_requests: 2.5, downscale_delay_s: 0.25}
        max_ongoing_requests: 16
        max_queued_requests: 0
        request_timeout_s: 5
        idempotent: true
        health_check_timeout_s: 0.5
        health_check_failures: 2
        startup_timeout_s: 0
        min_ready_s: 2.5
        resources: {cpus: 1, gpus: 0.3, memory: 512Mi}
        user_config: {threshold: 0.5, roots: [/a, 1, true, null]}
        env: {LEVEL: 3, NAME: "a b"}
        code_version: 1.10
    routes:
      - method: content.v1.Understanding/Analyze
        graph:
          sequence:
            - {call: downloader, method: content.v1.Downloader/Fetch}
            - for_each: boxes
              do:
                switch:
                  on: kind
                  cases:
                    looped: {call: expert-a, method: content.v1.Classifier/Classify}
                    1: {call: expert-a, method: content.v1.Classifier/Classify}
                  default:
                    ensemble:
                      - {call: expert-a, method: content.v1.Classifier/Classify}
                      - {call: expert-a, method: content.v1.Classifier/Classify}
                    combine: {vote: object}
      - service: content.v1.Classifier
        deployment: expert-a
    """

  @Test func readsDeployments() throws {
    let spec = try AppFile.read(text: Self.text, file: "martlet.yaml").spec
    #expect(spec.name == "content-understanding")
    #expect(spec.protos == ["content.binpb"])
    #expect(spec.deployments[0].command == ["./app", "replica", "downloader", "--port", "8000"])
    #expect(spec.deployments[0].replicas == .fixed(1))
    #expect(spec.deployments[0].codeVersion == nil)
    let expert = try #require(spec.deployment(named: "expert-a"))
    var scaling = AutoscalingSpec(minReplicas: 0, maxReplicas: 4, targetOngoingRequests: 2.5)
    scaling.initialReplicas = 1
    scaling.lookBackPeriod = .seconds(10)
    scaling.downscaleDelay = .milliseconds(250)
    #expect(expert.replicas == .auto(scaling))
    #expect(expert.maxOngoingRequests == 16)
    #expect(expert.maxQueuedRequests == 0)
    #expect(expert.requestTimeout == .seconds(5))
    #expect(expert.idempotent)
    #expect(expert.healthCheckTimeout == .milliseconds(500))
    #expect(expert.healthCheckFailures == 2)
    #expect(expert.startupTimeout == .zero)
    #expect(expert.minReady == .milliseconds(2500))
    #expect(
      expert.resources == Resources(milliCPUs: 1000, milliGPUs: 300, memoryBytes: 512 << 20))
    #expect(expert.userConfig["threshold"] == .number(0.5))
    #expect(
      expert.userConfig["roots"] == .array([.string("/a"), .integer(1), .bool(true), .null]))
    #expect(expert.environment == ["LEVEL": "3", "NAME": "a b"])
    #expect(expert.codeVersion == "1.10")
  }

  @Test func readsGraphs() throws {
    let spec = try AppFile.read(text: Self.text, file: "martlet.yaml").spec
    let classify = GraphNode.call(
      deployment: "expert-a",
      method: MethodName(service: "content.v1.Classifier", method: "Classify"))
    let choice = SwitchNode(
      field: "kind",
      cases: [.init(value: "looped", node: classify), .init(value: "1", node: classify)],
      default: .ensemble(
        EnsembleNode(branches: [classify, classify], combiner: .vote(field: "object"))))
    let fetch = GraphNode.call(
      deployment: "downloader",
      method: MethodName(service: "content.v1.Downloader", method: "Fetch"))
    #expect(
      spec.routes == [
        .graph(
          method: MethodName(service: "content.v1.Understanding", method: "Analyze"),
          .sequence([fetch, .forEach(ForEachNode(field: "boxes", body: .switch(choice)))])),
        .service("content.v1.Classifier", deployment: "expert-a"),
      ])
  }

  @Test func readsEveryKindOfNode() throws {
    let ask = GraphNode.call(deployment: "b", method: MethodName(service: "p.S", method: "M"))
    let method = MethodName(service: "p.S", method: "M")
    func read(_ graph: String) throws -> GraphNode? {
      let text = """
        name: a
        deployments: [{name: b, command: [x]}]
        routes: [{method: p.S/R, graph: \(graph)}]
        """
      let spec = try AppFile.read(text: text, file: "a.yaml").spec
      guard case .graph(_, let graph)? = spec.routes.first?.target else { return nil }
      return graph
    }
    let b = "{call: b, method: p.S/M}"
    #expect(try read("{fallback: [\(b), \(b)]}") == .fallback([ask, ask]))
    // JSON has quotes only.
    #expect(try read("{fallback: [return, \"return\"]}") == .fallback([.return, .return]))
    for value in ["{}", "", "null"] {
      #expect(
        try read("{return: \(value), name: early}")
          == GraphNode(.return, NodeOptions(name: "early")))
    }
    #expect(
      try read("{return: {}, data: $request}")
        == GraphNode(.return, NodeOptions(takesRequest: true)))
    #expect(
      try read("{hedge: \(b), after_s: 0.02}")
        == .hedge(HedgeNode(body: ask, delay: .milliseconds(20))))
    #expect(
      try read("{hedge: \(b), after_percentile: 99.5, after_s: 1}")
        == .hedge(HedgeNode(body: ask, delay: .seconds(1), percentile: 99.5)))
    #expect(
      try read("{repeat_until: score, is: '>= 0.8', do: \(b), max: 3}")
        == .loop(
          LoopNode(.untilHolds, field: "score", condition: ">= 0.8", body: ask, maxRounds: 3)))
    #expect(
      try read("{while: n, is: 5, do: \(b), max: 3}")
        == .loop(LoopNode(.whileHolds, field: "n", condition: "5", body: ask, maxRounds: 3)))
    #expect(
      try read("{splitter: [{weight: 90, do: \(b)}, {weight: 10, do: return}], by: user}")
        == .splitter(
          SplitterNode(
            shares: [.init(weight: 90, node: ask), .init(weight: 10, node: .return)],
            sticky: .field("user"))))
    #expect(
      try read("{mirror: b, method: p.S/M, percent: 10}")
        == .mirror(MirrorNode(deployment: "b", method: method, percent: 10)))
    #expect(
      try read("{ensemble: [\(b)], combine: {call: b, method: p.S/M}, quorum: 1}")
        == .ensemble(
          EnsembleNode(
            branches: [ask], combiner: .call(deployment: "b", method: method), quorum: 1)))
    let map = MapNode(
      fields: [
        .init(field: "page.url", source: .path("$request.url")),
        .init(field: "limit", source: .value(.integer(3))),
      ], type: "p.Question")
    #expect(
      try read("{map: {page.url: $request.url, limit: {value: 3}}, as: p.Question}") == .map(map))
    #expect(try read("{map: {}}") == .map(MapNode(fields: [])))
    #expect(
      try read("{ensemble: [\(b)], combine: {map: {object: b.object}, as: p.Answer}}")
        == .ensemble(
          EnsembleNode(
            branches: [ask],
            combiner: .map(
              MapNode(
                fields: [.init(field: "object", source: .path("b.object"))], type: "p.Answer")))))
    #expect(try read("{route: p.S/M}") == .route(method))
    let options = NodeOptions(
      name: "large", timeout: .milliseconds(200),
      onError: .answer(.object(["object": .string("?")])), takesRequest: true)
    #expect(
      try read(
        "{call: b, method: p.S/M, name: large, data: $request, timeout_s: 0.2, "
          + "on_error: {default: {object: '?'}}}") == GraphNode(ask.kind, options))
  }

  @Test func remembersPlaces() throws {
    let file = try AppFile.read(text: Self.text, file: "martlet.yaml")
    #expect(file.mark(of: [.key("name")]) == SourceMark(line: 1, column: 7))
    let gpus: SpecPath = [.key("deployments"), .index(1), .key("resources"), .key("gpus")]
    #expect(file.mark(of: gpus) == SourceMark(line: 21, column: 32))
    #expect(file.mark(of: gpus.appending("deeper")) == SourceMark(line: 21, column: 32))
  }

  @Test func aLaterProblemGetsItsPlace() throws {
    let file = try AppFile.read(text: Self.text, file: "martlet.yaml")
    let problem = SpecProblem(
      [.key("routes"), .index(0), .key("graph"), .key("sequence"), .index(1), .key("for_each")],
      "no field boxes")
    #expect(
      file.located([problem]).description
        == "martlet.yaml:30:21: routes[0].graph.sequence[1].for_each: no field boxes")
  }

  @Test func readsJSON() throws {
    let text = #"""
      {"name": "a", "launcher": "external",
       "deployments": [{"name": "b\u002dc", "num_replicas": "auto", "user_config": {"x": "\ud83d\ude00"}}]}
      """#
    let file = try AppFile.read(text: text, file: "app.json")
    #expect(file.spec.launcher == .external)
    #expect(file.spec.deployments[0].name == "b-c")
    #expect(file.spec.deployments[0].replicas == .auto(AutoscalingSpec()))
    #expect(file.spec.deployments[0].userConfig["x"] == .string("😀"))
    let name: SpecPath = [.key("deployments"), .index(0), .key("name")]
    #expect(file.mark(of: name) == SourceMark(line: 2, column: 27))
  }

  @Test func autoscalingConfigAloneMeansAuto() throws {
    let text = """
      name: a
      deployments: [{name: b, command: [x], autoscaling_config: {max_replicas: 2}}]
      """
    let spec = try AppFile.read(text: text, file: "a.yaml").spec
    #expect(spec.deployments[0].replicas == .auto(AutoscalingSpec(maxReplicas: 2)))
  }

  @Test(arguments: [
    ("512Mi", 512 << 20), ("1.5Gi", 3 << 29), ("7", 7), ("2k", 2000), ("1T", 1_000_000_000_000),
  ])
  func readsSizes(text: String, bytes: Int64) throws {
    let file = "name: a\ndeployments: [{name: b, command: [x], resources: {memory: \(text)}}]"
    let spec = try AppFile.read(text: file, file: "a.yaml").spec
    #expect(spec.deployments[0].resources.memoryBytes == bytes)
  }
}
