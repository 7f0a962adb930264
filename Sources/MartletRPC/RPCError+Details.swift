// Errors that say more than a code and a message (gRPC's richer error model).
public import MartletCore
public import SwiftProtobuf

extension RPCError {
  /// A status with messages of any types that its clients know. Details that do not fit into
  /// `Limits.maxStatusDetailsBytes` are left out, the last ones first.
  ///
  /// ```swift
  /// throw try RPCError(.resourceExhausted, "come back later", details: [retryDelay])
  /// ```
  ///
  /// - Throws: INTERNAL when a detail cannot be encoded, such as for a missing proto2 field.
  public init(
    _ code: RPCStatus.Code, _ message: String, details: [any Message], metadata: Metadata = [:],
    cause: (any Error)? = nil
  ) throws(RPCError) {
    var status = Google_Rpc_Status()
    status.code = Int32(code.rawValue)
    status.message = message
    for detail in details {
      do { status.details.append(try Google_Protobuf_Any(message: detail)) } catch {
        throw RPCError(
          .internalError, "cannot encode a detail of type \(type(of: detail).protoMessageName)",
          cause: error)
      }
    }
    self.init(status, metadata: metadata, cause: cause)
  }

  /// The error that `status` stands for. A code that gRPC does not define is UNKNOWN.
  public init(_ status: Google_Rpc_Status, metadata: Metadata = [:], cause: (any Error)? = nil) {
    let code = RPCStatus.Code(rawValue: Int(status.code)) ?? .unknown
    self.init(RPCStatus(code, status.message), metadata: metadata, cause: cause)
    statusDetails = Self.fitting(status)
  }

  private static func fitting(_ status: Google_Rpc_Status) -> [UInt8]? {
    var status = status
    let limit = Limits().maxStatusDetailsBytes
    while true {
      // Fails for no message of this type: it has no required field.
      guard let bytes: [UInt8] = try? status.serializedBytes() else { return nil }
      guard bytes.count > limit else { return bytes }
      guard status.details.popLast() != nil else { return nil }
    }
  }

  /// What came in `grpc-status-details-bin`; nil when there is nothing, or nothing that can be read.
  public var richStatus: Google_Rpc_Status? {
    statusDetails.flatMap { try? Google_Rpc_Status(serializedBytes: $0) }
  }

  /// The details of one type, in order.
  public func details<Detail: Message>(_ type: Detail.Type) -> [Detail] {
    guard let details = richStatus?.details else { return [] }
    return details.filter { $0.isA(type) }.compactMap { try? Detail(unpackingAny: $0) }
  }
}
