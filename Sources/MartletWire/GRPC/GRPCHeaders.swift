// gRPC's own header sections.

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
  package static func grpcRequest(
    path: String, authority: String, contentType: String? = nil
  ) -> HeaderBlock {
    var block = HeaderBlock()
    block.append(.method, literal: "POST")
    block.append(.scheme, literal: "http")
    block.append(.path, path)
    block.append(.authority, authority)
    block.append(.te, literal: "trailers")
    if let contentType {
      block.append(.contentType, contentType)
    } else {
      block.append(.contentType, literal: "application/grpc")
    }
    return block
  }

  /// A trailers-only answer (gRPC over HTTP/2, "Trailers-Only"): send it with `endOfStream`.
  package static func grpcTrailersOnly(_ status: RPCStatus) -> HeaderBlock {
    var block = grpcResponse
    block.append(status)
    return block
  }

  /// Whether a request is a call by gRPC: by POST, and with its content type.
  package var isGRPCCall: Bool { isPost && hasGRPCContentType }

  private var isPost: Bool {
    unsafe withValue(of: .method) { value in
      let post: StaticString = "POST"
      guard value.count == post.utf8CodeUnitCount, let start = value.baseAddress else {
        return false
      }
      return unsafe post.isSpelled(by: start)
    } ?? false
  }

  /// Whether `content-type` is `application/grpc` or one of its kinds (`application/grpc+proto`, …).
  package var hasGRPCContentType: Bool {
    unsafe withValue(of: .contentType) { value in
      let kind: StaticString = "application/grpc"
      let count = kind.utf8CodeUnitCount
      guard value.count >= count, let start = value.baseAddress, unsafe kind.isSpelled(by: start)
      else { return false }
      // What follows is a kind or a parameter, so that `application/grpc-web` is another type.
      guard value.count > count else { return true }
      return unsafe value[count] == UInt8(ascii: "+") || value[count] == UInt8(ascii: ";")
    } ?? false
  }
}
