// What another thread says of a loop that turns, and of one that is held.
import Foundation
import Testing

@testable import MartletNet

@Suite(.timeLimit(.minutes(1))) struct LoopWitnessTests {
  private let path = "\(NSTemporaryDirectory())/w\(UUID().uuidString).life"

  /// What the witness says, asked once; nil where there is none.
  private func word() async throws -> LoopWitness.Word? {
    guard let question = LoopWitness.Question(at: path) else { return nil }
    for _ in 0..<2000 {
      if let word = question.answer() { return word }
      try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("the witness is silent")
    return nil
  }

  @Test func itSpeaksForALoopThatTurnsAndForOneThatIsHeld() async throws {
    let group = LoopGroup(count: 1)
    let loop = group.next()
    let witness = try #require(LoopWitness(at: path, of: loop))
    #expect(try await word() == .turns)
    let release = DispatchSemaphore(value: 0)
    loop.execute { release.wait() }
    #expect(try await word() == .isHeld)
    // And asking again leaves nothing behind on the loop.
    #expect(try await word() == .isHeld)
    release.signal()
    #expect(try await word() == .turns)
    witness.end()
    #expect(try await word() == nil)
    #expect(!FileManager.default.fileExists(atPath: path))
    await group.shutdown()
  }

  @Test func itTakesThePlaceOfASocketThatWasLeftBehind() async throws {
    let group = LoopGroup(count: 1)
    try Data().write(to: URL(filePath: path))
    let witness = try #require(LoopWitness(at: path, of: group.next()))
    #expect(try await word() == .turns)
    witness.end()
    await group.shutdown()
  }

  @Test func aPathThatIsTooLongHasNone() async {
    let group = LoopGroup(count: 1)
    let long = "/tmp/" + String(repeating: "x", count: 104)
    #expect(LoopWitness(at: long, of: group.next()) == nil)
    await group.shutdown()
  }
}
