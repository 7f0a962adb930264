// The property of the writer: what it writes reads back as the same app.

import Testing

@testable import MartletCore

@Suite struct AppFileRoundTripTests {
  @Test(arguments: 0..<400 as Range<UInt64>)
  func everyAppReadsBack(seed: UInt64) throws {
    var maker = AppMaker(seed: seed)
    let spec = maker.app()
    let text = AppFile.yaml(for: spec)
    do {
      let again = try AppFile.read(text: text, file: "written.yaml").spec
      #expect(again == spec, "seed \(seed)\n\(text)")
      #expect(AppFile.yaml(for: again) == text)
    } catch {
      Issue.record("seed \(seed): \(error)\n\(text)")
    }
  }

  @Test func theFormIsTheDocumentedOne() throws {
    let spec = try AppFile.read(text: AppFileTests.text, file: "a.yaml").spec
    #expect(
      AppFile.yaml(for: spec).hasPrefix(
        """
        name: content-understanding
        protos: content.binpb
        deployments:
          - name: downloader
            command: [./app, replica, downloader, --port, "8000"]
            services: [content.v1.Downloader]
          - name: expert-a
            command: [./app, replica, expert-a]
            services: [content.v1.Classifier]
            num_replicas: auto
            autoscaling_config:
              min_replicas: 0
              initial_replicas: 1
              target_ongoing_requests: 2.5
              look_back_period_s: 10
              downscale_delay_s: 0.25
            max_ongoing_requests: 16
            max_queued_requests: 0
            request_timeout_s: 5
            idempotent: true
            resources:
              cpus: 1
              gpus: 0.3
              memory: 512Mi
            user_config:
        """))
  }

  @Test func limitsOfMessagesAreSaidOnce() throws {
    let deployments = [
      DeploymentSpec(name: "same", command: ["./x"]),
      {
        var own = DeploymentSpec(name: "own", command: ["./x"])
        own.maxMessageBytes = 96 << 10
        return own
      }(),
    ]
    let spec = AppSpec(name: "a", maxMessageBytes: 8 << 20, deployments: deployments)
    #expect(spec.deployments.map(\.maxMessageBytes) == [8 << 20, 96 << 10])
    let text = AppFile.yaml(for: spec)
    #expect(
      text == """
        name: a
        max_message: 8Mi
        deployments:
          - name: same
            command: [./x]
          - name: own
            command: [./x]
            max_message: 96Ki

        """, "\(text)")
    #expect(try AppFile.read(text: text, file: "a.yaml").spec == spec)
  }

  @Test func aReturnIsAWordOrHasAName() {
    let named = GraphNode(.return, NodeOptions(name: "early"))
    let graph = GraphNode.fallback([.return, named])
    let spec = AppSpec(
      name: "a", routes: [.graph(method: MethodName(service: "p.S", method: "M"), graph)])
    #expect(
      AppFile.yaml(for: spec).hasSuffix(
        """
            graph:
              fallback:
                - return
                - return: {}
                  name: early

        """), "\(AppFile.yaml(for: spec))")
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func everyConfigReadsBackAsJSON(seed: UInt64) throws {
    var maker = AppMaker(seed: seed)
    let value = maker.config(depth: 4)
    #expect(try ConfigValue(json: value.json) == value)
  }
}

/// Random apps that have no problems.
private struct AppMaker {
  private var generator: SeededGenerator
  /// Nodes that have a name.
  private var names = 0

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  private mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &generator) < percent
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &generator)
  }

  private mutating func seconds() -> Duration {
    let attoseconds = Int64.random(in: 1..<1_000_000_000_000_000_000, using: &generator)
    return Duration(
      secondsComponent: Int64(number(0...100_000)),
      attosecondsComponent: chance(50) ? attoseconds : 0) + .milliseconds(1)
  }

  /// Text that a careless writer would get wrong.
  mutating func text() -> String {
    let awkward = [
      "", " ", "yes", "on", "null", "~", "5", "0x1F", "1e3", ".5", "- a", "-", "-x", "a: b", "a #b",
      "#", "'",
      "\"", "\\", "a\nb", "a\n", "\t", "\u{0}", "\u{7F}", "\u{85}", "\u{2028}", "a\u{FEFF}", "😀",
      "é", "{", "[a]", "*a", "&a", "!a", "%a", "@a", "`a`", "---", "...", "a,b", "a ", " a", "?",
      "=", "<<", "true", "False", ".inf", "a=b", "\r\n", "\u{FFFF}", "\u{10FFFF}", "/a/b.c+d",
    ]
    if chance(60) { return awkward[number(0...awkward.count - 1)] }
    return String(
      (0..<number(0...12)).map { _ in Character(Unicode.Scalar(UInt8(number(32...126)))) })
  }

  mutating func config(depth: Int) -> ConfigValue {
    switch number(0...(depth == 0 ? 4 : 6)) {
    case 0: return .null
    case 1: return .bool(chance(50))
    case 2 where chance(10): return .unsigned(.random(in: 1 << 63 ... .max, using: &generator))
    case 2: return .integer(Int64.random(in: .min ... .max, using: &generator))
    case 3: return .number(Double.random(in: -1e9...1e9, using: &generator))
    case 4: return .string(text())
    case 5: return .array((0..<number(0...3)).map { _ in config(depth: depth - 1) })
    default: return object(depth: depth)
    }
  }

  private mutating func object(depth: Int) -> ConfigValue {
    var members: [String: ConfigValue] = [:]
    for _ in 0..<number(0...3) { members[text()] = config(depth: depth - 1) }
    return .object(members)
  }

  mutating func app() -> AppSpec {
    var spec = AppSpec(name: "app-\(number(0...9))")
    if chance(30) { spec.minPingInterval = chance(50) ? .zero : .milliseconds(number(1...90_000)) }
    spec.launcher = chance(20) ? .external : .process
    spec.protos = (0..<number(0...3)).map { _ in text() }.filter { !$0.isEmpty }
    spec.deployments = (0..<number(1...4)).map { deployment(index: $0) }
    for index in 0..<number(0...3) {
      let method = MethodName(service: "p.S", method: "M\(index)")
      switch number(0...2) {
      case 0: spec.routes.append(.graph(method: method, graph(depth: 4), http: http(index)))
      case 1: spec.routes.append(.method(method, deployment: "d0", http: http(index)))
      default: spec.routes.append(.service("p.T\(index)", deployment: "d0"))
      }
    }
    return spec
  }

  private mutating func http(_ index: Int) -> HTTPName? {
    let verbs = HTTPName.Verb.allCases
    return chance(50) ? HTTPName(verbs[number(0...verbs.count - 1)], "/v1/m-\(index)") : nil
  }

  private mutating func deployment(index: Int) -> DeploymentSpec {
    var spec = DeploymentSpec(name: "d\(index)")
    spec.command = ["./run"]
    for _ in 0..<number(0...4) {
      spec.command.append(text().replacing("\u{0}", with: ""))
    }
    switch number(0...2) {
    case 0: spec.replicas = .fixed(number(0...1000))
    case 1:
      var scaling = AutoscalingSpec(minReplicas: number(0...2), maxReplicas: number(2...9))
      scaling.targetOngoingRequests = Double.random(in: 0.01...50, using: &generator)
      scaling.initialReplicas = chance(50) ? 2 : nil
      scaling.lookBackPeriod = chance(50) ? seconds() : nil
      scaling.upscaleDelay = chance(50) ? seconds() : .zero
      scaling.downscaleDelay = seconds()
      spec.replicas = .auto(scaling)
    default: break
    }
    if chance(50) { spec.maxOngoingRequests = number(1...100_000) }
    if chance(50) { spec.maxQueuedRequests = number(0...100_000) }
    if chance(50) { spec.requestTimeout = seconds() }
    if chance(50) { spec.healthCheckPeriod = seconds() }
    if chance(50) { spec.healthCheckTimeout = seconds() }
    if chance(50) { spec.healthCheckFailures = number(1...1000) }
    if chance(50) { spec.startupTimeout = chance(50) ? seconds() : .zero }
    if chance(50) { spec.minReady = chance(50) ? seconds() : .zero }
    if chance(50) { spec.gracefulShutdownTimeout = seconds() }
    spec.idempotent = chance(50)
    if chance(30) {
      spec.outlierDetection.consecutiveErrors = number(1...20)
      spec.outlierDetection.codes = chance(50) ? [.aborted, .unknown] : []
      spec.outlierDetection.baseEjection = seconds()
      spec.outlierDetection.maxEjectionPercent = number(0...100)
    }
    spec.resources = Resources(
      milliCPUs: number(0...9000), milliGPUs: chance(50) ? number(0...4000) : 0,
      memoryBytes: chance(50) ? Int64(number(0...1 << 40)) : Int64(number(0...64)) << 30)
    if chance(60) { spec.userConfig = object(depth: 3) }
    for index in 0..<number(0...2) {
      spec.environment["K\(index)"] = text().replacing("\u{0}", with: "")
    }
    if chance(30) {
      let versions = [
        "1.10", "0x1F", "null", "~", "sha256:5d735d", "\"", "{a", "#", "v1+b,c", "yes",
      ]
      spec.codeVersion = versions[number(0...versions.count - 1)]
    }
    if chance(20) { spec.update = .recreate }
    return spec
  }

  private mutating func graph(depth: Int) -> GraphNode {
    var node = bareGraph(depth: depth)
    if chance(20) { node.options.timeout = seconds() }
    if chance(20) { node.options.takesRequest = true }
    if chance(20) {
      node.options.retry = NodeOptions.RetrySpec(
        attempts: number(2...5), backoff: chance(50) ? .milliseconds(number(0...60_000)) : .zero,
        codes: chance(50) ? [.unavailable] : [.aborted, .internalError])
    }
    if chance(30) {
      names += 1
      let letters = text().unicodeScalars.filter { $0.properties.generalCategory != .control }
      node.options.name = "\(String(String.UnicodeScalarView(letters)))\(names)"
    }
    if chance(30) { node.options.onError = chance(50) ? .skip : .answer(config(depth: 2)) }
    return node
  }

  private mutating func map(type: String?) -> MapNode {
    let fields = (0..<number(0...3)).map { index in
      let source: MapNode.Source = chance(50) ? .path("$request.a") : .value(config(depth: 2))
      return MapNode.Assignment(field: "a.f\(index)", source: source)
    }
    return MapNode(fields: fields, type: type)
  }

  private mutating func graphs(depth: Int) -> [GraphNode] {
    (0...number(0...2)).map { _ in graph(depth: depth - 1) }
  }

  private mutating func bareGraph(depth: Int) -> GraphNode {
    let method = MethodName(service: "p.S", method: "M\(number(0...9))")
    let call = GraphNode.call(deployment: "d0", method: method)
    guard depth > 0 else { return call }
    switch number(0...12) {
    case 0: return call
    case 1: return .sequence(graphs(depth: depth))
    case 2:
      var cases: [SwitchNode.Case] = []
      for _ in 0...number(0...2) {
        let value = text()
        // Swift's strings, like a reader's keys, are the same when canonically equivalent.
        guard !cases.contains(where: { $0.value == value }) else { continue }
        cases.append(.init(value: value, node: graph(depth: depth - 1)))
      }
      let fallback = chance(50) ? graph(depth: depth - 1) : nil
      return .switch(SwitchNode(field: "kind", cases: cases, default: fallback))
    case 3:
      return .forEach(
        ForEachNode(
          field: "boxes", body: graph(depth: depth - 1), into: chance(50) ? "labels" : nil,
          parallelism: chance(50) ? number(1...9) : nil))
    case 4: return .fallback(graphs(depth: depth))
    case 5:
      let percentile = chance(50) ? Double(number(1...99)) : nil
      let delay = percentile == nil || chance(50) ? seconds() : nil
      return .hedge(
        HedgeNode(body: graph(depth: depth - 1), delay: delay, percentile: percentile))
    case 6:
      return .loop(
        LoopNode(
          chance(50) ? .whileHolds : .untilHolds, field: "score", condition: text(),
          body: graph(depth: depth - 1), maxRounds: number(1...99)))
    case 7:
      return .mirror(MirrorNode(deployment: "d0", method: method, percent: number(1...100)))
    case 8: return .return
    case 9: return .map(map(type: chance(50) ? "p.Question" : nil))
    case 10: return .route(method)
    case 11:
      let first = number(0...100)
      let shares = [first, 100 - first].map {
        SplitterNode.Share(weight: $0, node: graph(depth: depth - 1))
      }
      let sticky: [SplitterNode.Sticky?] = [nil, .field("user.id"), .metadata("user-id")]
      return .splitter(SplitterNode(shares: shares, sticky: sticky[number(0...2)]))
    default:
      let branches = graphs(depth: depth)
      let combiners: [EnsembleNode.Combiner] = [
        .vote(field: "object"), .mean(fields: ["a"]), .mean(fields: ["a", "b.c"]), .merge,
        .maxBy(field: "score"), .collect(field: "labels"),
        .call(deployment: "d0", method: method),
        .weightedMean(fields: ["a", "b"], weights: branches.map { _ in 0.25 }), .first,
        .map(map(type: "p.Answer")),
      ]
      let combiner = combiners[number(0...9)]
      let quorum = combiner != .first && chance(50) ? number(1...branches.count) : nil
      return .ensemble(EnsembleNode(branches: branches, combiner: combiner, quorum: quorum))
    }
  }
}
