// Cases whose calls end early by the client's word.
import Martlet
import SwiftProtobuf

extension TestCase {
  static let endings = [
    TestCase(name: "cancel_after_begin") { context in
      // So that there is a connection and the call begins on the wire.
      _ = try await context.service.emptyCall(.init(), timeout: context.patience)
      try await expectFailure(.cancelled) {
        _ = try await context.service.streamingInputCall(timeout: context.patience) { _ in
          cancelThisTask()
        }
      }
    },
    TestCase(name: "cancel_after_first_response") { context in
      try await expectFailure(.cancelled) {
        try await context.service.fullDuplexCall(timeout: context.patience) { requests, responses in
          var responses = responses.makeAsyncIterator()
          try await requests.write(.asking(for: 31_415, with: 27_182))
          let response = try await responses.next()
          try expect(response?.payload, is: .zeros(31_415), "the payload")
          cancelThisTask()
          _ = try await responses.next()
        }
      }
    },
    TestCase(name: "timeout_on_sleeping_server") { context in
      try await expectFailure(.deadlineExceeded) {
        try await context.service.fullDuplexCall(timeout: .milliseconds(1)) { requests, responses in
          try await requests.write(.with { $0.payload = .zeros(27_182) })
          for try await _ in responses {}
        }
      }
    },
  ]

  /// Cases run each in a task of its own, which is not needed any more after this.
  private static func cancelThisTask() {
    withUnsafeCurrentTask { $0?.cancel() }
  }
}
