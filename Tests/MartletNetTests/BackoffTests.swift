// Facts about the pauses between attempts to connect.
import MartletNet
import Testing

@Suite struct BackoffTests {
  @Test func pausesDoubleUpToTheMost() {
    let backoff = Backoff(first: .milliseconds(5), most: .milliseconds(30), random: { 0 })
    #expect((1...5).map(backoff.pause) == [5, 10, 20, 30, 30].map { .milliseconds($0) })
  }

  @Test func chanceTakesAtMostItsShareAway() {
    let backoff = Backoff(first: .seconds(1), jitter: 0.5, random: { 1 })
    #expect(backoff.pause(afterFailures: 1) == .milliseconds(500))
  }

  @Test func hugeCountsDoNotOverflow() {
    #expect(Backoff(random: { 0 }).pause(afterFailures: .max) == .seconds(1))
  }
}
