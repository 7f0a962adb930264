// The server of gRPC's interoperability tests.
import FoundationEssentials
import Martlet
import SwiftProtobuf

/// Does what grpc/grpc's "Interoperability Test Case Descriptions" asks of servers. Beyond that, a unary
/// request for a status gets its payload back in the status's details.
struct TestServer: Grpc_Testing_TestService.Service {
  init(_ context: ReplicaContext) {}

  func emptyCall(_ request: Grpc_Testing_Empty, _ call: Call) async throws -> Grpc_Testing_Empty {
    request
  }

  func unaryCall(
    _ request: Grpc_Testing_SimpleRequest, _ call: Call
  ) async throws -> Grpc_Testing_SimpleResponse {
    echoMetadata(of: call)
    if request.hasExpectCompressed {
      try check(request.expectCompressed, against: call.requestCompression)
    }
    if request.hasResponseCompressed {
      call.compressResponses(with: request.responseCompressed.value ? .gzip : nil)
    }
    if request.hasResponseStatus {
      throw try error(request.responseStatus, request.hasPayload ? [request.payload] : [])
    }
    let payload = try payload(request.responseType, size: request.responseSize)
    return .with { $0.payload = payload }
  }

  func cacheableUnaryCall(
    _ request: Grpc_Testing_SimpleRequest, _ call: Call
  ) async throws -> Grpc_Testing_SimpleResponse {
    call.setInitialMetadata(["cache-control": "max-age=60, public"])
    let now = Date().timeIntervalSince1970
    return .with { $0.payload.body = Data("\(UInt64(now * 1e9))".utf8) }
  }

  func streamingInputCall(
    _ requests: RPCStream<Grpc_Testing_StreamingInputCallRequest>, _ call: Call
  ) async throws -> Grpc_Testing_StreamingInputCallResponse {
    echoMetadata(of: call)
    var size = 0
    var requests = requests.makeAsyncIterator()
    while let request = try await requests.next() {
      if request.hasExpectCompressed {
        try check(request.expectCompressed, against: requests.lastCompression)
      }
      size += request.payload.body.count
    }
    return .with { $0.aggregatedPayloadSize = Int32(size) }
  }

  func streamingOutputCall(
    _ request: Grpc_Testing_StreamingOutputCallRequest,
    _ responses: RPCWriter<Grpc_Testing_StreamingOutputCallResponse>, _ call: Call
  ) async throws {
    echoMetadata(of: call)
    if request.responseParameters.contains(where: \.compressed.value) { call.compressResponses() }
    try await answer(request, responses)
  }

  func fullDuplexCall(
    _ requests: RPCStream<Grpc_Testing_StreamingOutputCallRequest>,
    _ responses: RPCWriter<Grpc_Testing_StreamingOutputCallResponse>, _ call: Call
  ) async throws {
    echoMetadata(of: call)
    for try await request in requests { try await answer(request, responses) }
  }

  func halfDuplexCall(
    _ requests: RPCStream<Grpc_Testing_StreamingOutputCallRequest>,
    _ responses: RPCWriter<Grpc_Testing_StreamingOutputCallResponse>, _ call: Call
  ) async throws {
    echoMetadata(of: call)
    var kept: [Grpc_Testing_StreamingOutputCallRequest] = []
    for try await request in requests {
      guard kept.count < Self.maxKeptRequests else {
        throw RPCError(.resourceExhausted, "more than \(Self.maxKeptRequests) requests")
      }
      kept.append(request)
    }
    for request in kept { try await answer(request, responses) }
  }

  func unimplementedCall(
    _ request: Grpc_Testing_Empty, _ call: Call
  ) async throws -> Grpc_Testing_Empty {
    throw RPCError(.unimplemented, "UnimplementedCall is there to be missing")
  }
}

extension TestServer {
  /// The names whose values go back to the client.
  private static let initialName = "x-grpc-test-echo-initial"
  private static let trailingName = "x-grpc-test-echo-trailing-bin"

  /// Requests that a half-duplex call may send before its responses.
  private static let maxKeptRequests = 1000

  /// Bytes of a response's payload: what a message may have, and some room for the rest of it.
  private static let maxPayloadBytes = Limits().maxMessageBytes - 64

  private func echoMetadata(of call: Call) {
    var initial = Metadata()
    var trailing = Metadata()
    for entry in call.metadata.entries {
      switch (entry.name, entry.value) {
      case (Self.initialName, .text(let text)): initial.add(text, for: entry.name)
      case (Self.trailingName, .binary(let bytes)): trailing.add(bytes, for: entry.name)
      default: break
      }
    }
    if !initial.isEmpty { call.setInitialMetadata(initial) }
    if !trailing.isEmpty { call.setTrailingMetadata(trailing) }
  }

  private func check(
    _ expected: Grpc_Testing_BoolValue, against compression: Compression?
  ) throws(RPCError) {
    guard expected.value, compression == nil else { return }
    throw RPCError(.invalidArgument, "the message was to come compressed and did not")
  }

  private func answer(
    _ request: Grpc_Testing_StreamingOutputCallRequest,
    _ responses: RPCWriter<Grpc_Testing_StreamingOutputCallResponse>
  ) async throws {
    if request.hasResponseStatus { throw try error(request.responseStatus) }
    for parameters in request.responseParameters {
      if parameters.intervalUs > 0 {
        try await Task.sleep(for: .microseconds(Int64(parameters.intervalUs)))
      }
      let payload = try payload(request.responseType, size: parameters.size)
      try await responses.write(
        .with { $0.payload = payload },
        compressed: !parameters.hasCompressed || parameters.compressed.value)
    }
  }

  private func error(
    _ status: Grpc_Testing_EchoStatus, _ details: [Grpc_Testing_Payload] = []
  ) throws(RPCError) -> RPCError {
    let code = RPCStatus.Code(rawValue: Int(status.code)) ?? .unknown
    guard !details.isEmpty else { return RPCError(code, status.message) }
    return try RPCError(code, status.message, details: details)
  }

  private func payload(
    _ type: Grpc_Testing_PayloadType, size: Int32
  ) throws(RPCError) -> Grpc_Testing_Payload {
    guard type == .compressable else {
      throw RPCError(.invalidArgument, "there is no payload of type \(type)")
    }
    guard (0...Self.maxPayloadBytes).contains(Int(size)) else {
      throw RPCError(.invalidArgument, "a payload of \(size) bytes was asked for")
    }
    return .with { $0.body = Data(count: Int(size)) }
  }
}
