// Services and field paths of grpc/testing/test.proto, written by protoc-gen-martlet. Do not edit.
// swift-format-ignore-file
internal import Martlet

enum Grpc_Testing_TestService: ServiceNamespace {
  static let name = "grpc.testing.TestService"
  static var descriptorSet: DescriptorSet { martletDescriptors_grpc_testing_test_proto }

  static let emptyCall = UnaryMethod<Grpc_Testing_Empty, Grpc_Testing_Empty>(
    service: name, method: "EmptyCall", descriptorSet: descriptorSet)
  static let unaryCall = UnaryMethod<Grpc_Testing_SimpleRequest, Grpc_Testing_SimpleResponse>(
    service: name, method: "UnaryCall", descriptorSet: descriptorSet)
  static let cacheableUnaryCall = UnaryMethod<Grpc_Testing_SimpleRequest, Grpc_Testing_SimpleResponse>(
    service: name, method: "CacheableUnaryCall", descriptorSet: descriptorSet)
  static let streamingOutputCall = ServerStreamingMethod<Grpc_Testing_StreamingOutputCallRequest, Grpc_Testing_StreamingOutputCallResponse>(
    service: name, method: "StreamingOutputCall", descriptorSet: descriptorSet)
  static let streamingInputCall = ClientStreamingMethod<Grpc_Testing_StreamingInputCallRequest, Grpc_Testing_StreamingInputCallResponse>(
    service: name, method: "StreamingInputCall", descriptorSet: descriptorSet)
  static let fullDuplexCall = BidirectionalMethod<Grpc_Testing_StreamingOutputCallRequest, Grpc_Testing_StreamingOutputCallResponse>(
    service: name, method: "FullDuplexCall", descriptorSet: descriptorSet)
  static let halfDuplexCall = BidirectionalMethod<Grpc_Testing_StreamingOutputCallRequest, Grpc_Testing_StreamingOutputCallResponse>(
    service: name, method: "HalfDuplexCall", descriptorSet: descriptorSet)
  static let unimplementedCall = UnaryMethod<Grpc_Testing_Empty, Grpc_Testing_Empty>(
    service: name, method: "UnimplementedCall", descriptorSet: descriptorSet)

  /// What a server of grpc.testing.TestService does.
  protocol Service: DeploymentService {
    func emptyCall(_ request: Grpc_Testing_Empty, _ call: Call) async throws -> Grpc_Testing_Empty

    func unaryCall(_ request: Grpc_Testing_SimpleRequest, _ call: Call) async throws -> Grpc_Testing_SimpleResponse

    /// As UnaryCall; a proxy may keep the response.
    func cacheableUnaryCall(_ request: Grpc_Testing_SimpleRequest, _ call: Call) async throws -> Grpc_Testing_SimpleResponse

    /// One response for each of the request's parameters.
    func streamingOutputCall(
      _ request: Grpc_Testing_StreamingOutputCallRequest, _ responses: RPCWriter<Grpc_Testing_StreamingOutputCallResponse>, _ call: Call
    ) async throws

    /// The sum of what was sent, once all is sent.
    func streamingInputCall(_ requests: RPCStream<Grpc_Testing_StreamingInputCallRequest>, _ call: Call) async throws -> Grpc_Testing_StreamingInputCallResponse

    /// The responses to each request as soon as it is there.
    func fullDuplexCall(
      _ requests: RPCStream<Grpc_Testing_StreamingOutputCallRequest>, _ responses: RPCWriter<Grpc_Testing_StreamingOutputCallResponse>, _ call: Call
    ) async throws

    /// The responses to all requests, in order, once all are there.
    func halfDuplexCall(
      _ requests: RPCStream<Grpc_Testing_StreamingOutputCallRequest>, _ responses: RPCWriter<Grpc_Testing_StreamingOutputCallResponse>, _ call: Call
    ) async throws

    /// A method that no server implements.
    func unimplementedCall(_ request: Grpc_Testing_Empty, _ call: Call) async throws -> Grpc_Testing_Empty
  }

  /// Calls grpc.testing.TestService.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    func emptyCall(
      _ request: Grpc_Testing_Empty, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Grpc_Testing_Empty {
      try await target.call(Grpc_Testing_TestService.emptyCall, request, timeout: timeout, metadata: metadata)
    }

    func unaryCall(
      _ request: Grpc_Testing_SimpleRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Grpc_Testing_SimpleResponse {
      try await target.call(Grpc_Testing_TestService.unaryCall, request, timeout: timeout, metadata: metadata)
    }

    /// As UnaryCall; a proxy may keep the response.
    func cacheableUnaryCall(
      _ request: Grpc_Testing_SimpleRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Grpc_Testing_SimpleResponse {
      try await target.call(Grpc_Testing_TestService.cacheableUnaryCall, request, timeout: timeout, metadata: metadata)
    }

    /// One response for each of the request's parameters.
    func streamingOutputCall<Result>(
      _ request: Grpc_Testing_StreamingOutputCallRequest, timeout: Duration? = nil, metadata: Metadata = [:],
      _ receive: (RPCStream<Grpc_Testing_StreamingOutputCallResponse>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Grpc_Testing_TestService.streamingOutputCall, request, timeout: timeout, metadata: metadata, receive)
    }

    /// The sum of what was sent, once all is sent.
    func streamingInputCall(
      timeout: Duration? = nil, metadata: Metadata = [:],
      _ send: (RPCWriter<Grpc_Testing_StreamingInputCallRequest>) async throws -> Void
    ) async throws -> Grpc_Testing_StreamingInputCallResponse {
      try await target.call(Grpc_Testing_TestService.streamingInputCall, timeout: timeout, metadata: metadata, send)
    }

    /// The responses to each request as soon as it is there.
    func fullDuplexCall<Result>(
      timeout: Duration? = nil, metadata: Metadata = [:],
      _ exchange: (RPCWriter<Grpc_Testing_StreamingOutputCallRequest>, RPCStream<Grpc_Testing_StreamingOutputCallResponse>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Grpc_Testing_TestService.fullDuplexCall, timeout: timeout, metadata: metadata, exchange)
    }

    /// The responses to all requests, in order, once all are there.
    func halfDuplexCall<Result>(
      timeout: Duration? = nil, metadata: Metadata = [:],
      _ exchange: (RPCWriter<Grpc_Testing_StreamingOutputCallRequest>, RPCStream<Grpc_Testing_StreamingOutputCallResponse>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Grpc_Testing_TestService.halfDuplexCall, timeout: timeout, metadata: metadata, exchange)
    }

    /// A method that no server implements.
    func unimplementedCall(
      _ request: Grpc_Testing_Empty, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Grpc_Testing_Empty {
      try await target.call(Grpc_Testing_TestService.unimplementedCall, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Grpc_Testing_TestService {
  /// Adds the methods of grpc.testing.TestService to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Grpc_Testing_TestService.self)
    binder.add(Grpc_Testing_TestService.emptyCall) { try await $0.emptyCall($1, $2) }
    binder.add(Grpc_Testing_TestService.unaryCall) { try await $0.unaryCall($1, $2) }
    binder.add(Grpc_Testing_TestService.cacheableUnaryCall) { try await $0.cacheableUnaryCall($1, $2) }
    binder.add(Grpc_Testing_TestService.streamingOutputCall) { try await $0.streamingOutputCall($1, $2, $3) }
    binder.add(Grpc_Testing_TestService.streamingInputCall) { try await $0.streamingInputCall($1, $2) }
    binder.add(Grpc_Testing_TestService.fullDuplexCall) { try await $0.fullDuplexCall($1, $2, $3) }
    binder.add(Grpc_Testing_TestService.halfDuplexCall) { try await $0.halfDuplexCall($1, $2, $3) }
    binder.add(Grpc_Testing_TestService.unimplementedCall) { try await $0.unimplementedCall($1, $2) }
  }
}

extension Grpc_Testing_TestService.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Grpc_Testing_TestService.bind(&binder)
  }
}

/// A service that no server implements.
enum Grpc_Testing_UnimplementedService: ServiceNamespace {
  static let name = "grpc.testing.UnimplementedService"
  static var descriptorSet: DescriptorSet { martletDescriptors_grpc_testing_test_proto }

  static let unimplementedCall = UnaryMethod<Grpc_Testing_Empty, Grpc_Testing_Empty>(
    service: name, method: "UnimplementedCall", descriptorSet: descriptorSet)

  /// What a server of grpc.testing.UnimplementedService does.
  protocol Service: DeploymentService {
    func unimplementedCall(_ request: Grpc_Testing_Empty, _ call: Call) async throws -> Grpc_Testing_Empty
  }

  /// Calls grpc.testing.UnimplementedService.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    func unimplementedCall(
      _ request: Grpc_Testing_Empty, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Grpc_Testing_Empty {
      try await target.call(Grpc_Testing_UnimplementedService.unimplementedCall, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Grpc_Testing_UnimplementedService {
  /// Adds the methods of grpc.testing.UnimplementedService to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Grpc_Testing_UnimplementedService.self)
    binder.add(Grpc_Testing_UnimplementedService.unimplementedCall) { try await $0.unimplementedCall($1, $2) }
  }
}

extension Grpc_Testing_UnimplementedService.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Grpc_Testing_UnimplementedService.bind(&binder)
  }
}

extension Grpc_Testing_BoolValue {
  /// The fields of grpc.testing.BoolValue, for `Switch` and `ForEach`.
  enum fields {
    static let value = FieldPath<Grpc_Testing_BoolValue, Bool>("value")
  }
}

extension Grpc_Testing_Payload {
  /// The fields of grpc.testing.Payload, for `Switch` and `ForEach`.
  enum fields {
    static let type = FieldPath<Grpc_Testing_Payload, Grpc_Testing_PayloadType>("type")
    static let body = FieldPath<Grpc_Testing_Payload, [UInt8]>("body")
  }
}

extension Grpc_Testing_EchoStatus {
  /// The fields of grpc.testing.EchoStatus, for `Switch` and `ForEach`.
  enum fields {
    static let code = FieldPath<Grpc_Testing_EchoStatus, Int32>("code")
    static let message = FieldPath<Grpc_Testing_EchoStatus, String>("message")
  }
}

extension Grpc_Testing_SimpleRequest {
  /// The fields of grpc.testing.SimpleRequest, for `Switch` and `ForEach`.
  enum fields {
    static let responseType = FieldPath<Grpc_Testing_SimpleRequest, Grpc_Testing_PayloadType>("response_type")
    static let responseSize = FieldPath<Grpc_Testing_SimpleRequest, Int32>("response_size")
    static let payload = FieldPath<Grpc_Testing_SimpleRequest, Grpc_Testing_Payload>("payload")
    static let fillUsername = FieldPath<Grpc_Testing_SimpleRequest, Bool>("fill_username")
    static let fillOauthScope = FieldPath<Grpc_Testing_SimpleRequest, Bool>("fill_oauth_scope")
    static let responseCompressed = FieldPath<Grpc_Testing_SimpleRequest, Grpc_Testing_BoolValue>("response_compressed")
    static let responseStatus = FieldPath<Grpc_Testing_SimpleRequest, Grpc_Testing_EchoStatus>("response_status")
    static let expectCompressed = FieldPath<Grpc_Testing_SimpleRequest, Grpc_Testing_BoolValue>("expect_compressed")
    static let fillServerID = FieldPath<Grpc_Testing_SimpleRequest, Bool>("fill_server_id")
  }
}

extension Grpc_Testing_SimpleResponse {
  /// The fields of grpc.testing.SimpleResponse, for `Switch` and `ForEach`.
  enum fields {
    static let payload = FieldPath<Grpc_Testing_SimpleResponse, Grpc_Testing_Payload>("payload")
    static let username = FieldPath<Grpc_Testing_SimpleResponse, String>("username")
    static let oauthScope = FieldPath<Grpc_Testing_SimpleResponse, String>("oauth_scope")
    static let serverID = FieldPath<Grpc_Testing_SimpleResponse, String>("server_id")
    static let hostname = FieldPath<Grpc_Testing_SimpleResponse, String>("hostname")
  }
}

extension Grpc_Testing_StreamingInputCallRequest {
  /// The fields of grpc.testing.StreamingInputCallRequest, for `Switch` and `ForEach`.
  enum fields {
    static let payload = FieldPath<Grpc_Testing_StreamingInputCallRequest, Grpc_Testing_Payload>("payload")
    static let expectCompressed = FieldPath<Grpc_Testing_StreamingInputCallRequest, Grpc_Testing_BoolValue>("expect_compressed")
  }
}

extension Grpc_Testing_StreamingInputCallResponse {
  /// The fields of grpc.testing.StreamingInputCallResponse, for `Switch` and `ForEach`.
  enum fields {
    static let aggregatedPayloadSize = FieldPath<Grpc_Testing_StreamingInputCallResponse, Int32>("aggregated_payload_size")
  }
}

extension Grpc_Testing_ResponseParameters {
  /// The fields of grpc.testing.ResponseParameters, for `Switch` and `ForEach`.
  enum fields {
    static let size = FieldPath<Grpc_Testing_ResponseParameters, Int32>("size")
    static let intervalUs = FieldPath<Grpc_Testing_ResponseParameters, Int32>("interval_us")
    static let compressed = FieldPath<Grpc_Testing_ResponseParameters, Grpc_Testing_BoolValue>("compressed")
  }
}

extension Grpc_Testing_StreamingOutputCallRequest {
  /// The fields of grpc.testing.StreamingOutputCallRequest, for `Switch` and `ForEach`.
  enum fields {
    static let responseType = FieldPath<Grpc_Testing_StreamingOutputCallRequest, Grpc_Testing_PayloadType>("response_type")
    static let responseParameters = FieldPath<Grpc_Testing_StreamingOutputCallRequest, [Grpc_Testing_ResponseParameters]>("response_parameters")
    static let payload = FieldPath<Grpc_Testing_StreamingOutputCallRequest, Grpc_Testing_Payload>("payload")
    static let responseStatus = FieldPath<Grpc_Testing_StreamingOutputCallRequest, Grpc_Testing_EchoStatus>("response_status")
  }
}

extension Grpc_Testing_StreamingOutputCallResponse {
  /// The fields of grpc.testing.StreamingOutputCallResponse, for `Switch` and `ForEach`.
  enum fields {
    static let payload = FieldPath<Grpc_Testing_StreamingOutputCallResponse, Grpc_Testing_Payload>("payload")
  }
}

/// grpc/testing/test.proto and everything it imports.
private let martletDescriptors_grpc_testing_test_proto = DescriptorSet(
  base64: """
    CrsTChdncnBjL3Rlc3RpbmcvdGVzdC5wcm90bxIMZ3JwYy50ZXN0aW5nIgcKBUVtcHR5IiEKCUJvb2xWYWx1ZRIUCgV2\
    YWx1ZRgBIAEoCFIFdmFsdWUiTAoHUGF5bG9hZBItCgR0eXBlGAEgASgOMhkuZ3JwYy50ZXN0aW5nLlBheWxvYWRUeXBl\
    UgR0eXBlEhIKBGJvZHkYAiABKAxSBGJvZHkiOgoKRWNob1N0YXR1cxISCgRjb2RlGAEgASgFUgRjb2RlEhgKB21lc3Nh\
    Z2UYAiABKAlSB21lc3NhZ2Ui7QMKDVNpbXBsZVJlcXVlc3QSPgoNcmVzcG9uc2VfdHlwZRgBIAEoDjIZLmdycGMudGVz\
    dGluZy5QYXlsb2FkVHlwZVIMcmVzcG9uc2VUeXBlEiMKDXJlc3BvbnNlX3NpemUYAiABKAVSDHJlc3BvbnNlU2l6ZRIv\
    CgdwYXlsb2FkGAMgASgLMhUuZ3JwYy50ZXN0aW5nLlBheWxvYWRSB3BheWxvYWQSIwoNZmlsbF91c2VybmFtZRgEIAEo\
    CFIMZmlsbFVzZXJuYW1lEigKEGZpbGxfb2F1dGhfc2NvcGUYBSABKAhSDmZpbGxPYXV0aFNjb3BlEkgKE3Jlc3BvbnNl\
    X2NvbXByZXNzZWQYBiABKAsyFy5ncnBjLnRlc3RpbmcuQm9vbFZhbHVlUhJyZXNwb25zZUNvbXByZXNzZWQSQQoPcmVz\
    cG9uc2Vfc3RhdHVzGAcgASgLMhguZ3JwYy50ZXN0aW5nLkVjaG9TdGF0dXNSDnJlc3BvbnNlU3RhdHVzEkQKEWV4cGVj\
    dF9jb21wcmVzc2VkGAggASgLMhcuZ3JwYy50ZXN0aW5nLkJvb2xWYWx1ZVIQZXhwZWN0Q29tcHJlc3NlZBIkCg5maWxs\
    X3NlcnZlcl9pZBgJIAEoCFIMZmlsbFNlcnZlcklkIrcBCg5TaW1wbGVSZXNwb25zZRIvCgdwYXlsb2FkGAEgASgLMhUu\
    Z3JwYy50ZXN0aW5nLlBheWxvYWRSB3BheWxvYWQSGgoIdXNlcm5hbWUYAiABKAlSCHVzZXJuYW1lEh8KC29hdXRoX3Nj\
    b3BlGAMgASgJUgpvYXV0aFNjb3BlEhsKCXNlcnZlcl9pZBgEIAEoCVIIc2VydmVySWQSGgoIaG9zdG5hbWUYBiABKAlS\
    CGhvc3RuYW1lIpIBChlTdHJlYW1pbmdJbnB1dENhbGxSZXF1ZXN0Ei8KB3BheWxvYWQYASABKAsyFS5ncnBjLnRlc3Rp\
    bmcuUGF5bG9hZFIHcGF5bG9hZBJEChFleHBlY3RfY29tcHJlc3NlZBgCIAEoCzIXLmdycGMudGVzdGluZy5Cb29sVmFs\
    dWVSEGV4cGVjdENvbXByZXNzZWQiVAoaU3RyZWFtaW5nSW5wdXRDYWxsUmVzcG9uc2USNgoXYWdncmVnYXRlZF9wYXls\
    b2FkX3NpemUYASABKAVSFWFnZ3JlZ2F0ZWRQYXlsb2FkU2l6ZSKCAQoSUmVzcG9uc2VQYXJhbWV0ZXJzEhIKBHNpemUY\
    ASABKAVSBHNpemUSHwoLaW50ZXJ2YWxfdXMYAiABKAVSCmludGVydmFsVXMSNwoKY29tcHJlc3NlZBgDIAEoCzIXLmdy\
    cGMudGVzdGluZy5Cb29sVmFsdWVSCmNvbXByZXNzZWQiowIKGlN0cmVhbWluZ091dHB1dENhbGxSZXF1ZXN0Ej4KDXJl\
    c3BvbnNlX3R5cGUYASABKA4yGS5ncnBjLnRlc3RpbmcuUGF5bG9hZFR5cGVSDHJlc3BvbnNlVHlwZRJRChNyZXNwb25z\
    ZV9wYXJhbWV0ZXJzGAIgAygLMiAuZ3JwYy50ZXN0aW5nLlJlc3BvbnNlUGFyYW1ldGVyc1IScmVzcG9uc2VQYXJhbWV0\
    ZXJzEi8KB3BheWxvYWQYAyABKAsyFS5ncnBjLnRlc3RpbmcuUGF5bG9hZFIHcGF5bG9hZBJBCg9yZXNwb25zZV9zdGF0\
    dXMYByABKAsyGC5ncnBjLnRlc3RpbmcuRWNob1N0YXR1c1IOcmVzcG9uc2VTdGF0dXMiTgobU3RyZWFtaW5nT3V0cHV0\
    Q2FsbFJlc3BvbnNlEi8KB3BheWxvYWQYASABKAsyFS5ncnBjLnRlc3RpbmcuUGF5bG9hZFIHcGF5bG9hZCofCgtQYXls\
    b2FkVHlwZRIQCgxDT01QUkVTU0FCTEUQADLLBQoLVGVzdFNlcnZpY2USNQoJRW1wdHlDYWxsEhMuZ3JwYy50ZXN0aW5n\
    LkVtcHR5GhMuZ3JwYy50ZXN0aW5nLkVtcHR5EkYKCVVuYXJ5Q2FsbBIbLmdycGMudGVzdGluZy5TaW1wbGVSZXF1ZXN0\
    GhwuZ3JwYy50ZXN0aW5nLlNpbXBsZVJlc3BvbnNlEk8KEkNhY2hlYWJsZVVuYXJ5Q2FsbBIbLmdycGMudGVzdGluZy5T\
    aW1wbGVSZXF1ZXN0GhwuZ3JwYy50ZXN0aW5nLlNpbXBsZVJlc3BvbnNlEmwKE1N0cmVhbWluZ091dHB1dENhbGwSKC5n\
    cnBjLnRlc3RpbmcuU3RyZWFtaW5nT3V0cHV0Q2FsbFJlcXVlc3QaKS5ncnBjLnRlc3RpbmcuU3RyZWFtaW5nT3V0cHV0\
    Q2FsbFJlc3BvbnNlMAESaQoSU3RyZWFtaW5nSW5wdXRDYWxsEicuZ3JwYy50ZXN0aW5nLlN0cmVhbWluZ0lucHV0Q2Fs\
    bFJlcXVlc3QaKC5ncnBjLnRlc3RpbmcuU3RyZWFtaW5nSW5wdXRDYWxsUmVzcG9uc2UoARJpCg5GdWxsRHVwbGV4Q2Fs\
    bBIoLmdycGMudGVzdGluZy5TdHJlYW1pbmdPdXRwdXRDYWxsUmVxdWVzdBopLmdycGMudGVzdGluZy5TdHJlYW1pbmdP\
    dXRwdXRDYWxsUmVzcG9uc2UoATABEmkKDkhhbGZEdXBsZXhDYWxsEiguZ3JwYy50ZXN0aW5nLlN0cmVhbWluZ091dHB1\
    dENhbGxSZXF1ZXN0GikuZ3JwYy50ZXN0aW5nLlN0cmVhbWluZ091dHB1dENhbGxSZXNwb25zZSgBMAESPQoRVW5pbXBs\
    ZW1lbnRlZENhbGwSEy5ncnBjLnRlc3RpbmcuRW1wdHkaEy5ncnBjLnRlc3RpbmcuRW1wdHkyVQoUVW5pbXBsZW1lbnRl\
    ZFNlcnZpY2USPQoRVW5pbXBsZW1lbnRlZENhbGwSEy5ncnBjLnRlc3RpbmcuRW1wdHkaEy5ncnBjLnRlc3RpbmcuRW1w\
    dHliBnByb3RvMw==
    """)
