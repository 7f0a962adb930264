// Services and field paths of stream/v1/stream.proto, written by protoc-gen-martlet. Do not edit.
// swift-format-ignore-file
internal import Martlet

enum Stream_V1_Stream: ServiceNamespace {
  static let name = "stream.v1.Stream"
  static var descriptorSet: DescriptorSet { martletDescriptors_stream_v1_stream_proto }

  static let echo = UnaryMethod<Stream_V1_Chunk, Stream_V1_Chunk>(
    service: name, method: "Echo", descriptorSet: descriptorSet)
  static let expand = ServerStreamingMethod<Stream_V1_ExpandRequest, Stream_V1_Chunk>(
    service: name, method: "Expand", descriptorSet: descriptorSet)

  /// What a server of stream.v1.Stream does.
  protocol Service: DeploymentService {
    func echo(_ request: Stream_V1_Chunk, _ call: Call) async throws -> Stream_V1_Chunk

    /// Sends chunks, as fast as they are taken, and says on stdout when it was cancelled.
    func expand(
      _ request: Stream_V1_ExpandRequest, _ responses: RPCWriter<Stream_V1_Chunk>, _ call: Call
    ) async throws
  }

  /// Calls stream.v1.Stream.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    func echo(
      _ request: Stream_V1_Chunk, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Stream_V1_Chunk {
      try await target.call(Stream_V1_Stream.echo, request, timeout: timeout, metadata: metadata)
    }

    /// Sends chunks, as fast as they are taken, and says on stdout when it was cancelled.
    func expand<Result>(
      _ request: Stream_V1_ExpandRequest, timeout: Duration? = nil, metadata: Metadata = [:],
      _ receive: (RPCStream<Stream_V1_Chunk>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Stream_V1_Stream.expand, request, timeout: timeout, metadata: metadata, receive)
    }
  }
}

extension Stream_V1_Stream {
  /// Adds the methods of stream.v1.Stream to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Stream_V1_Stream.self)
    binder.add(Stream_V1_Stream.echo) { try await $0.echo($1, $2) }
    binder.add(Stream_V1_Stream.expand) { try await $0.expand($1, $2, $3) }
  }
}

extension Stream_V1_Stream.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Stream_V1_Stream.bind(&binder)
  }
}

extension Stream_V1_Chunk {
  /// The fields of stream.v1.Chunk, for `Switch` and `ForEach`.
  enum fields {
    static let payload = FieldPath<Stream_V1_Chunk, [UInt8]>("payload")
  }
}

extension Stream_V1_ExpandRequest {
  /// The fields of stream.v1.ExpandRequest, for `Switch` and `ForEach`.
  enum fields {
    static let name = FieldPath<Stream_V1_ExpandRequest, String>("name")
    static let chunks = FieldPath<Stream_V1_ExpandRequest, UInt32>("chunks")
    static let chunkBytes = FieldPath<Stream_V1_ExpandRequest, UInt32>("chunk_bytes")
    static let pauseMs = FieldPath<Stream_V1_ExpandRequest, UInt32>("pause_ms")
  }
}

/// stream/v1/stream.proto and everything it imports.
private let martletDescriptors_stream_v1_stream_proto = DescriptorSet(
  base64: """
    CrUCChZzdHJlYW0vdjEvc3RyZWFtLnByb3RvEglzdHJlYW0udjEiIQoFQ2h1bmsSGAoHcGF5bG9hZBgBIAEoDFIHcGF5\
    bG9hZCJ3Cg1FeHBhbmRSZXF1ZXN0EhIKBG5hbWUYASABKAlSBG5hbWUSFgoGY2h1bmtzGAIgASgNUgZjaHVua3MSHwoL\
    Y2h1bmtfYnl0ZXMYAyABKA1SCmNodW5rQnl0ZXMSGQoIcGF1c2VfbXMYBCABKA1SB3BhdXNlTXMybAoGU3RyZWFtEioK\
    BEVjaG8SEC5zdHJlYW0udjEuQ2h1bmsaEC5zdHJlYW0udjEuQ2h1bmsSNgoGRXhwYW5kEhguc3RyZWFtLnYxLkV4cGFu\
    ZFJlcXVlc3QaEC5zdHJlYW0udjEuQ2h1bmswAWIGcHJvdG8z
    """)
