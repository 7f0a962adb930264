// Who gets bytes of a budget, who waits, and who is refused.
import MartletCore
import MartletWire
import Testing

@Suite final class ByteBudgetTests {
  private static let mib = 1 << 20
  private let start = Timestamp(nanoseconds: 0)

  /// A budget of 80 MiB: 40 for requests, 10 for one connection.
  private var budget = ByteBudget(ByteBudgetTerms(total: 80 << 20))

  private func ask(
    _ mebibytes: Int, of connection: Int? = nil
  ) -> (ByteBudget.Holder, ByteBudget.Verdict) {
    let holder = budget.enter(connection: connection)
    return (holder, budget.reserve(mebibytes * Self.mib, for: holder, now: start))
  }

  @Test func requestsHaveHalfOfIt() {
    #expect(ask(30).1 == .granted)
    #expect(ask(10).1 == .granted)
    #expect(ask(1).1 == .waits)
    #expect(budget.used == 40 * Self.mib)
  }

  @Test func oneThatIsAloneMayHaveAll() {
    #expect(ask(80).1 == .granted)
  }

  @Test func whatNeverFitsIsRefusedAtOnce() {
    #expect(ask(81).1 == .refused(.neverFits))
  }

  @Test func whoHasSomethingGrowsIntoTheOtherHalf() {
    let (holder, verdict) = ask(40)
    #expect(verdict == .granted)
    let others = budget.grow(holder, by: 40 * Self.mib)
    #expect(others)
    let more = budget.grow(holder, by: 1)
    #expect(!more)
    #expect(budget.used == 80 * Self.mib)
  }

  @Test func roomGoesToThoseThatWaitInOrder() {
    let (first, _) = ask(40)
    let (second, _) = ask(20)
    let (third, _) = ask(15)
    let (fourth, _) = ask(20)
    #expect(budget.leave(first) == [.grant(second), .grant(third)])
    #expect(budget.leave(second) == [.grant(fourth)])
  }

  @Test func aSmallOneDoesNotOvertakeALargeOne() {
    let (first, _) = ask(30)
    let (large, waits) = ask(20)
    #expect(waits == .waits)
    #expect(ask(5).1 == .waits)
    #expect(budget.leave(first).first == .grant(large))
  }

  @Test func aConnectionHasItsShareAndHoldsUpNobody() {
    let (first, _) = ask(6, of: 1)
    let (second, waits) = ask(6, of: 1)
    #expect(waits == .waits)
    #expect(ask(10, of: 2).1 == .granted)
    #expect(ask(10).1 == .granted)
    #expect(budget.leave(first) == [.grant(second)])
  }

  @Test func oneMessageBeyondTheShareIsLetIn() {
    #expect(ask(30, of: 1).1 == .granted)
    #expect(ask(1, of: 1).1 == .waits)
  }

  @Test func onlySoManyWait() {
    _ = ask(40)
    for _ in 0..<budget.terms.maxWaiting { #expect(ask(1).1 == .waits) }
    #expect(ask(1).1 == .refused(.tooManyWait))
  }

  @Test func onlySoManyOfAConnectionWait() {
    _ = ask(40)
    for _ in 0..<budget.terms.maxWaitingPerConnection { #expect(ask(1, of: 1).1 == .waits) }
    #expect(ask(1, of: 1).1 == .refused(.tooManyWait))
    #expect(ask(1, of: 2).1 == .waits)
  }

  @Test func whoWaitsTooLongIsRefusedAndTheNextLetIn() {
    let (_, granted) = ask(20)
    #expect(granted == .granted)
    let (large, _) = ask(40)
    let small = budget.enter(connection: nil)
    let later = start + .seconds(1)
    #expect(budget.reserve(Self.mib, for: small, now: later) == .waits)
    #expect(budget.nextWake == start + budget.terms.maxWait)
    #expect(budget.timePassed(now: start + .seconds(14)) == [])
    #expect(
      budget.timePassed(now: start + budget.terms.maxWait)
        == [.refuse(large, .waitedTooLong), .grant(small)])
    #expect(budget.nextWake == nil)
  }

  @Test func whoLeavesWaitsNoMore() {
    let (first, _) = ask(40)
    let (second, _) = ask(1)
    #expect(budget.leave(second) == [])
    #expect(budget.leave(first) == [])
    #expect((budget.used, budget.waiters, budget.holders) == (0, 0, 0))
  }

  @Test func whatShrinksMakesRoom() {
    let (first, _) = ask(40)
    let (second, _) = ask(30)
    #expect(budget.shrink(first, to: 20 * Self.mib) == [])
    #expect(budget.shrink(first, to: 10 * Self.mib) == [.grant(second)])
    #expect(budget.shrink(first, to: 10 * Self.mib) == [])
  }

  @Test func aBodyThatComesTooSlowlyIsFoundOut() {
    var pace = BodyPace()
    pace.received(BodyPace.stepBytes)
    let first = pace.stepPassed()
    pace.received(BodyPace.stepBytes - 1)
    let second = pace.stepPassed()
    #expect((first, second) == (true, false))
  }

  @Test func whoWaitsOutlivesWhoStoppedSending() {
    #expect(budget.terms.maxWait > BodyPace.step * 2)
  }

  /// Whatever happens, nobody has more than there is, and at the end nobody has anything.
  @Test(arguments: 0..<64 as Range<UInt64>) func whateverHappensTheSumIsRight(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var model: [ByteBudget.Holder: (bytes: Int, asked: Int)] = [:]
    var now = start
    func follow(_ orders: [ByteBudget.Order]) {
      for order in orders {
        switch order {
        case .grant(let holder):
          let asked = model[holder]?.asked ?? 0
          model[holder]?.bytes += asked
        case .refuse: break
        }
      }
    }
    for _ in 0..<400 {
      now = now + .milliseconds(Int.random(in: 0..<800, using: &random))
      follow(budget.timePassed(now: now))
      let known = model.keys.sorted { "\($0)" < "\($1)" }
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        let holder = budget.enter(connection: [nil, 1, 2, 3].randomElement(using: &random) ?? nil)
        let bytes = Int.random(in: 1..<(90 * Self.mib), using: &random)
        let verdict = budget.reserve(bytes, for: holder, now: now)
        model[holder] = (verdict == .granted ? bytes : 0, bytes)
      case 1:
        guard let holder = known.randomElement(using: &random) else { continue }
        let bytes = Int.random(in: 1..<(8 * Self.mib), using: &random)
        if budget.grow(holder, by: bytes) { model[holder]?.bytes += bytes }
      default:
        guard let holder = known.randomElement(using: &random) else { continue }
        model[holder] = nil
        follow(budget.leave(holder))
      }
      #expect(budget.used == model.values.reduce(0) { $0 + $1.bytes })
      #expect(budget.used <= budget.terms.total)
      #expect(budget.waiters <= budget.terms.maxWaiting)
    }
    for holder in model.keys { follow(budget.leave(holder)) }
    #expect((budget.used, budget.waiters, budget.holders) == (0, 0, 0))
  }
}
