// The graph of a route, as the app file spells it and before any schema has been looked at.

/// One node of a graph. A node takes a message and gives a message.
public struct GraphNode: Sendable, Hashable {
  public var kind: Kind
  public var options: NodeOptions

  public init(_ kind: Kind, _ options: NodeOptions = NodeOptions()) {
    self.kind = kind
    self.options = options
  }

  /// What a node does.
  public indirect enum Kind: Sendable, Hashable {
    /// Calls one method of one deployment: its request type in, its response type out.
    case call(deployment: String, method: MethodName)

    /// Each step's output is the next one's input. Never empty.
    case sequence([GraphNode])

    /// Chooses one node by a field of the input.
    case `switch`(SwitchNode)

    /// Chooses one node by weight.
    case splitter(SplitterNode)

    /// Runs a node on each element of a repeated message field of the input.
    case forEach(ForEachNode)

    /// Runs every branch on the same input at once and combines what they answer.
    case ensemble(EnsembleNode)

    /// Runs the first node; where it fails or is past its share of the time to the deadline, the next one on
    /// the same input, and so on. Never empty.
    case fallback([GraphNode])

    /// Runs a node, and once more on the same input when it has not answered for a while.
    case hedge(HedgeNode)

    /// Runs a node on its own output again and again.
    case loop(LoopNode)

    /// Sends a copy of the input somewhere and forgets it; the output is the input.
    case mirror(MirrorNode)

    /// Makes a message of another type out of fields of the input.
    case map(MapNode)

    /// Answers as another route of the app does; a graph runs within this one.
    case route(MethodName)

    /// Ends the graph, or the one that the route of a `route` node has: its answer is the input.
    case `return`
  }
}

/// Nodes without options.
extension GraphNode {
  public static func call(deployment: String, method: MethodName) -> GraphNode {
    GraphNode(.call(deployment: deployment, method: method))
  }

  public static func sequence(_ nodes: [GraphNode]) -> GraphNode { GraphNode(.sequence(nodes)) }

  public static func `switch`(_ node: SwitchNode) -> GraphNode { GraphNode(.switch(node)) }

  public static func splitter(_ node: SplitterNode) -> GraphNode { GraphNode(.splitter(node)) }

  public static func forEach(_ node: ForEachNode) -> GraphNode { GraphNode(.forEach(node)) }

  public static func ensemble(_ node: EnsembleNode) -> GraphNode { GraphNode(.ensemble(node)) }

  public static func fallback(_ nodes: [GraphNode]) -> GraphNode { GraphNode(.fallback(nodes)) }

  public static func hedge(_ node: HedgeNode) -> GraphNode { GraphNode(.hedge(node)) }

  public static func loop(_ node: LoopNode) -> GraphNode { GraphNode(.loop(node)) }

  public static func mirror(_ node: MirrorNode) -> GraphNode { GraphNode(.mirror(node)) }

  public static func map(_ node: MapNode) -> GraphNode { GraphNode(.map(node)) }

  public static func route(_ method: MethodName) -> GraphNode { GraphNode(.route(method)) }

  public static let `return` = GraphNode(.return)
}

/// What every node may say beside what it does.
public struct NodeOptions: Sendable, Hashable {
  /// Names the node in errors, beside where it is.
  public var name: String?

  /// The time that the node has, with all below it; the request's deadline where that is nearer. Then it
  /// fails with DEADLINE_EXCEEDED.
  public var timeout: Duration?

  /// How a node that fails is run again, within its time; nil: not.
  public var retry: RetrySpec?

  public var onError: OnError

  /// `data: $request`: the node takes what came into the innermost sequence around it, not what the step
  /// before answered.
  public var takesRequest: Bool

  public init(
    name: String? = nil, timeout: Duration? = nil, retry: RetrySpec? = nil,
    onError: OnError = .fail, takesRequest: Bool = false
  ) {
    self.name = name
    self.timeout = timeout
    self.retry = retry
    self.onError = onError
    self.takesRequest = takesRequest
  }

  /// `retry: {attempts: N, backoff_s: SECONDS, on: [CODE, …]}`. Every deployment below is idempotent. Where
  /// the next attempt would begin past the deadline there is none. Over a whole request one call in five may
  /// be a retry, and three in any case: attempts at several steps add up and do not multiply.
  public struct RetrySpec: Sendable, Hashable {
    /// The first one included; 2 to 5, as in gRPC's retry policy (gRFC A6).
    public var attempts: Int

    /// Before the second attempt; twice as long before each further one, give or take a fifth. At most
    /// `maxBackoff`.
    public var backoff: Duration

    /// Nobody waits for an answer much longer than this, which is a quarter of an hour for five attempts.
    public static let maxBackoff = Duration.seconds(60)

    /// The statuses after which the node is run again.
    public var codes: [RPCStatus.Code]

    public init(
      attempts: Int, backoff: Duration = .zero, codes: [RPCStatus.Code] = [.unavailable]
    ) {
      self.attempts = attempts
      self.backoff = backoff
      self.codes = codes
    }
  }

  /// What becomes of a node that fails, whatever its status.
  public enum OnError: Sendable, Hashable {
    /// What is around it fails, too.
    case fail

    /// An element of a `for_each` or a branch of an `ensemble` is left out; elsewhere the input goes
    /// on, which then has the type of the output.
    case skip

    /// This message, as JSON, stands for its answer.
    case answer(ConfigValue)
  }
}
