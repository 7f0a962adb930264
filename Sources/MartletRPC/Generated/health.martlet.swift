// Services and field paths of grpc/health/v1/health.proto, written by protoc-gen-martlet. Do not edit.
// swift-format-ignore-file
package import MartletCore

package enum Grpc_Health_V1_Health: ServiceNamespace {
  package static let name = "grpc.health.v1.Health"
  package static var descriptorSet: DescriptorSet { martletDescriptors_grpc_health_v1_health_proto }

  package static let check = UnaryMethod<Grpc_Health_V1_HealthCheckRequest, Grpc_Health_V1_HealthCheckResponse>(
    service: name, method: "Check", descriptorSet: descriptorSet)
  package static let list = UnaryMethod<Grpc_Health_V1_HealthListRequest, Grpc_Health_V1_HealthListResponse>(
    service: name, method: "List", descriptorSet: descriptorSet)
  package static let watch = ServerStreamingMethod<Grpc_Health_V1_HealthCheckRequest, Grpc_Health_V1_HealthCheckResponse>(
    service: name, method: "Watch", descriptorSet: descriptorSet)

  /// What a server of grpc.health.v1.Health does.
  package protocol Service: RPCService {
    /// NOT_FOUND for a service that the server does not have.
    func check(_ request: Grpc_Health_V1_HealthCheckRequest, _ call: Call) async throws -> Grpc_Health_V1_HealthCheckResponse

    /// The status of the server and of every service that it has, now. RESOURCE_EXHAUSTED when there
    /// are too many for one answer.
    func list(_ request: Grpc_Health_V1_HealthListRequest, _ call: Call) async throws -> Grpc_Health_V1_HealthListResponse

    /// The status now and on every change; SERVICE_UNKNOWN instead of an error.
    func watch(
      _ request: Grpc_Health_V1_HealthCheckRequest, _ responses: RPCWriter<Grpc_Health_V1_HealthCheckResponse>, _ call: Call
    ) async throws
  }

  /// Calls grpc.health.v1.Health.
  package struct Client: ServiceClient {
    package let target: CallTarget

    package init(_ target: CallTarget) {
      self.target = target
    }

    /// NOT_FOUND for a service that the server does not have.
    package func check(
      _ request: Grpc_Health_V1_HealthCheckRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Grpc_Health_V1_HealthCheckResponse {
      try await target.call(Grpc_Health_V1_Health.check, request, timeout: timeout, metadata: metadata)
    }

    /// The status of the server and of every service that it has, now. RESOURCE_EXHAUSTED when there
    /// are too many for one answer.
    package func list(
      _ request: Grpc_Health_V1_HealthListRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Grpc_Health_V1_HealthListResponse {
      try await target.call(Grpc_Health_V1_Health.list, request, timeout: timeout, metadata: metadata)
    }

    /// The status now and on every change; SERVICE_UNKNOWN instead of an error.
    package func watch<Result>(
      _ request: Grpc_Health_V1_HealthCheckRequest, timeout: Duration? = nil, metadata: Metadata = [:],
      _ receive: (RPCStream<Grpc_Health_V1_HealthCheckResponse>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Grpc_Health_V1_Health.watch, request, timeout: timeout, metadata: metadata, receive)
    }
  }
}

extension Grpc_Health_V1_Health {
  /// Adds the methods of grpc.health.v1.Health to what a server answers.
  package static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Grpc_Health_V1_Health.self)
    binder.add(Grpc_Health_V1_Health.check) { try await $0.check($1, $2) }
    binder.add(Grpc_Health_V1_Health.list) { try await $0.list($1, $2) }
    binder.add(Grpc_Health_V1_Health.watch) { try await $0.watch($1, $2, $3) }
  }
}

extension Grpc_Health_V1_Health.Service {
  package static func bind(_ binder: inout ServiceBinder<Self>) {
    Grpc_Health_V1_Health.bind(&binder)
  }
}

extension Grpc_Health_V1_HealthCheckRequest {
  /// The fields of grpc.health.v1.HealthCheckRequest, for `Switch` and `ForEach`.
  package enum fields {
    package static let service = FieldPath<Grpc_Health_V1_HealthCheckRequest, String>("service")
  }
}

extension Grpc_Health_V1_HealthCheckResponse {
  /// The fields of grpc.health.v1.HealthCheckResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let status = FieldPath<Grpc_Health_V1_HealthCheckResponse, Grpc_Health_V1_HealthCheckResponse.ServingStatus>("status")
  }
}

extension Grpc_Health_V1_HealthListResponse {
  /// The fields of grpc.health.v1.HealthListResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let statuses = FieldPath<Grpc_Health_V1_HealthListResponse, [String: Grpc_Health_V1_HealthCheckResponse]>("statuses")
  }
}

/// grpc/health/v1/health.proto and everything it imports.
private let martletDescriptors_grpc_health_v1_health_proto = DescriptorSet(
  base64: """
    CvUFChtncnBjL2hlYWx0aC92MS9oZWFsdGgucHJvdG8SDmdycGMuaGVhbHRoLnYxIi4KEkhlYWx0aENoZWNrUmVxdWVz\
    dBIYCgdzZXJ2aWNlGAEgASgJUgdzZXJ2aWNlIrEBChNIZWFsdGhDaGVja1Jlc3BvbnNlEkkKBnN0YXR1cxgBIAEoDjIx\
    LmdycGMuaGVhbHRoLnYxLkhlYWx0aENoZWNrUmVzcG9uc2UuU2VydmluZ1N0YXR1c1IGc3RhdHVzIk8KDVNlcnZpbmdT\
    dGF0dXMSCwoHVU5LTk9XThAAEgsKB1NFUlZJTkcQARIPCgtOT1RfU0VSVklORxACEhMKD1NFUlZJQ0VfVU5LTk9XThAD\
    IhMKEUhlYWx0aExpc3RSZXF1ZXN0IsQBChJIZWFsdGhMaXN0UmVzcG9uc2USTAoIc3RhdHVzZXMYASADKAsyMC5ncnBj\
    LmhlYWx0aC52MS5IZWFsdGhMaXN0UmVzcG9uc2UuU3RhdHVzZXNFbnRyeVIIc3RhdHVzZXMaYAoNU3RhdHVzZXNFbnRy\
    eRIQCgNrZXkYASABKAlSA2tleRI5CgV2YWx1ZRgCIAEoCzIjLmdycGMuaGVhbHRoLnYxLkhlYWx0aENoZWNrUmVzcG9u\
    c2VSBXZhbHVlOgI4ATL9AQoGSGVhbHRoElAKBUNoZWNrEiIuZ3JwYy5oZWFsdGgudjEuSGVhbHRoQ2hlY2tSZXF1ZXN0\
    GiMuZ3JwYy5oZWFsdGgudjEuSGVhbHRoQ2hlY2tSZXNwb25zZRJNCgRMaXN0EiEuZ3JwYy5oZWFsdGgudjEuSGVhbHRo\
    TGlzdFJlcXVlc3QaIi5ncnBjLmhlYWx0aC52MS5IZWFsdGhMaXN0UmVzcG9uc2USUgoFV2F0Y2gSIi5ncnBjLmhlYWx0\
    aC52MS5IZWFsdGhDaGVja1JlcXVlc3QaIy5ncnBjLmhlYWx0aC52MS5IZWFsdGhDaGVja1Jlc3BvbnNlMAFiBnByb3Rv\
    Mw==
    """)
