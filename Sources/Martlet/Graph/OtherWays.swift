// Steps that have another way: fallback, hedge, splitter and mirror.
private import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// Runs the first branch; where it fails or is past its time, the next one on the same input, and so on. A branch
/// without a `timeout` has an equal share of the time to the deadline, where there is one. The failure of the last
/// one is its own.
public struct Fallback<Input: Message, Output: Message>: GraphStep {
  public let step: Step<Input, Output>

  public init(@BranchesBuilder _ branches: () -> [Step<Input, Output>]) {
    let branches = branches()
    step = Step(.fallback(branches.map(\.node)), branches.flatMap(\.descriptorSets))
  }
}

/// Runs steps, and once more on the same input when they have not answered within a time or have failed. The
/// first answer is taken and the other copy cancelled. Over a whole request one call in five may be such a copy
/// or a retry, and three in any case.
public struct Hedge<Input: Message, Output: Message>: GraphStep {
  public let step: Step<Input, Output>

  /// - Parameters:
  ///   - delay: when the second copy starts.
  ///   - body: calls idempotent deployments only.
  public init(after delay: Duration, @StepsBuilder _ body: () -> Step<Input, Output>) {
    let body = body()
    step = Step(.hedge(HedgeNode(body: body.node, delay: delay)), body.descriptorSets)
  }

  /// - Parameters:
  ///   - percentile: the second copy starts when as many percent of the steps' answers of late would have
  ///     come; above 0 and below 100.
  ///   - delay: when it starts as long as there are not enough answers to tell; nil: not at all.
  ///   - body: calls idempotent deployments only.
  public init(
    afterPercentile percentile: Double, orAfter delay: Duration? = nil,
    @StepsBuilder _ body: () -> Step<Input, Output>
  ) {
    let body = body()
    let node = HedgeNode(body: body.node, delay: delay, percentile: percentile)
    step = Step(.hedge(node), body.descriptorSets)
  }
}

/// Runs one of its shares, by their weights. As the last step of a route that answers with a stream its shares
/// may end with one.
public struct Splitter<Steps: EndedSteps>: StepPart {
  public let joined: Steps

  /// Draws anew for each request.
  public init(@SharesBuilder _ shares: () -> [Share<Steps>]) {
    self.init(sticky: nil, shares())
  }

  /// Requests with the same value of a field take the same share.
  public init(
    by field: PathToField<Steps.Input, some SingleValue, some FieldEnd>,
    @SharesBuilder _ shares: () -> [Share<Steps>]
  ) {
    self.init(sticky: .field(field.text), shares())
  }

  /// Requests with the same value of an enum take the same share.
  public init(
    by field: PathToField<Steps.Input, some SwiftProtobuf.Enum, some FieldEnd>,
    @SharesBuilder _ shares: () -> [Share<Steps>]
  ) {
    self.init(sticky: .field(field.text), shares())
  }

  @available(*, unavailable, message: "a share goes by a value, and the field is a message")
  public init(
    by field: PathToField<Steps.Input, some Message, some FieldEnd>,
    @SharesBuilder _ shares: () -> [Share<Steps>]
  ) {
    self.init(sticky: nil, shares())
  }

  @available(*, unavailable, message: "a share goes by a value, and the field is repeated")
  public init<Element>(
    by field: PathToField<Steps.Input, [Element], some FieldEnd>,
    @SharesBuilder _ shares: () -> [Share<Steps>]
  ) {
    self.init(sticky: nil, shares())
  }

  /// Requests with the same value of a metadata key take the same share; those without the key any.
  public init(
    byMetadata key: String, @SharesBuilder _ shares: () -> [Share<Steps>]
  ) {
    self.init(sticky: .metadata(key), shares())
  }

  private init(sticky: SplitterNode.Sticky?, _ shares: [Share<Steps>]) {
    let node = SplitterNode(
      shares: shares.map { SplitterNode.Share(weight: $0.percent, node: $0.body.node) },
      sticky: sticky)
    joined = Steps(StepRow([.splitter(node)], shares.flatMap(\.body.descriptorSets)))
  }
}

extension Splitter: GraphStep where Steps: GraphStep {
  public typealias Input = Steps.Input
  public typealias Output = Steps.Output

  public var step: Step<Steps.Input, Steps.Output> { joined.step }
}

/// One way of a `Splitter`.
public struct Share<Steps: EndedSteps>: Sendable {
  fileprivate let percent: Int
  fileprivate let body: StepRow

  /// - Parameter percent: of the requests; those of all shares add up to 100.
  public init<Body: JoinedSteps>(_ percent: Int, @StepsBuilder body: () -> Body)
  where Body.Ended == Steps {
    self.percent = percent
    self.body = body().row
  }
}

/// Collects the shares of a `Splitter`.
@resultBuilder
public enum SharesBuilder {
  public static func buildExpression<Steps>(_ share: Share<Steps>) -> [Share<Steps>] { [share] }

  public static func buildBlock<Steps>(
    _ first: [Share<Steps>], _ others: [Share<Steps>]...
  ) -> [Share<Steps>] {
    first + others.flatMap(\.self)
  }

  public static func buildArray<Steps>(_ shares: [[Share<Steps>]]) -> [Share<Steps>] {
    shares.flatMap(\.self)
  }
}

/// Sends a copy of its input to a deployment for nobody to wait for; its output is its input.
public struct Mirror<Input: Message, Answer: Message>: GraphStep {
  public let step: Step<Input, Input>

  /// - Parameter percent: the share of requests that are sent, 1 to 100.
  public init(
    _ method: UnaryMethod<Input, Answer>, on deployment: String, percent: Int = 100
  ) {
    let node = MirrorNode(deployment: deployment, method: method.name, percent: percent)
    step = Step(.mirror(node), [method.descriptorSet])
  }
}
