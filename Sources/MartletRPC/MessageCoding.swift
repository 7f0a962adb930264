// Messages to bytes and back, with the errors that gRPC asks for.
internal import MartletCore
internal import SwiftProtobuf

/// Decodes a message of a call. INTERNAL when the bytes are not one, as gRPC's "Status codes and
/// their use" has it for requests and responses alike.
func decode<Value: Message>(_ type: Value.Type, _ bytes: [UInt8]) throws(RPCError) -> Value {
  do { return try Value(serializedBytes: bytes) } catch {
    throw RPCError(
      .internalError, "the bytes are no message of type \(Value.protoMessageName)", cause: error)
  }
}

/// Encodes a message of a call. INTERNAL when it cannot be, such as for a missing proto2 field.
func encode<Value: Message>(_ message: Value) throws(RPCError) -> [UInt8] {
  do { return try message.serializedBytes() } catch {
    throw RPCError(
      .internalError, "cannot encode a message of type \(Value.protoMessageName)", cause: error)
  }
}

/// The RPC error that `error` means to a caller of this process: itself, CANCELLED, or UNKNOWN.
func rpcError(_ error: any Error) -> RPCError {
  switch error {
  case let error as RPCError: error
  case is CancellationError: RPCError(.cancelled, "the call was cancelled", cause: error)
  default: RPCError(.unknown, "\(error)", cause: error)
  }
}
