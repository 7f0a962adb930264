// gRPC's own header blocks and what they say.

package import MartletCore

extension HeaderBlock {
  /// `:status: 200`, `content-type: application/grpc`: the head of every answer without metadata.
  package static let grpcResponse: HeaderBlock = {
    var block = HeaderBlock()
    block.append(.status, literal: "200")
    block.append(.contentType, literal: "application/grpc")
    return block
  }()

  /// `grpc-status: 0`: the trailers of success without metadata.
  package static let grpcSuccess: HeaderBlock = {
    var block = HeaderBlock()
    block.append(.grpcStatus, literal: "0")
    return block
  }()

  /// The head of a request: the pseudo-headers, `te` and `content-type`; append `grpc-timeout` and
  /// metadata.
  package static func grpcRequest(path: String, authority: String) -> HeaderBlock {
    var block = HeaderBlock()
    block.append(.method, literal: "POST")
    block.append(.scheme, literal: "http")
    block.append(.path, path)
    block.append(.authority, authority)
    block.append(.te, literal: "trailers")
    block.append(.contentType, literal: "application/grpc")
    return block
  }

  /// Appends `grpc-status` and, when there is one, the percent-encoded `grpc-message`.
  package mutating func append(_ status: RPCStatus) { fatalError("being written") }

  /// A trailers-only answer (gRPC over HTTP/2, "Trailers-Only").
  package static func grpcTrailersOnly(_ status: RPCStatus) -> HeaderBlock {
    var block = grpcResponse
    block.append(status)
    return block
  }

  /// The status in trailers or a trailers-only head; nil when there is no `grpc-status`.
  package var grpcStatus: RPCStatus? { fatalError("being written") }

  /// The `:status` of a response; nil when absent or not a number.
  package var httpStatus: Int? { fatalError("being written") }

  /// Appends `grpc-timeout` (never indexed).
  package mutating func append(timeout: Duration) { fatalError("being written") }

  /// The time the caller gives this call; nil when absent. Throws INVALID_ARGUMENT when unreadable.
  package var grpcTimeout: Duration? { get throws(RPCError) { fatalError("being written") } }

  /// Whether `content-type` is `application/grpc` or one of its kinds (`application/grpc+proto`, …).
  package var hasGRPCContentType: Bool { fatalError("being written") }

  /// Appends custom metadata; `-bin` values become base64. Throws when a name or a value cannot be sent.
  package mutating func append(_ metadata: Metadata) throws(InvalidMetadata) {
    fatalError("being written")
  }

  /// The custom metadata among the fields: everything but pseudo-headers and what HTTP and gRPC
  /// reserve.
  package var metadata: Metadata { fatalError("being written") }
}

/// A metadata entry that HTTP/2 cannot carry.
package struct InvalidMetadata: Error, Sendable, Hashable, CustomStringConvertible {
  package var name: String
  package var reason: String
  package var description: String { "metadata \"\(name)\" cannot be sent: \(reason)" }
}
