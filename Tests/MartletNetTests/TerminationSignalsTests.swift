// Signals that are collected do not end the process.
import Foundation
import MartletNet
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct TerminationSignalsTests {
  @Test func signalsArriveAsEvents() async throws {
    let group = LoopGroup()
    TerminationSignals.block()
    let signals = try TerminationSignals(on: group.next())
    kill(getpid(), SIGTERM)
    #expect(await signals.next() == .terminate)
    kill(getpid(), SIGINT)
    #expect(await signals.next() == .interrupt)
    await group.shutdown()
  }
}
