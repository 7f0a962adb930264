// A step that runs a graph on each element of a repeated field.
private import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// Runs steps on every element of a field at once. Its output is its input with the answers, in the
/// order of the elements, in another repeated field of the same message.
public struct ForEach<Input: Message, Element: Message, Answer: Message>: GraphStep {
  public let step: Step<Input, Input>

  /// - Parameters:
  ///   - field: a repeated message field of the input.
  ///   - into: the field that gets the answers, replacing what it held; nil means the one repeated
  ///     field of the input with the answers' type.
  ///   - parallelism: how many elements are worked on at once, 1 or more; nil: all, within the bounds of a
  ///     request.
  public init(
    _ field: FieldPath<Input, [Element]>, into: FieldPath<Input, [Answer]>? = nil,
    parallelism: Int? = nil, @StepsTaking<Element> _ body: () -> Step<Element, Answer>
  ) {
    let body = body()
    let node = ForEachNode(
      field: field.text, body: body.node, into: into?.text, parallelism: parallelism)
    step = Step(.forEach(node), body.descriptorSets)
  }
}
