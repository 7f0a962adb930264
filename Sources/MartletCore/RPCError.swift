// The failure of one call, as its caller sees it.

/// A call ended with a status other than OK. Throw it from a handler to answer with that status; any
/// other error that leaves a handler becomes UNKNOWN.
public struct RPCError: Error, Sendable, CustomStringConvertible {
  public var status: RPCStatus

  /// Trailing metadata that travels with the status.
  public var metadata: Metadata

  /// What made the call fail, kept for logs; it never goes on the wire.
  public var cause: (any Error)?

  public init(_ status: RPCStatus, metadata: Metadata = [:], cause: (any Error)? = nil) {
    self.status = status
    self.metadata = metadata
    self.cause = cause
  }

  public init(
    _ code: RPCStatus.Code, _ message: String, metadata: Metadata = [:],
    cause: (any Error)? = nil
  ) {
    self.init(RPCStatus(code, message), metadata: metadata, cause: cause)
  }

  /// A serialized `google.rpc.Status` that says more than code and message, as
  /// `grpc-status-details-bin` in the metadata; nil when there is none.
  public var statusDetails: [UInt8]? {
    get { metadata[binary: Self.detailsName] }
    set {
      metadata.removeAll(named: Self.detailsName)
      if let newValue { metadata.add(newValue, for: Self.detailsName) }
    }
  }

  private static let detailsName = "grpc-status-details-bin"

  public var code: RPCStatus.Code { status.code }
  public var message: String { status.message }

  public var description: String {
    guard let cause else { return status.description }
    return "\(status) (cause: \(cause))"
  }
}
