// Services and field paths of grpc/reflection/v1/reflection.proto, written by protoc-gen-martlet. Do not edit.
// swift-format-ignore-file
package import MartletCore

package enum Grpc_Reflection_V1_ServerReflection: ServiceNamespace {
  package static let name = "grpc.reflection.v1.ServerReflection"
  package static var descriptorSet: DescriptorSet { martletDescriptors_grpc_reflection_v1_reflection_proto }

  package static let serverReflectionInfo = BidirectionalMethod<Grpc_Reflection_V1_ServerReflectionRequest, Grpc_Reflection_V1_ServerReflectionResponse>(
    service: name, method: "ServerReflectionInfo", descriptorSet: descriptorSet)

  /// What a server of grpc.reflection.v1.ServerReflection does.
  package protocol Service: RPCService {
    /// One question after the other about the services of a server.
    func serverReflectionInfo(
      _ requests: RPCStream<Grpc_Reflection_V1_ServerReflectionRequest>, _ responses: RPCWriter<Grpc_Reflection_V1_ServerReflectionResponse>, _ call: Call
    ) async throws
  }

  /// Calls grpc.reflection.v1.ServerReflection.
  package struct Client: ServiceClient {
    package let target: CallTarget

    package init(_ target: CallTarget) {
      self.target = target
    }

    /// One question after the other about the services of a server.
    package func serverReflectionInfo<Result>(
      timeout: Duration? = nil, metadata: Metadata = [:],
      _ exchange: (RPCWriter<Grpc_Reflection_V1_ServerReflectionRequest>, RPCStream<Grpc_Reflection_V1_ServerReflectionResponse>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Grpc_Reflection_V1_ServerReflection.serverReflectionInfo, timeout: timeout, metadata: metadata, exchange)
    }
  }
}

extension Grpc_Reflection_V1_ServerReflection {
  /// Adds the methods of grpc.reflection.v1.ServerReflection to what a server answers.
  package static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Grpc_Reflection_V1_ServerReflection.self)
    binder.add(Grpc_Reflection_V1_ServerReflection.serverReflectionInfo) { try await $0.serverReflectionInfo($1, $2, $3) }
  }
}

extension Grpc_Reflection_V1_ServerReflection.Service {
  package static func bind(_ binder: inout ServiceBinder<Self>) {
    Grpc_Reflection_V1_ServerReflection.bind(&binder)
  }
}

extension Grpc_Reflection_V1_ServerReflectionRequest {
  /// The fields of grpc.reflection.v1.ServerReflectionRequest, for `Switch` and `ForEach`.
  package enum fields {
    package static let host = FieldPath<Grpc_Reflection_V1_ServerReflectionRequest, String>("host")
    package static let fileByFilename = FieldPath<Grpc_Reflection_V1_ServerReflectionRequest, String>("file_by_filename")
    package static let fileContainingSymbol = FieldPath<Grpc_Reflection_V1_ServerReflectionRequest, String>("file_containing_symbol")
    package static let fileContainingExtension = FieldPath<Grpc_Reflection_V1_ServerReflectionRequest, Grpc_Reflection_V1_ExtensionRequest>("file_containing_extension")
    package static let allExtensionNumbersOfType = FieldPath<Grpc_Reflection_V1_ServerReflectionRequest, String>("all_extension_numbers_of_type")
    package static let listServices = FieldPath<Grpc_Reflection_V1_ServerReflectionRequest, String>("list_services")

    /// The members of message_request.
    package enum OneOf_MessageRequest: String, OneofMember {
      case fileByFilename = "file_by_filename"
      case fileContainingSymbol = "file_containing_symbol"
      case fileContainingExtension = "file_containing_extension"
      case allExtensionNumbersOfType = "all_extension_numbers_of_type"
      case listServices = "list_services"
    }
    package static let messageRequest = OneofPath<Grpc_Reflection_V1_ServerReflectionRequest, OneOf_MessageRequest>("message_request")
  }
}

extension Grpc_Reflection_V1_ExtensionRequest {
  /// The fields of grpc.reflection.v1.ExtensionRequest, for `Switch` and `ForEach`.
  package enum fields {
    package static let containingType = FieldPath<Grpc_Reflection_V1_ExtensionRequest, String>("containing_type")
    package static let extensionNumber = FieldPath<Grpc_Reflection_V1_ExtensionRequest, Int32>("extension_number")
  }
}

extension Grpc_Reflection_V1_ServerReflectionResponse {
  /// The fields of grpc.reflection.v1.ServerReflectionResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let validHost = FieldPath<Grpc_Reflection_V1_ServerReflectionResponse, String>("valid_host")
    package static let originalRequest = FieldPath<Grpc_Reflection_V1_ServerReflectionResponse, Grpc_Reflection_V1_ServerReflectionRequest>("original_request")
    package static let fileDescriptorResponse = FieldPath<Grpc_Reflection_V1_ServerReflectionResponse, Grpc_Reflection_V1_FileDescriptorResponse>("file_descriptor_response")
    package static let allExtensionNumbersResponse = FieldPath<Grpc_Reflection_V1_ServerReflectionResponse, Grpc_Reflection_V1_ExtensionNumberResponse>("all_extension_numbers_response")
    package static let listServicesResponse = FieldPath<Grpc_Reflection_V1_ServerReflectionResponse, Grpc_Reflection_V1_ListServiceResponse>("list_services_response")
    package static let errorResponse = FieldPath<Grpc_Reflection_V1_ServerReflectionResponse, Grpc_Reflection_V1_ErrorResponse>("error_response")

    /// The members of message_response.
    package enum OneOf_MessageResponse: String, OneofMember {
      case fileDescriptorResponse = "file_descriptor_response"
      case allExtensionNumbersResponse = "all_extension_numbers_response"
      case listServicesResponse = "list_services_response"
      case errorResponse = "error_response"
    }
    package static let messageResponse = OneofPath<Grpc_Reflection_V1_ServerReflectionResponse, OneOf_MessageResponse>("message_response")
  }
}

extension Grpc_Reflection_V1_FileDescriptorResponse {
  /// The fields of grpc.reflection.v1.FileDescriptorResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let fileDescriptorProto = FieldPath<Grpc_Reflection_V1_FileDescriptorResponse, [[UInt8]]>("file_descriptor_proto")
  }
}

extension Grpc_Reflection_V1_ExtensionNumberResponse {
  /// The fields of grpc.reflection.v1.ExtensionNumberResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let baseTypeName = FieldPath<Grpc_Reflection_V1_ExtensionNumberResponse, String>("base_type_name")
    package static let extensionNumber = FieldPath<Grpc_Reflection_V1_ExtensionNumberResponse, [Int32]>("extension_number")
  }
}

extension Grpc_Reflection_V1_ListServiceResponse {
  /// The fields of grpc.reflection.v1.ListServiceResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let service = FieldPath<Grpc_Reflection_V1_ListServiceResponse, [Grpc_Reflection_V1_ServiceResponse]>("service")
  }
}

extension Grpc_Reflection_V1_ServiceResponse {
  /// The fields of grpc.reflection.v1.ServiceResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let name = FieldPath<Grpc_Reflection_V1_ServiceResponse, String>("name")
  }
}

extension Grpc_Reflection_V1_ErrorResponse {
  /// The fields of grpc.reflection.v1.ErrorResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let errorCode = FieldPath<Grpc_Reflection_V1_ErrorResponse, Int32>("error_code")
    package static let errorMessage = FieldPath<Grpc_Reflection_V1_ErrorResponse, String>("error_message")
  }
}

/// grpc/reflection/v1/reflection.proto and everything it imports.
private let martletDescriptors_grpc_reflection_v1_reflection_proto = DescriptorSet(
  base64: """
    CugMCiNncnBjL3JlZmxlY3Rpb24vdjEvcmVmbGVjdGlvbi5wcm90bxISZ3JwYy5yZWZsZWN0aW9uLnYxIvMCChdTZXJ2\
    ZXJSZWZsZWN0aW9uUmVxdWVzdBISCgRob3N0GAEgASgJUgRob3N0EioKEGZpbGVfYnlfZmlsZW5hbWUYAyABKAlIAFIO\
    ZmlsZUJ5RmlsZW5hbWUSNgoWZmlsZV9jb250YWluaW5nX3N5bWJvbBgEIAEoCUgAUhRmaWxlQ29udGFpbmluZ1N5bWJv\
    bBJiChlmaWxlX2NvbnRhaW5pbmdfZXh0ZW5zaW9uGAUgASgLMiQuZ3JwYy5yZWZsZWN0aW9uLnYxLkV4dGVuc2lvblJl\
    cXVlc3RIAFIXZmlsZUNvbnRhaW5pbmdFeHRlbnNpb24SQgodYWxsX2V4dGVuc2lvbl9udW1iZXJzX29mX3R5cGUYBiAB\
    KAlIAFIZYWxsRXh0ZW5zaW9uTnVtYmVyc09mVHlwZRIlCg1saXN0X3NlcnZpY2VzGAcgASgJSABSDGxpc3RTZXJ2aWNl\
    c0IRCg9tZXNzYWdlX3JlcXVlc3QiZgoQRXh0ZW5zaW9uUmVxdWVzdBInCg9jb250YWluaW5nX3R5cGUYASABKAlSDmNv\
    bnRhaW5pbmdUeXBlEikKEGV4dGVuc2lvbl9udW1iZXIYAiABKAVSD2V4dGVuc2lvbk51bWJlciKuBAoYU2VydmVyUmVm\
    bGVjdGlvblJlc3BvbnNlEh0KCnZhbGlkX2hvc3QYASABKAlSCXZhbGlkSG9zdBJWChBvcmlnaW5hbF9yZXF1ZXN0GAIg\
    ASgLMisuZ3JwYy5yZWZsZWN0aW9uLnYxLlNlcnZlclJlZmxlY3Rpb25SZXF1ZXN0Ug9vcmlnaW5hbFJlcXVlc3QSZgoY\
    ZmlsZV9kZXNjcmlwdG9yX3Jlc3BvbnNlGAQgASgLMiouZ3JwYy5yZWZsZWN0aW9uLnYxLkZpbGVEZXNjcmlwdG9yUmVz\
    cG9uc2VIAFIWZmlsZURlc2NyaXB0b3JSZXNwb25zZRJyCh5hbGxfZXh0ZW5zaW9uX251bWJlcnNfcmVzcG9uc2UYBSAB\
    KAsyKy5ncnBjLnJlZmxlY3Rpb24udjEuRXh0ZW5zaW9uTnVtYmVyUmVzcG9uc2VIAFIbYWxsRXh0ZW5zaW9uTnVtYmVy\
    c1Jlc3BvbnNlEl8KFmxpc3Rfc2VydmljZXNfcmVzcG9uc2UYBiABKAsyJy5ncnBjLnJlZmxlY3Rpb24udjEuTGlzdFNl\
    cnZpY2VSZXNwb25zZUgAUhRsaXN0U2VydmljZXNSZXNwb25zZRJKCg5lcnJvcl9yZXNwb25zZRgHIAEoCzIhLmdycGMu\
    cmVmbGVjdGlvbi52MS5FcnJvclJlc3BvbnNlSABSDWVycm9yUmVzcG9uc2VCEgoQbWVzc2FnZV9yZXNwb25zZSJMChZG\
    aWxlRGVzY3JpcHRvclJlc3BvbnNlEjIKFWZpbGVfZGVzY3JpcHRvcl9wcm90bxgBIAMoDFITZmlsZURlc2NyaXB0b3JQ\
    cm90byJqChdFeHRlbnNpb25OdW1iZXJSZXNwb25zZRIkCg5iYXNlX3R5cGVfbmFtZRgBIAEoCVIMYmFzZVR5cGVOYW1l\
    EikKEGV4dGVuc2lvbl9udW1iZXIYAiADKAVSD2V4dGVuc2lvbk51bWJlciJUChNMaXN0U2VydmljZVJlc3BvbnNlEj0K\
    B3NlcnZpY2UYASADKAsyIy5ncnBjLnJlZmxlY3Rpb24udjEuU2VydmljZVJlc3BvbnNlUgdzZXJ2aWNlIiUKD1NlcnZp\
    Y2VSZXNwb25zZRISCgRuYW1lGAEgASgJUgRuYW1lIlMKDUVycm9yUmVzcG9uc2USHQoKZXJyb3JfY29kZRgBIAEoBVIJ\
    ZXJyb3JDb2RlEiMKDWVycm9yX21lc3NhZ2UYAiABKAlSDGVycm9yTWVzc2FnZTKJAQoQU2VydmVyUmVmbGVjdGlvbhJ1\
    ChRTZXJ2ZXJSZWZsZWN0aW9uSW5mbxIrLmdycGMucmVmbGVjdGlvbi52MS5TZXJ2ZXJSZWZsZWN0aW9uUmVxdWVzdBos\
    LmdycGMucmVmbGVjdGlvbi52MS5TZXJ2ZXJSZWZsZWN0aW9uUmVzcG9uc2UoATABYgZwcm90bzM=
    """)
