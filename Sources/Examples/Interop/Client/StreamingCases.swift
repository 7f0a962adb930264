// Cases of many requests or many responses.
import Martlet
import SwiftProtobuf

extension TestCase {
  /// Sizes of requests and responses.
  private static let requestSizes = [27_182, 8, 1_828, 45_904]
  private static let responseSizes = [31_415, 9, 2_653, 58_979]

  static let streaming = [
    TestCase(name: "client_streaming") { context in
      let response = try await context.service.streamingInputCall(timeout: context.patience) {
        for size in requestSizes { try await $0.write(.with { $0.payload = .zeros(size) }) }
      }
      try expect(response.aggregatedPayloadSize, is: 74_922, "the sum of the sizes")
    },
    TestCase(name: "server_streaming") { context in
      let request = Grpc_Testing_StreamingOutputCallRequest.with {
        $0.responseParameters = responseSizes.map { size in .with { $0.size = Int32(size) } }
      }
      try await context.service.streamingOutputCall(request, timeout: context.patience) {
        var payloads: [Grpc_Testing_Payload] = []
        for try await response in $0 { payloads.append(response.payload) }
        try expect(payloads, is: responseSizes.map { .zeros($0) }, "the payloads")
      }
    },
    TestCase(name: "ping_pong") { try await pingPong($0) },
    TestCase(name: "empty_stream") { context in
      try await context.service.fullDuplexCall(timeout: context.patience) { requests, responses in
        try await requests.finish()
        var responses = responses.makeAsyncIterator()
        try expect(try await responses.next() == nil, "there is a response")
      }
    },
  ]

  private static func pingPong(_ context: CaseContext) async throws {
    try await context.service.fullDuplexCall(timeout: context.patience) { requests, responses in
      var responses = responses.makeAsyncIterator()
      for (requestSize, responseSize) in zip(requestSizes, responseSizes) {
        try await requests.write(.asking(for: responseSize, with: requestSize))
        let response = try await responses.next()
        try expect(response?.payload, is: .zeros(responseSize), "the payload")
      }
      try await requests.finish()
      try expect(try await responses.next() == nil, "there is a response too many")
    }
  }
}

extension Grpc_Testing_StreamingOutputCallRequest {
  /// A request of so many bytes for one response of so many.
  static func asking(
    for responseSize: Int, with requestSize: Int
  ) -> Grpc_Testing_StreamingOutputCallRequest {
    .with {
      $0.responseParameters = [.with { $0.size = Int32(responseSize) }]
      $0.payload = .zeros(requestSize)
    }
  }
}
