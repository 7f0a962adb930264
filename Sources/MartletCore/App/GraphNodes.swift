// What the kinds of nodes say.

/// `switch: {on: FIELD, cases: {VALUE: NODE, …}, default: NODE}`. All nodes take the same input and
/// give the same output type.
public struct SwitchNode: Sendable, Hashable {
  /// A dotted path to a scalar, enum, bool or string field of the input; or `has(PATH)`, which is true or
  /// false, as in the Common Expression Language: a field with presence is set, a repeated one is not
  /// empty, any other one is not its default; or a path to a oneof, whose values are the names of its
  /// members.
  public var field: String

  /// Each with its node, in the order of the file; the first that holds is taken. A value as written,
  /// an enum's by its name or number; of a number also `< 0.8`, `<= 0.8`, `> 0.8`, `>= 0.8`, `0.5..<0.8`
  /// or `0.5...0.8`.
  public var cases: [Case]

  /// Taken when no case matches; without one such a request fails with FAILED_PRECONDITION.
  public var `default`: GraphNode?

  public struct Case: Sendable, Hashable {
    public var value: String
    public var node: GraphNode

    public init(value: String, node: GraphNode) {
      self.value = value
      self.node = node
    }
  }

  public init(field: String, cases: [Case], default: GraphNode? = nil) {
    self.field = field
    self.cases = cases
    self.default = `default`
  }
}

/// `splitter: [{weight: PERCENT, do: NODE}, …] [, by: FIELD | by_metadata: KEY]`. All nodes take the
/// same input and give the same output type.
public struct SplitterNode: Sendable, Hashable {
  /// The weights add up to 100.
  public var shares: [Share]

  /// What keeps a request on the side of earlier ones; nil draws anew for each.
  public var sticky: Sticky?

  public struct Share: Sendable, Hashable {
    /// Percent.
    public var weight: Int
    public var node: GraphNode

    public init(weight: Int, node: GraphNode) {
      self.weight = weight
      self.node = node
    }
  }

  public enum Sticky: Sendable, Hashable {
    /// Requests with the same value of a field take the same side.
    case field(String)
    /// Requests with the same value of a metadata key take the same side.
    case metadata(String)
  }

  public init(shares: [Share], sticky: Sticky? = nil) {
    self.shares = shares
    self.sticky = sticky
  }
}

/// `for_each: FIELD, do: NODE [, into: FIELD] [, parallelism: N]`. The output is the input message with
/// the answers, in the order of the elements, in `into`.
public struct ForEachNode: Sendable, Hashable {
  /// A top-level repeated message field of the input.
  public var field: String

  public var body: GraphNode

  /// The top-level repeated message field that gets the answers, replacing what it held. Nil means the
  /// one repeated field of the body's output type.
  public var into: String?

  /// Elements that are worked on at once; nil: all, within the bounds of a request.
  public var parallelism: Int?

  public init(field: String, body: GraphNode, into: String? = nil, parallelism: Int? = nil) {
    self.field = field
    self.body = body
    self.into = into
    self.parallelism = parallelism
  }
}

/// `ensemble: [NODE, …], combine: COMBINER [, quorum: K]`. All branches give the same output type.
public struct EnsembleNode: Sendable, Hashable {
  public var branches: [GraphNode]
  public var combiner: Combiner

  /// The answers that are waited for: the first so many are combined, what still runs is cancelled, and
  /// branches may fail as long as there can be so many. Nil: all, and the first failure is the
  /// ensemble's.
  public var quorum: Int?

  public init(branches: [GraphNode], combiner: Combiner, quorum: Int? = nil) {
    self.branches = branches
    self.combiner = combiner
    self.quorum = quorum
  }

  public enum Combiner: Sendable, Hashable {
    /// The answer whose value of a field most branches share; of several such values the one with the
    /// first branch, and of the branches that share it the first.
    case vote(field: String)
    /// The first branch's answer with the named numeric fields replaced by the mean over all branches,
    /// element by element where they are repeated.
    case mean(fields: [String])
    /// As `mean`, each branch counting by its weight. There are as many weights as branches.
    case weightedMean(fields: [String], weights: [Double])
    /// The answer with the largest value of a numeric field; of equal ones the first branch's.
    case maxBy(field: String)
    /// Protobuf's merge of all answers in order: singular fields from the last that has them, repeated
    /// fields one after another.
    case merge
    /// The first good answer; the other branches are cancelled. Branches may fail while one is left.
    case first
    /// The ensemble's input with the answers, in the order of the branches, in a repeated field.
    case collect(field: String)
    /// What a deployment answers to a message that has the answers, in the order of the branches, in
    /// its one repeated field of their type.
    case call(deployment: String, method: MethodName)
    /// A message whose fields come from the answers. Branches may answer different types; a source
    /// begins with the name of a branch, or with the deployment that the branch calls.
    case map(MapNode)
  }
}

/// `hedge: NODE, after_s: SECONDS` or `hedge: NODE, after_percentile: PERCENT [, after_s: SECONDS]`. Every
/// deployment that it calls is idempotent.
public struct HedgeNode: Sendable, Hashable {
  public var body: GraphNode

  /// When the second copy starts; also when the first one fails before. Nil: it starts after a measured
  /// time only.
  public var delay: Duration?

  /// The share of the node's answers of late, in percent, in whose time the second copy starts; above 0 and
  /// below 100. As long as there are not enough of them `delay` counts, or no second copy starts.
  public var percentile: Double?

  public init(body: GraphNode, delay: Duration? = nil, percentile: Double? = nil) {
    self.body = body
    self.delay = delay
    self.percentile = percentile
  }
}

/// `while: FIELD, is: CONDITION, do: NODE, max: N` or `repeat_until: FIELD, …`. Input and output have
/// one type.
public struct LoopNode: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// Goes on while the condition holds, which is looked at first.
    case whileHolds
    /// Goes on until the condition holds, which is looked at after each round.
    case untilHolds
  }

  public var kind: Kind

  /// As for a `switch`.
  public var field: String

  /// As a case of a `switch`.
  public var condition: String

  public var body: GraphNode

  /// Rounds after which the loop fails with RESOURCE_EXHAUSTED: 1 to `roundsLimit`.
  public var maxRounds: Int

  /// Who goes round a thousand times should do it in a deployment.
  public static let roundsLimit = 1_000

  public init(
    _ kind: Kind, field: String, condition: String, body: GraphNode, maxRounds: Int
  ) {
    self.kind = kind
    self.field = field
    self.condition = condition
    self.body = body
    self.maxRounds = maxRounds
  }
}

/// `mirror: DEPLOYMENT, method: METHOD [, percent: N]`. Nobody waits for the answer, which is dropped.
public struct MirrorNode: Sendable, Hashable {
  public var deployment: String
  public var method: MethodName

  /// The share of requests that are sent, 1 to 100.
  public var percent: Int

  public init(deployment: String, method: MethodName, percent: Int = 100) {
    self.deployment = deployment
    self.method = method
    self.percent = percent
  }
}

/// `map: {FIELD: SOURCE, …}, as: TYPE`. The output is a new message.
public struct MapNode: Sendable, Hashable {
  public var fields: [Assignment]

  /// The full name of the output's message type; nil: what the call takes that comes next in the
  /// sequence.
  public var type: String?

  /// One field of the output.
  public struct Assignment: Sendable, Hashable {
    /// A dotted path; what is on the way comes into being with it.
    public var field: String
    public var source: Source

    public init(field: String, source: Source) {
      self.field = field
      self.source = source
    }
  }

  /// What a field of the output is made of.
  public enum Source: Sendable, Hashable {
    /// A dotted path in the input. `$response` is the input as a whole, `$request` what came into the
    /// sequence around the node; either may begin a path.
    case path(String)

    /// A constant, as protobuf's JSON spells the field: `{value: CONSTANT}`.
    case value(ConfigValue)
  }

  public init(fields: [Assignment], type: String? = nil) {
    self.fields = fields
    self.type = type
  }
}
