// Cases that look at the compressed flag of messages.
import Martlet
import SwiftProtobuf

extension TestCase {
  static let compression = [
    TestCase(name: "client_compressed_unary") { try await clientCompressedUnary($0) },
    TestCase(name: "client_compressed_streaming") { try await clientCompressedStreaming($0) },
    TestCase(name: "server_compressed_unary") { try await serverCompressedUnary($0) },
    TestCase(name: "server_compressed_streaming") { try await serverCompressedStreaming($0) },
  ]

  private static func clientCompressedUnary(_ context: CaseContext) async throws {
    func request(expecting isCompressed: Bool) -> Grpc_Testing_SimpleRequest {
      var request = Grpc_Testing_SimpleRequest.large
      request.expectCompressed.value = isCompressed
      return request
    }
    let plain = context.service
    let compressing = context.compressing(.both(.gzip)).service
    if context.probes {
      try await expectFailure(.invalidArgument) {
        _ = try await plain.unaryCall(request(expecting: true), timeout: context.patience)
      }
    }
    for (client, isCompressed) in [(compressing, true), (plain, false)] {
      let response = try await client.unaryCall(
        request(expecting: isCompressed), timeout: context.patience)
      try expect(response.payload, is: .zeros(314_159), "the payload")
    }
  }

  private static func clientCompressedStreaming(_ context: CaseContext) async throws {
    func request(_ size: Int, expecting isCompressed: Bool)
      -> Grpc_Testing_StreamingInputCallRequest
    {
      .with {
        $0.expectCompressed.value = isCompressed
        $0.payload = .zeros(size)
      }
    }
    let client = context.compressing(.both(.gzip)).service
    if context.probes {
      try await expectFailure(.invalidArgument) {
        _ = try await client.streamingInputCall(timeout: context.patience) {
          try await $0.write(request(27_182, expecting: true), compressed: false)
        }
      }
    }
    let response = try await client.streamingInputCall(timeout: context.patience) {
      try await $0.write(request(27_182, expecting: true))
      try await $0.write(request(45_904, expecting: false), compressed: false)
    }
    try expect(response.aggregatedPayloadSize, is: 73_086, "the sum of the sizes")
  }

  private static func serverCompressedUnary(_ context: CaseContext) async throws {
    for isCompressed in [true, false] {
      var request = Grpc_Testing_SimpleRequest.large
      request.responseCompressed.value = isCompressed
      let response = try await context.compressing(.responses).target.response(
        to: Grpc_Testing_TestService.unaryCall, request, timeout: context.patience)
      try expect(response.compression != nil, is: isCompressed, "the response's compressed flag")
      try expect(response.message.payload, is: .zeros(314_159), "the payload")
    }
  }

  private static func serverCompressedStreaming(_ context: CaseContext) async throws {
    let wanted = [(31_415, true), (92_653, false)]
    let request = Grpc_Testing_StreamingOutputCallRequest.with {
      $0.responseParameters = wanted.map { size, isCompressed in
        .with {
          $0.size = Int32(size)
          $0.compressed.value = isCompressed
        }
      }
    }
    let client = context.compressing(.responses).service
    try await client.streamingOutputCall(request, timeout: context.patience) { responses in
      var responses = responses.makeAsyncIterator()
      for (size, isCompressed) in wanted {
        let response = try await responses.next()
        try expect(response?.payload, is: .zeros(size), "the payload")
        try expect(
          responses.lastCompression != nil, is: isCompressed, "the response's compressed flag")
      }
      try expect(try await responses.next() == nil, "there is a response too many")
    }
  }
}
