// Services and field paths of grpc/reflection/v1alpha/reflection.proto, written by protoc-gen-martlet. Do not edit.
// swift-format-ignore-file
package import MartletCore

package enum Grpc_Reflection_V1alpha_ServerReflection: ServiceNamespace {
  package static let name = "grpc.reflection.v1alpha.ServerReflection"
  package static var descriptorSet: DescriptorSet { martletDescriptors_grpc_reflection_v1alpha_reflection_proto }

  package static let serverReflectionInfo = BidirectionalMethod<Grpc_Reflection_V1alpha_ServerReflectionRequest, Grpc_Reflection_V1alpha_ServerReflectionResponse>(
    service: name, method: "ServerReflectionInfo", descriptorSet: descriptorSet)

  /// What a server of grpc.reflection.v1alpha.ServerReflection does.
  package protocol Service: RPCService {
    /// One question after the other about the services of a server.
    func serverReflectionInfo(
      _ requests: RPCStream<Grpc_Reflection_V1alpha_ServerReflectionRequest>, _ responses: RPCWriter<Grpc_Reflection_V1alpha_ServerReflectionResponse>, _ call: Call
    ) async throws
  }

  /// Calls grpc.reflection.v1alpha.ServerReflection.
  package struct Client: ServiceClient {
    package let target: CallTarget

    package init(_ target: CallTarget) {
      self.target = target
    }

    /// One question after the other about the services of a server.
    package func serverReflectionInfo<Result>(
      timeout: Duration? = nil, metadata: Metadata = [:],
      _ exchange: (RPCWriter<Grpc_Reflection_V1alpha_ServerReflectionRequest>, RPCStream<Grpc_Reflection_V1alpha_ServerReflectionResponse>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Grpc_Reflection_V1alpha_ServerReflection.serverReflectionInfo, timeout: timeout, metadata: metadata, exchange)
    }
  }
}

extension Grpc_Reflection_V1alpha_ServerReflection {
  /// Adds the methods of grpc.reflection.v1alpha.ServerReflection to what a server answers.
  package static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Grpc_Reflection_V1alpha_ServerReflection.self)
    binder.add(Grpc_Reflection_V1alpha_ServerReflection.serverReflectionInfo) { try await $0.serverReflectionInfo($1, $2, $3) }
  }
}

extension Grpc_Reflection_V1alpha_ServerReflection.Service {
  package static func bind(_ binder: inout ServiceBinder<Self>) {
    Grpc_Reflection_V1alpha_ServerReflection.bind(&binder)
  }
}

extension Grpc_Reflection_V1alpha_ServerReflectionRequest {
  /// The fields of grpc.reflection.v1alpha.ServerReflectionRequest, for `Switch` and `ForEach`.
  package enum fields {
    package static let host = FieldPath<Grpc_Reflection_V1alpha_ServerReflectionRequest, String>("host")
    package static let fileByFilename = FieldPath<Grpc_Reflection_V1alpha_ServerReflectionRequest, String>("file_by_filename")
    package static let fileContainingSymbol = FieldPath<Grpc_Reflection_V1alpha_ServerReflectionRequest, String>("file_containing_symbol")
    package static let fileContainingExtension = FieldPath<Grpc_Reflection_V1alpha_ServerReflectionRequest, Grpc_Reflection_V1alpha_ExtensionRequest>("file_containing_extension")
    package static let allExtensionNumbersOfType = FieldPath<Grpc_Reflection_V1alpha_ServerReflectionRequest, String>("all_extension_numbers_of_type")
    package static let listServices = FieldPath<Grpc_Reflection_V1alpha_ServerReflectionRequest, String>("list_services")

    /// The members of message_request.
    package enum OneOf_MessageRequest: String, OneofMember {
      case fileByFilename = "file_by_filename"
      case fileContainingSymbol = "file_containing_symbol"
      case fileContainingExtension = "file_containing_extension"
      case allExtensionNumbersOfType = "all_extension_numbers_of_type"
      case listServices = "list_services"
    }
    package static let messageRequest = OneofPath<Grpc_Reflection_V1alpha_ServerReflectionRequest, OneOf_MessageRequest>("message_request")
  }
}

extension Grpc_Reflection_V1alpha_ExtensionRequest {
  /// The fields of grpc.reflection.v1alpha.ExtensionRequest, for `Switch` and `ForEach`.
  package enum fields {
    package static let containingType = FieldPath<Grpc_Reflection_V1alpha_ExtensionRequest, String>("containing_type")
    package static let extensionNumber = FieldPath<Grpc_Reflection_V1alpha_ExtensionRequest, Int32>("extension_number")
  }
}

extension Grpc_Reflection_V1alpha_ServerReflectionResponse {
  /// The fields of grpc.reflection.v1alpha.ServerReflectionResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let validHost = FieldPath<Grpc_Reflection_V1alpha_ServerReflectionResponse, String>("valid_host")
    package static let originalRequest = FieldPath<Grpc_Reflection_V1alpha_ServerReflectionResponse, Grpc_Reflection_V1alpha_ServerReflectionRequest>("original_request")
    package static let fileDescriptorResponse = FieldPath<Grpc_Reflection_V1alpha_ServerReflectionResponse, Grpc_Reflection_V1alpha_FileDescriptorResponse>("file_descriptor_response")
    package static let allExtensionNumbersResponse = FieldPath<Grpc_Reflection_V1alpha_ServerReflectionResponse, Grpc_Reflection_V1alpha_ExtensionNumberResponse>("all_extension_numbers_response")
    package static let listServicesResponse = FieldPath<Grpc_Reflection_V1alpha_ServerReflectionResponse, Grpc_Reflection_V1alpha_ListServiceResponse>("list_services_response")
    package static let errorResponse = FieldPath<Grpc_Reflection_V1alpha_ServerReflectionResponse, Grpc_Reflection_V1alpha_ErrorResponse>("error_response")

    /// The members of message_response.
    package enum OneOf_MessageResponse: String, OneofMember {
      case fileDescriptorResponse = "file_descriptor_response"
      case allExtensionNumbersResponse = "all_extension_numbers_response"
      case listServicesResponse = "list_services_response"
      case errorResponse = "error_response"
    }
    package static let messageResponse = OneofPath<Grpc_Reflection_V1alpha_ServerReflectionResponse, OneOf_MessageResponse>("message_response")
  }
}

extension Grpc_Reflection_V1alpha_FileDescriptorResponse {
  /// The fields of grpc.reflection.v1alpha.FileDescriptorResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let fileDescriptorProto = FieldPath<Grpc_Reflection_V1alpha_FileDescriptorResponse, [[UInt8]]>("file_descriptor_proto")
  }
}

extension Grpc_Reflection_V1alpha_ExtensionNumberResponse {
  /// The fields of grpc.reflection.v1alpha.ExtensionNumberResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let baseTypeName = FieldPath<Grpc_Reflection_V1alpha_ExtensionNumberResponse, String>("base_type_name")
    package static let extensionNumber = FieldPath<Grpc_Reflection_V1alpha_ExtensionNumberResponse, [Int32]>("extension_number")
  }
}

extension Grpc_Reflection_V1alpha_ListServiceResponse {
  /// The fields of grpc.reflection.v1alpha.ListServiceResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let service = FieldPath<Grpc_Reflection_V1alpha_ListServiceResponse, [Grpc_Reflection_V1alpha_ServiceResponse]>("service")
  }
}

extension Grpc_Reflection_V1alpha_ServiceResponse {
  /// The fields of grpc.reflection.v1alpha.ServiceResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let name = FieldPath<Grpc_Reflection_V1alpha_ServiceResponse, String>("name")
  }
}

extension Grpc_Reflection_V1alpha_ErrorResponse {
  /// The fields of grpc.reflection.v1alpha.ErrorResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let errorCode = FieldPath<Grpc_Reflection_V1alpha_ErrorResponse, Int32>("error_code")
    package static let errorMessage = FieldPath<Grpc_Reflection_V1alpha_ErrorResponse, String>("error_message")
  }
}

/// grpc/reflection/v1alpha/reflection.proto and everything it imports.
private let martletDescriptors_grpc_reflection_v1alpha_reflection_proto = DescriptorSet(
  base64: """
    Cp8NCihncnBjL3JlZmxlY3Rpb24vdjFhbHBoYS9yZWZsZWN0aW9uLnByb3RvEhdncnBjLnJlZmxlY3Rpb24udjFhbHBo\
    YSL4AgoXU2VydmVyUmVmbGVjdGlvblJlcXVlc3QSEgoEaG9zdBgBIAEoCVIEaG9zdBIqChBmaWxlX2J5X2ZpbGVuYW1l\
    GAMgASgJSABSDmZpbGVCeUZpbGVuYW1lEjYKFmZpbGVfY29udGFpbmluZ19zeW1ib2wYBCABKAlIAFIUZmlsZUNvbnRh\
    aW5pbmdTeW1ib2wSZwoZZmlsZV9jb250YWluaW5nX2V4dGVuc2lvbhgFIAEoCzIpLmdycGMucmVmbGVjdGlvbi52MWFs\
    cGhhLkV4dGVuc2lvblJlcXVlc3RIAFIXZmlsZUNvbnRhaW5pbmdFeHRlbnNpb24SQgodYWxsX2V4dGVuc2lvbl9udW1i\
    ZXJzX29mX3R5cGUYBiABKAlIAFIZYWxsRXh0ZW5zaW9uTnVtYmVyc09mVHlwZRIlCg1saXN0X3NlcnZpY2VzGAcgASgJ\
    SABSDGxpc3RTZXJ2aWNlc0IRCg9tZXNzYWdlX3JlcXVlc3QiZgoQRXh0ZW5zaW9uUmVxdWVzdBInCg9jb250YWluaW5n\
    X3R5cGUYASABKAlSDmNvbnRhaW5pbmdUeXBlEikKEGV4dGVuc2lvbl9udW1iZXIYAiABKAVSD2V4dGVuc2lvbk51bWJl\
    ciLHBAoYU2VydmVyUmVmbGVjdGlvblJlc3BvbnNlEh0KCnZhbGlkX2hvc3QYASABKAlSCXZhbGlkSG9zdBJbChBvcmln\
    aW5hbF9yZXF1ZXN0GAIgASgLMjAuZ3JwYy5yZWZsZWN0aW9uLnYxYWxwaGEuU2VydmVyUmVmbGVjdGlvblJlcXVlc3RS\
    D29yaWdpbmFsUmVxdWVzdBJrChhmaWxlX2Rlc2NyaXB0b3JfcmVzcG9uc2UYBCABKAsyLy5ncnBjLnJlZmxlY3Rpb24u\
    djFhbHBoYS5GaWxlRGVzY3JpcHRvclJlc3BvbnNlSABSFmZpbGVEZXNjcmlwdG9yUmVzcG9uc2USdwoeYWxsX2V4dGVu\
    c2lvbl9udW1iZXJzX3Jlc3BvbnNlGAUgASgLMjAuZ3JwYy5yZWZsZWN0aW9uLnYxYWxwaGEuRXh0ZW5zaW9uTnVtYmVy\
    UmVzcG9uc2VIAFIbYWxsRXh0ZW5zaW9uTnVtYmVyc1Jlc3BvbnNlEmQKFmxpc3Rfc2VydmljZXNfcmVzcG9uc2UYBiAB\
    KAsyLC5ncnBjLnJlZmxlY3Rpb24udjFhbHBoYS5MaXN0U2VydmljZVJlc3BvbnNlSABSFGxpc3RTZXJ2aWNlc1Jlc3Bv\
    bnNlEk8KDmVycm9yX3Jlc3BvbnNlGAcgASgLMiYuZ3JwYy5yZWZsZWN0aW9uLnYxYWxwaGEuRXJyb3JSZXNwb25zZUgA\
    Ug1lcnJvclJlc3BvbnNlQhIKEG1lc3NhZ2VfcmVzcG9uc2UiTAoWRmlsZURlc2NyaXB0b3JSZXNwb25zZRIyChVmaWxl\
    X2Rlc2NyaXB0b3JfcHJvdG8YASADKAxSE2ZpbGVEZXNjcmlwdG9yUHJvdG8iagoXRXh0ZW5zaW9uTnVtYmVyUmVzcG9u\
    c2USJAoOYmFzZV90eXBlX25hbWUYASABKAlSDGJhc2VUeXBlTmFtZRIpChBleHRlbnNpb25fbnVtYmVyGAIgAygFUg9l\
    eHRlbnNpb25OdW1iZXIiWQoTTGlzdFNlcnZpY2VSZXNwb25zZRJCCgdzZXJ2aWNlGAEgAygLMiguZ3JwYy5yZWZsZWN0\
    aW9uLnYxYWxwaGEuU2VydmljZVJlc3BvbnNlUgdzZXJ2aWNlIiUKD1NlcnZpY2VSZXNwb25zZRISCgRuYW1lGAEgASgJ\
    UgRuYW1lIlMKDUVycm9yUmVzcG9uc2USHQoKZXJyb3JfY29kZRgBIAEoBVIJZXJyb3JDb2RlEiMKDWVycm9yX21lc3Nh\
    Z2UYAiABKAlSDGVycm9yTWVzc2FnZTKTAQoQU2VydmVyUmVmbGVjdGlvbhJ/ChRTZXJ2ZXJSZWZsZWN0aW9uSW5mbxIw\
    LmdycGMucmVmbGVjdGlvbi52MWFscGhhLlNlcnZlclJlZmxlY3Rpb25SZXF1ZXN0GjEuZ3JwYy5yZWZsZWN0aW9uLnYx\
    YWxwaGEuU2VydmVyUmVmbGVjdGlvblJlc3BvbnNlKAEwAWIGcHJvdG8z
    """)
