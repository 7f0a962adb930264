// Facts about servers that are late with an answer.
import Foundation
import MartletCore
import MartletNet
import Testing

@Suite(.timeLimit(.minutes(1))) struct LifeWatchTests {
  /// Makes a call that is not answered in time, and tells whether the server showed life meanwhile.
  private func lives(_ mesh: Mesh, _ method: MethodName) async -> Bool {
    let watch = mesh.channel.watchLife(after: .milliseconds(100))
    await #expect(throws: RPCError.self) {
      _ = try await mesh.channel.unary(
        method, [1], deadline: Deadline(Loop.now + .milliseconds(400)))
    }
    return await watch.end()
  }

  @Test func aServerWhoseHandlersHangAnswersPings() async throws {
    try await Mesh.with { mesh in
      #expect(await lives(mesh, .hang))
    }
  }

  @Test func aServerWhoseLoopIsBlockedDoesNot() async throws {
    try await Mesh.with(handlers: { table in
      table.unary(.echo) { request, _ in
        usleep(800_000)
        return request
      }
    }) { mesh in
      #expect(await !lives(mesh, .echo))
    }
  }

  @Test func aConnectionThatIsMadeMeanwhileIsASignOfLife() async throws {
    try await Mesh.with { mesh in
      let watch = mesh.channel.watchLife(after: .zero)
      try await Task.sleep(for: .milliseconds(500))
      #expect(await watch.end())
    }
  }

  @Test func aWatchThatIsEndedInTimeAsksNothing() async throws {
    try await Mesh.with { mesh in
      let watch = mesh.channel.watchLife(after: .milliseconds(50))
      #expect(await !watch.end())
    }
  }

  @Test func aConnectionThatIsRenewedLosesItsCallsAndTheNextOneIsAnswered() async throws {
    try await Mesh.with { mesh in
      _ = try await mesh.channel.unary(.echo, [1])
      let hanging = Task { try await mesh.channel.unary(.hang, [1]) }
      while mesh.server.ongoing == 0 { try await Task.sleep(for: .milliseconds(1)) }
      mesh.channel.renewConnection()
      await #expect(throws: RPCError.self) { try await hanging.value }
      #expect(try await mesh.channel.unary(.echo, [2]).message == [2])
    }
  }
}
