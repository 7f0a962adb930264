// The graph of a route, as the app file spells it and before any schema has been looked at.

/// One node of a graph. A node takes a message and gives a message.
public indirect enum GraphNode: Sendable, Hashable {
  /// Calls one method of one deployment: its request type in, its response type out.
  case call(deployment: String, method: MethodName)

  /// Each step's output is the next one's input. Never empty.
  case sequence([GraphNode])

  /// Chooses one node by a field of the input.
  case `switch`(SwitchNode)

  /// Runs a node on each element of a repeated message field of the input.
  case forEach(ForEachNode)

  /// Runs every branch on the same input at once and combines what they answer.
  case ensemble(EnsembleNode)
}

/// `switch: {on: FIELD, cases: {VALUE: NODE, …}, default: NODE}`. All nodes take the same input and
/// give the same output type.
public struct SwitchNode: Sendable, Hashable {
  /// A dotted path to a scalar, enum, bool or string field of the input.
  public var field: String

  /// The values as written, each with its node, in the order of the file. An enum's value may be its
  /// name or its number.
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

/// `for_each: FIELD, do: NODE [, into: FIELD]`. The output is the input message with the answers, in
/// the order of the elements, in `into`.
public struct ForEachNode: Sendable, Hashable {
  /// A top-level repeated message field of the input.
  public var field: String

  public var body: GraphNode

  /// The top-level repeated message field that gets the answers, replacing what it held. Nil means the
  /// one repeated field of the body's output type.
  public var into: String?

  public init(field: String, body: GraphNode, into: String? = nil) {
    self.field = field
    self.body = body
    self.into = into
  }
}

/// `ensemble: [NODE, …], combine: COMBINER`. All branches give the same output type.
public struct EnsembleNode: Sendable, Hashable {
  public var branches: [GraphNode]
  public var combiner: Combiner

  public init(branches: [GraphNode], combiner: Combiner) {
    self.branches = branches
    self.combiner = combiner
  }

  public enum Combiner: Sendable, Hashable {
    /// The answer whose value of a field most branches share; of several such values the one with the
    /// first branch, and of the branches that share it the first.
    case vote(field: String)
    /// The first branch's answer with the named numeric fields replaced by the mean over all branches,
    /// element by element where they are repeated.
    case mean(fields: [String])
    /// Protobuf's merge of all answers in order: singular fields from the last that has them, repeated
    /// fields one after another.
    case merge
  }
}
