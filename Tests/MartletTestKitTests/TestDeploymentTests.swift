// A deployment under test, as a user of the kit writes it.
import Martlet
import MartletTestKit
import Testing

@testable import Echo

@Test func `A deployment answers over its socket`() async throws {
  var message = Echo_V1_Message()
  message.payload = .init(repeating: 7, count: 100_000)
  let sent = message
  let answer = try await withDeployment(Echo.self, as: Echo_V1_Echo.self) { echo in
    try await echo.echo(sent)
  }
  #expect(answer == sent)
}

@Test func `What the body throws comes out`() async throws {
  struct Failure: Error {}
  await #expect(throws: Failure.self) {
    try await withDeployment(Echo.self, as: Echo_V1_Echo.self) { _ in throw Failure() }
  }
}
