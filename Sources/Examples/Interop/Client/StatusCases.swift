// Cases whose calls end with another status than OK by the server's word.
import Martlet
import SwiftProtobuf

extension TestCase {
  static let statuses = [
    TestCase(name: "status_code_and_message") { context in
      let status = Grpc_Testing_EchoStatus.with {
        $0.code = 2
        $0.message = "test status message"
      }
      try await expectEcho(of: status, context)
      let error = try await expectFailure(.unknown) {
        try await context.service.fullDuplexCall(timeout: context.patience) { requests, responses in
          try await requests.write(.with { $0.responseStatus = status })
          try await requests.finish()
          for try await _ in responses {}
        }
      }
      try expect(error.message, is: status.message, "the stream's message")
    },
    TestCase(name: "special_status_message") { context in
      try await expectEcho(
        of: .with {
          $0.code = 2
          $0.message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
        }, context)
    },
    TestCase(name: "unimplemented_method") { context in
      try await expectFailure(.unimplemented) {
        _ = try await context.service.unimplementedCall(.init(), timeout: context.patience)
      }
    },
    TestCase(name: "unimplemented_service") { context in
      let service = Grpc_Testing_UnimplementedService.Client(context.target)
      try await expectFailure(.unimplemented) {
        _ = try await service.unimplementedCall(.init(), timeout: context.patience)
      }
    },
  ]

  private static func expectEcho(
    of status: Grpc_Testing_EchoStatus, _ context: CaseContext
  ) async throws {
    let error = try await expectFailure(.unknown) {
      _ = try await context.service.unaryCall(
        .with { $0.responseStatus = status }, timeout: context.patience)
    }
    try expect(error.message, is: status.message, "the message")
  }
}
