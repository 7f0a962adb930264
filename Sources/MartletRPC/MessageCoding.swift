// Messages to bytes and back, with the errors that gRPC asks for.
public import MartletCore
public import SwiftProtobuf

/// Decodes a message of a call. INTERNAL when the bytes are not one, as gRPC's "Status codes and
/// their use" has it for requests and responses alike.
@inlinable
func decode<Value: Message>(_ type: Value.Type, _ bytes: [UInt8]) throws(RPCError) -> Value {
  do { return try Value(serializedBytes: bytes) } catch {
    throw notAMessage(Value.protoMessageName, error)
  }
}

/// Encodes a message of a call. INTERNAL when it cannot be, such as for a missing proto2 field.
@inlinable
func encode<Value: Message>(_ message: Value) throws(RPCError) -> [UInt8] {
  do { return try message.serializedBytes() } catch {
    throw notEncodable(Value.protoMessageName, error)
  }
}

@usableFromInline
func notAMessage(_ type: String, _ cause: any Error) -> RPCError {
  RPCError(.internalError, "the bytes are no message of type \(type)", cause: cause)
}

@usableFromInline
func notEncodable(_ type: String, _ cause: any Error) -> RPCError {
  RPCError(.internalError, "cannot encode a message of type \(type)", cause: cause)
}

/// The RPC error that `error` means to a caller of this process: itself, CANCELLED, or UNKNOWN.
func rpcError(_ error: any Error) -> RPCError {
  switch error {
  case let error as RPCError: error
  case is CancellationError: RPCError(.cancelled, "the call was cancelled", cause: error)
  default: RPCError(.unknown, "\(error)", cause: error)
  }
}
