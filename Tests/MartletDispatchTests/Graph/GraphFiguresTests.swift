// Figures of graphs: quantiles in little memory, and windows that pass.

import MartletCore
import MartletDispatch
import Testing

@Suite struct LatencyHistogramTests {
  @Test func aQuantileIsAFifthTooLongAtMost() {
    for microseconds in [1, 2, 3, 5, 9, 100, 1_234, 50_000, 3_000_000, 3_600_000_000] as [Int64] {
      var histogram = LatencyHistogram()
      histogram.record(.microseconds(microseconds))
      let found = histogram.quantile(0.5)?.saturatedNanoseconds ?? 0
      #expect(found > microseconds * 1_000, "\(microseconds)")
      // A bucket is a quarter of its doubling wide.
      #expect(Double(found) <= Double(microseconds) * 1_250, "\(microseconds)")
    }
  }

  @Test func quantilesSplitWhatCame() {
    var histogram = LatencyHistogram()
    #expect(histogram.quantile(0.5) == nil)
    for _ in 0..<99 { histogram.record(.milliseconds(1)) }
    histogram.record(.seconds(1))
    #expect(histogram.count == 100)
    #expect((histogram.quantile(0.99) ?? .zero) < .milliseconds(2))
    #expect((histogram.quantile(0.999) ?? .zero) >= .seconds(1))
    var other = LatencyHistogram()
    for _ in 0..<900 { other.record(.seconds(1)) }
    histogram.add(other)
    #expect((histogram.quantile(0.5) ?? .zero) >= .seconds(1))
  }

  @Test func nonsenseHasABucketToo() {
    var histogram = LatencyHistogram()
    for duration in [Duration.zero, .seconds(-1), .seconds(1 << 40)] { histogram.record(duration) }
    #expect(histogram.count == 3)
    #expect(histogram.buckets.count <= LatencyHistogram.maxBuckets)
    histogram.add(5, toBucket: 1_000_000)
    #expect(histogram.count == 3)
  }
}

@Suite struct GraphFiguresTests {
  private func at(_ seconds: Int64) -> Timestamp { Timestamp.zero + .seconds(seconds) }

  @Test func theLastTwoWindowsCount() {
    var figures = GraphFigures(now: at(0))
    figures.record(3, took: .milliseconds(1), failed: false, now: at(1))
    figures.record(3, took: .milliseconds(1), failed: true, now: at(31))
    var recent = figures.recent(now: at(40))
    #expect(recent.nodes[3]?.requests == 2)
    #expect(recent.nodes[3]?.failures == 1)
    #expect(recent.period == .seconds(40))
    recent = figures.recent(now: at(62))
    #expect(recent.nodes[3]?.requests == 1)
    #expect(figures.recent(now: at(200)).nodes.isEmpty)
  }

  @Test func noMoreThanAMinuteIsKept() {
    // Ten seconds before the end of a window.
    var figures = GraphFigures(now: at(110))
    figures.record(0, took: .milliseconds(1), failed: false, now: at(111))
    for second in 112..<400 as Range<Int64> {
      // Requests now and then: whether there are any does not matter to what is kept.
      if second % 70 == 0 {
        figures.record(0, took: .milliseconds(1), failed: false, now: at(second))
      }
      let (nodes, period) = figures.recent(now: at(second))
      let since = second - Int64(period.inSeconds)
      #expect(period < .seconds(60), "\(second)")
      #expect(period >= min(.seconds(30), .seconds(second - 110)), "\(second)")
      let kept = [111, 140, 210, 280, 350].filter { $0 >= since && $0 <= second }.count
      #expect(nodes[0]?.requests ?? 0 == UInt64(kept), "\(second)")
    }
  }

  @Test func routersHaveTheSameWindows() {
    for second in [0, 29, 30, 89] as [Int64] {
      #expect(GraphFigures.windowEnd(at: at(second)) == at((second / 30 + 1) * 30))
    }
    var (one, other) = (GraphFigures(now: at(3)), GraphFigures(now: at(17)))
    let periods = [one.recent(now: at(65)).period, other.recent(now: at(65)).period]
    #expect(periods == [.seconds(35), .seconds(35)])
  }

  @Test func aQuantileWaitsForEnough() {
    var figures = GraphFigures(now: at(0))
    for _ in 0..<9 { figures.record(0, took: .milliseconds(1), failed: false, now: at(1)) }
    #expect(figures.quantile(0.5, of: 0, least: 10, now: at(2)) == nil)
    figures.record(0, took: .milliseconds(1), failed: false, now: at(31))
    #expect(figures.quantile(0.5, of: 0, least: 10, now: at(32)) != nil)
    #expect(figures.quantile(0.5, of: 1, least: 10, now: at(32)) == nil)
  }
}
