// A call's status in its trailers.

package import MartletCore

extension HeaderBlock {
  /// Appends `grpc-status` and, when there is one, the percent-encoded `grpc-message`.
  package mutating func append(_ status: RPCStatus) {
    if status.code == .ok {
      append(.grpcStatus, literal: "0")
    } else {
      append(.grpcStatus, String(status.code.rawValue))
    }
    guard !status.message.isEmpty else { return }
    let message = PercentEncoding.encode(status.message)
    unsafe message.withUnsafeBytes { unsafe append(.grpcMessage, $0, neverIndexed: true) }
  }

  /// Appends `grpc-status-details-bin`.
  package mutating func append(statusDetails details: [UInt8]) {
    unsafe Base64.encode(details, .none).withUnsafeBytes {
      unsafe append(.grpcStatusDetails, $0, neverIndexed: true)
    }
  }

  /// The status in trailers or a trailers-only head; nil when there is no `grpc-status`. A code that
  /// gRPC does not define is UNKNOWN (gRPC over HTTP/2, "Status").
  package var grpcStatus: RPCStatus? {
    guard let code = number(in: .grpcStatus) else {
      guard contains(.grpcStatus) else { return nil }
      return RPCStatus(.unknown, "the server sent an unreadable grpc-status")
    }
    let message = unsafe withValue(of: .grpcMessage) { unsafe PercentEncoding.decode($0) } ?? ""
    return RPCStatus(RPCStatus.Code(rawValue: code) ?? .unknown, message)
  }

  /// The `:status` of a response; nil when absent or not a number.
  package var httpStatus: Int? { number(in: .status) }

  /// A short decimal number.
  private func number(in name: HeaderName) -> Int? {
    unsafe withValue(of: name) { value -> Int? in
      guard (1...3).contains(value.count) else { return nil }
      var number = 0
      for index in 0..<value.count {
        let byte = unsafe value[index]
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        number = number * 10 + Int(byte - UInt8(ascii: "0"))
      }
      return number
    } ?? nil
  }
}
