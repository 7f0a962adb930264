// Facts about the means that scaling decides by.
import MartletCore
import MartletScaling
import Testing

private func at(_ seconds: Double) -> Timestamp {
  Timestamp(nanoseconds: Int64(seconds * 1e9))
}

@Suite struct LoadHistoryTests {
  @Test func theMeanIsWeightedByTime() {
    var history = LoadHistory(load: 0, longest: .seconds(60), now: .zero)
    history.changed(to: 8, running: 8, now: at(100))
    history.advance(to: at(104))
    #expect(abs(history.mean(over: .seconds(8)).load - 4) < 0.3)
    #expect(abs(history.mean(over: .seconds(4)).load - 8) < 0.001)
    #expect(abs(history.mean(over: .seconds(2)).variance) < 0.001)
    #expect(abs(history.mean(over: .seconds(8)).variance - 16) < 1)
  }

  @Test func theLoadBeforeTheStartHasBeenThereForEver() {
    var history = LoadHistory(load: 6, longest: .seconds(60), now: at(3.217))
    history.advance(to: at(4))
    for window in [0.1, 1, 7, 60] {
      #expect(abs(history.mean(over: .seconds(window)).load - 6) < 0.001)
    }
  }

  @Test func aWindowLongerThanTheRingsHasTheirs() {
    var history = LoadHistory(load: 1, longest: .seconds(10), now: .zero)
    history.advance(to: at(100))
    #expect(abs(history.mean(over: .seconds(1000)).load - 1) < 0.001)
  }

  /// Against a sum over every single step.
  @Test(arguments: 1...20 as ClosedRange<UInt64>) func everyWindowIsRightToAnEighth(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var history = LoadHistory(load: 0, longest: .seconds(64), now: .zero)
    var steps: [(from: Double, load: Double)] = [(-1000, 0)]
    var now = 0.0
    for _ in 0..<600 {
      now += Double(Int.random(in: 1...400, using: &random)) / 1000
      let load = Int.random(in: 0...9, using: &random)
      history.changed(to: load, running: load, now: at(now))
      steps.append((now, Double(load)))
    }
    for window in [0.1, 0.5, 3, 20, 64] {
      var sum = 0.0
      for (index, step) in steps.enumerated() {
        let end = index + 1 < steps.count ? steps[index + 1].from : now
        sum += step.load * max(0, end - max(step.from, now - window))
      }
      let found = history.mean(over: .seconds(window)).load
      #expect(abs(found - sum / window) <= 9.0 / 8, "\(window)")
    }
  }

  /// Twenty calls a second that take 0.1 s each.
  @Test func persistenceIsAboutTheTimeOfACall() throws {
    var history = LoadHistory(load: 0, longest: .seconds(10), now: .zero)
    #expect(history.persistence == nil)
    for call in 0..<200 {
      history.changed(to: 1, running: 1, now: at(Double(call) * 0.2))
      history.changed(to: 0, running: 0, now: at(Double(call) * 0.2 + 0.1))
    }
    #expect(abs(try #require(history.persistence) - 0.1) < 0.06)
  }

  @Test func persistenceOutlivesALongPause() throws {
    var history = LoadHistory(load: 0, longest: .seconds(10), now: .zero)
    history.changed(to: 1, running: 1, now: at(1))
    history.changed(to: 0, running: 0, now: at(2))
    let before = try #require(history.persistence)
    history.advance(to: at(1_000_000))
    #expect(abs(try #require(history.persistence) - before) < 0.001)
  }
}
