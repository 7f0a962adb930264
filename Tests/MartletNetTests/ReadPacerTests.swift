// How long a connection is not read from whose client cancels too much.

import Testing

@testable import MartletNet

@Suite struct ReadPacerTests {
  @Test func aPauseIsThreeTimesWhatWasSpent() {
    var pacer = ReadPacer()
    #expect(pacer.pause(after: .milliseconds(2), hasMore: false) == .milliseconds(6))
    #expect(pacer.pause(after: .milliseconds(2), hasMore: true) == .milliseconds(6))
  }

  @Test func littleIsSummedUp() {
    var pacer = ReadPacer()
    #expect(pacer.pause(after: .microseconds(200), hasMore: false) == nil)
    #expect(pacer.pause(after: .microseconds(100), hasMore: false) == nil)
    #expect(pacer.pause(after: .microseconds(100), hasMore: false) == .microseconds(1200))
    #expect(pacer.pause(after: .microseconds(100), hasMore: false) == nil)
  }

  @Test func whatWaitsGoesOnAfterTheLeastPause() {
    var pacer = ReadPacer()
    #expect(pacer.pause(after: .zero, hasMore: true) == ReadPacer.leastPause)
  }

  @Test func noPauseIsLongerThanAPingMayTake() {
    var pacer = ReadPacer()
    #expect(pacer.pause(after: .seconds(1), hasMore: true) == ReadPacer.longestPause)
  }
}
