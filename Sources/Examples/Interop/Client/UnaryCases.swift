// Cases of one request and one response.
import FoundationEssentials
import Martlet
import SwiftProtobuf

extension TestCase {
  static let unary = [
    TestCase(name: "empty_unary") { context in
      let response = try await context.service.emptyCall(.init(), timeout: context.patience)
      try expect(response, is: .init(), "the response")
    },
    TestCase(name: "large_unary") { context in
      let response = try await context.service.unaryCall(.large, timeout: context.patience)
      try expect(response.payload, is: .zeros(314_159), "the payload")
    },
    TestCase(name: "custom_metadata") { context in
      try await customMetadataInUnary(context)
      try await customMetadataInStream(context)
    },
  ]

  private static let initialName = "x-grpc-test-echo-initial"
  private static let initialValue = "test_initial_metadata_value"
  private static let trailingName = "x-grpc-test-echo-trailing-bin"
  private static let trailingValue: [UInt8] = [0xAB, 0xAB, 0xAB]

  private static var customMetadata: Metadata {
    var metadata: Metadata = [initialName: initialValue]
    metadata.add(trailingValue, for: trailingName)
    return metadata
  }

  private static func customMetadataInUnary(_ context: CaseContext) async throws {
    let response = try await context.target.response(
      to: Grpc_Testing_TestService.unaryCall, .large, timeout: context.patience,
      metadata: customMetadata)
    try expect(response.message.payload.body.count, is: 314_159, "the payload's size")
    try expectEchoes(response.initialMetadata, response.trailingMetadata)
  }

  private static func customMetadataInStream(_ context: CaseContext) async throws {
    try await context.service.fullDuplexCall(
      timeout: context.patience, metadata: customMetadata
    ) { requests, responses in
      try await requests.write(
        .with {
          $0.responseParameters = [.with { $0.size = 314_159 }]
          $0.payload = .zeros(271_828)
        })
      try await requests.finish()
      var sizes: [Int] = []
      for try await response in responses { sizes.append(response.payload.body.count) }
      try expect(sizes, is: [314_159], "the payloads' sizes")
      try expectEchoes(
        try await responses.initialMetadata(), await responses.trailingMetadata())
    }
  }

  private static func expectEchoes(_ initial: Metadata, _ trailing: Metadata) throws(Mismatch) {
    try expect(initial[all: initialName], is: [initialValue], "the initial metadata")
    try expect(trailing[binary: trailingName], is: trailingValue, "the trailing metadata")
  }
}

extension Grpc_Testing_SimpleRequest {
  /// The request of `large_unary`.
  static var large: Grpc_Testing_SimpleRequest {
    .with {
      $0.responseSize = 314_159
      $0.payload = .zeros(271_828)
    }
  }
}
