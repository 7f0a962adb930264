// A graph that was checked against a schema and is ready to run.

package import MartletCore
package import MartletSchema

/// The outcome of `GraphCompiler`: nodes in one array that refer to each other by index. Every type
/// on the way fits, so running it needs no further checks of types. One for all runs of a graph: a class,
/// because a run would hold a reference to each of its parts otherwise.
package final class GraphPlan: Sendable {
  /// The method whose requests run the graph.
  package let route: MethodName
  package let input: MessageType
  package let output: MessageType

  /// The calls that take a stream of the client, each but the last one's answers going to the next; empty
  /// where the route takes one message, which the nodes get.
  package let intake: [StreamCall]

  /// What `intake` answers is what the route answers: there are no nodes.
  package let intakeAnswers: Bool

  let nodes: [Node]
  let root: Int

  /// Where the calls are in the app file that streams go through. Figures count them after the nodes.
  private let streamPaths: [SpecPath]

  /// The metadata keys that a run wants to know the request's values of.
  package let metadataKeys: [String]

  /// Whether a run needs a seed and metadata.
  package let leavesToChance: Bool

  /// Nodes that want to know within which time a share of their answers came of late.
  package let measured: [(node: Int, quantile: Double)]

  /// Whether any node has a time of its own, or gives one to what is below it.
  let hasTimeouts: Bool

  init(
    route: MethodName, input: MessageType, output: MessageType, intake: [StreamCall] = [],
    intakeAnswers: Bool = false, nodes: [Node], root: Int
  ) {
    self.intake = intake
    self.intakeAnswers = intakeAnswers
    self.route = route
    self.input = input
    self.output = output
    self.nodes = nodes
    self.root = root
    var keys: [String] = []
    var measured: [(node: Int, quantile: Double)] = []
    var (hasTimeouts, leavesToChance) = (false, false)
    var streamPaths = intake.map(\.path)
    for (index, node) in nodes.enumerated() {
      switch node.kind {
      case .hedge(let plan):
        if let quantile = plan.quantile { measured.append((index, quantile)) }
      case .splitter(let plan):
        leavesToChance = true
        if case .metadata(let key) = plan.sticky, !keys.contains(key) { keys.append(key) }
      case .mirror(let plan): leavesToChance = leavesToChance || plan.percent < 100
      case .retried: leavesToChance = true
      case .guarded(let plan): hasTimeouts = hasTimeouts || plan.timeout != nil
      case .streamed(let calls): streamPaths += calls.map(\.path)
      case .fallback(let branches): hasTimeouts = hasTimeouts || branches.count > 1
      default: break
      }
    }
    self.streamPaths = streamPaths
    metadataKeys = keys
    self.measured = measured
    self.hasTimeouts = hasTimeouts
    self.leavesToChance = leavesToChance
  }

  /// Every deployment that the graph may call, without repetition, in the order of the graph.
  package var deployments: [String] {
    var names = intake.map(\.deployment)
    for node in nodes {
      switch node.kind {
      case .call(let callee): names.append(callee.deployment)
      case .mirror(let plan): names.append(plan.deployment)
      case .streamed(let calls): names += calls.map(\.deployment)
      default: break
      }
    }
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }

  /// What a node calls. Every call of the node shares one.
  package final class Callee: Sendable, Hashable {
    package let deployment: String
    package let method: MethodName

    package init(deployment: String, method: MethodName) {
      self.deployment = deployment
      self.method = method
    }

    package static func == (one: Callee, other: Callee) -> Bool {
      one === other || one.deployment == other.deployment && one.method == other.method
    }

    package func hash(into hasher: inout Hasher) {
      hasher.combine(deployment)
      hasher.combine(method)
    }
  }

  /// A call whose messages go through the router without a node having a look at them.
  package struct StreamCall: Sendable, Hashable {
    package var deployment: String
    package var method: MethodName
    /// The method has one response.
    package var answersOne: Bool
    /// Where the call is in the app file, and its name there.
    package var path: SpecPath
    package var name: String?

    package init(
      deployment: String, method: MethodName, answersOne: Bool, path: SpecPath,
      name: String? = nil
    ) {
      self.path = path
      self.name = name
      self.deployment = deployment
      self.method = method
      self.answersOne = answersOne
    }
  }

  /// Where a node is in the app file, or a call that has a number after those of the nodes.
  package func path(of number: Int) -> SpecPath {
    if nodes.indices.contains(number) { return nodes[number].path }
    let stream = number - nodes.count
    return streamPaths.indices.contains(stream) ? streamPaths[stream] : []
  }

  /// The number by which figures know a call that a stream goes through.
  package func number(of call: StreamCall) -> Int {
    nodes.count + (streamPaths.firstIndex(of: call.path) ?? streamPaths.count)
  }

  /// Whether a node says how long it may take.
  func hasTimeout(_ node: Int) -> Bool {
    if case .guarded(let plan) = nodes[node].kind { plan.timeout != nil } else { false }
  }

  struct Node: Sendable {
    /// Where the node is in the app file, for messages: `graph.sequence[3].do`.
    var path: SpecPath
    var name: String?
    var kind: Kind
  }

  enum Kind: Sendable {
    case call(Callee)
    /// The last step of all: what the first of these calls streams, through the others, is the answer.
    case streamed([StreamCall])
    case sequence([Int], keepsInput: Bool)
    case `switch`(SwitchPlan)
    case splitter(SplitterPlan)
    case forEach(ForEachPlan)
    case ensemble(EnsemblePlan)
    case fallback([Int])
    case hedge(HedgePlan)
    case loop(LoopPlan)
    case mirror(MirrorPlan)
    case map(MapPlan, of: MessageType)
    /// The graph of another route.
    case subgraph(Int)
    case `return`
    /// `timeout_s` and `on_error` of a node.
    case guarded(GuardPlan)
    /// `retry` of a node.
    case retried(RetryPlan)
    /// `data: $request` of a node.
    case fromRequest(Int)
  }

  struct SwitchPlan: Sendable {
    var subject: Subject
    /// Nodes by value, where no case is a comparison.
    var values: [FieldValue: Int]
    /// All cases in order, where one is.
    var conditions: [(condition: Condition, node: Int)]
    var `default`: Int?
  }

  struct SplitterPlan: Sendable {
    /// Percent, 100 in all.
    var shares: [(weight: Int, node: Int)]
    var sticky: Sticky?
    /// Tells the splitter from others, on which the same user may well take another side.
    var salt: UInt64

    enum Sticky: Sendable {
      case field(FieldPath)
      case metadata(String)
    }
  }

  struct ForEachPlan: Sendable {
    var field: Field
    /// Nil: the body has no answers, it always ends the graph.
    var into: Field?
    var body: Int
    var parallelism: Int?

    var type: MessageType { field.parent }
  }

  struct EnsemblePlan: Sendable {
    var branches: [Int]
    var combiner: CombinerPlan
    /// How many answers are combined; nil: all, and none may fail.
    var quorum: Int?
  }

  enum CombinerPlan: Sendable {
    case vote(FieldPath)
    case mean([Field], weights: [Double]?)
    case maxBy(FieldPath)
    case merge
    case first
    case collect(Field)
    /// The answers go into the field of a new message, which the node takes.
    case call(Field, node: Int)
    case map(MapPlan)
  }

  struct MapPlan: Sendable {
    /// In the order of the file: protobuf takes the last of what is there twice.
    var parts: [Part]

    enum Part: Sendable {
      case copy(FieldCopy, from: Origin)
      /// Fields that are the same in every message, encoded.
      case constant([UInt8])
    }

    mutating func append(constant bytes: [UInt8]) {
      guard case .constant(let before)? = parts.last else { return parts.append(.constant(bytes)) }
      parts[parts.count - 1] = .constant(before + bytes)
    }

    enum Origin: Sendable, Hashable {
      case input
      /// What came into the sequence around the node.
      case request
      /// The answer of a branch of an ensemble; a branch without one sets nothing.
      case branch(Int)
    }
  }

  struct HedgePlan: Sendable {
    var body: Int
    var delay: Duration?
    /// 0 to 1.
    var quantile: Double?
  }

  struct LoopPlan: Sendable {
    var kind: LoopNode.Kind
    var subject: Subject
    var condition: Condition
    var body: Int
    var maxRounds: Int
  }

  struct MirrorPlan: Sendable {
    var deployment: String
    var method: MethodName
    var percent: Int
  }

  struct RetryPlan: Sendable {
    var body: Int
    var spec: NodeOptions.RetrySpec
  }

  struct GuardPlan: Sendable {
    var body: Int
    var timeout: Duration?
    var onError: OnError

    enum OnError: Sendable {
      case fail
      /// The node around it goes on without an answer of this one.
      case leaveOut
      case passInput
      case answer([UInt8])
    }
  }
}
