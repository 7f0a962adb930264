// The one response of a call, with what came along with it.
public import MartletCore
public import SwiftProtobuf

/// A response together with its metadata. `CallTarget.response(to:)` gives it to callers for whom the
/// message alone is not enough.
public struct RPCResponse<Output: Message>: Sendable {
  public var message: Output

  /// How the message was compressed on its way; nil when it was not.
  public var compression: Compression?

  /// What the server sent before the message.
  public var initialMetadata: Metadata

  /// What the server sent with its status.
  public var trailingMetadata: Metadata
}
