// What the compiler knows of what comes out of a node.

internal import MartletSchema

/// The type of what comes out of a node.
enum NodeOutput: Equatable {
  case message(MessageType)
  /// Nothing does: unless it fails, the node always ends the graph with a `return`.
  case never
  /// An earlier mistake hides it.
  case unknown

  /// A type that is nil because of an earlier mistake is not known.
  init(_ type: MessageType?) {
    self = type.map(NodeOutput.message) ?? .unknown
  }

  var type: MessageType? {
    if case .message(let type) = self { type } else { nil }
  }
}
