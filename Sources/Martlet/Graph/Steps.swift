// Several steps as one.
private import MartletCore

/// Steps in a row that are one: a branch that has several, or steps that have a name, a time or another way on
/// failure in common. A `FromRequest` among them takes what came to the first of them. As the last step of a
/// route that answers with a stream they may end with one.
public struct Steps<Row: EndedSteps>: StepPart {
  public let joined: Row

  public init<Body: JoinedSteps>(@StepsBuilder _ steps: () -> Body) where Body.Ended == Row {
    let row = steps().row
    joined = Row(StepRow([.sequence(row.nodes)], row.descriptorSets))
  }
}

extension Steps: GraphStep where Row: GraphStep {
  public typealias Input = Row.Input
  public typealias Output = Row.Output

  public var step: Step<Row.Input, Row.Output> { joined.step }
}
