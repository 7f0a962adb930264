// Replicas that answer, fail, hang or dawdle under a load of random arrivals, in virtual time.
import Glibc
import MartletCore

@testable import MartletDispatch

/// One dispatcher, the modelled replicas of its deployment, and what each of them got. The same seed gives the same
/// run.
struct Crowd: ~Copyable {
  enum Behaviour: Sendable {
    /// After an exponential time with this mean.
    case answers(Duration)
    case fails(RPCStatus.Code, after: Duration = .microseconds(200))
    /// Fails at once with this chance, answers as the others otherwise.
    case failsSome(Double, RPCStatus.Code, else: Duration)
    case hangs
  }

  private enum What {
    case arrival
    case end(CallID, UInt64, CallEnd)
  }

  var mesh: Mesh
  var behaviours: [UInt64: Behaviour]
  /// Calls that each replica got, and calls that failed there.
  var got: [UInt64: Int] = [:]
  var failed: [UInt64: Int] = [:]
  var arrived = 0
  /// The share of requests that no replica can answer: UNKNOWN at once, everywhere.
  var badRequests = 0.0
  var now = Timestamp.zero

  private var chance: SeededGenerator
  private var inHand: [CallID: UInt64] = [:]
  private var bad: Set<CallID> = []
  private var events: [(time: Timestamp, what: What)] = []

  init(
    _ behaviours: [Behaviour], seed: UInt64 = 1, maxOngoing: Int = 32,
    outliers: OutlierDetectionSpec = OutlierDetectionSpec()
  ) {
    mesh = Mesh(
      replicas: UInt64(behaviours.count), maxOngoing: maxOngoing, maxQueued: 1000,
      outliers: outliers)
    self.behaviours = [:]
    for (index, behaviour) in behaviours.enumerated() {
      self.behaviours[UInt64(index + 1)] = behaviour
    }
    chance = SeededGenerator(seed: seed)
  }

  /// The share of all calls that a replica got.
  func share(_ number: UInt64) -> Double { Double(got[number] ?? 0) / Double(max(1, arrived)) }

  mutating func forget() {
    got = [:]
    failed = [:]
    arrived = 0
  }

  /// Calls arrive for so long, `rate` a second on average.
  mutating func run(_ length: Duration, rate: Double, timeout: Duration? = nil) {
    let end = now + length
    add(.arrival, at: now + .nanoseconds(Int64(exponential() / rate * 1e9)))
    while let event = events.popLast() {
      while let wake = mesh.dispatcher.nextWake(), wake <= event.time {
        mesh.dispatcher.timePassed(now: wake)
        follow(at: wake)
      }
      guard event.time < end else {
        events.append(event)
        break
      }
      now = event.time
      switch event.what {
      case .arrival:
        arrive(timeout)
        add(.arrival, at: now + .nanoseconds(Int64(exponential() / rate * 1e9)))
      case .end(let call, let number, let how):
        guard inHand[call] == number, mesh.dispatcher.contains(call) else { continue }
        if how != .answered { failed[number, default: 0] += 1 }
        inHand[call] = nil
        mesh.dispatcher.callEnded(call, how, now: now)
      }
      follow(at: now)
    }
    events.removeAll {
      if case .arrival = $0.what { true } else { false }
    }
    now = end
  }

  private mutating func arrive(_ timeout: Duration?) {
    arrived += 1
    let isBad = badRequests > 0 && uniform() < badRequests
    switch mesh.arrive(at: now.duration(since: .zero), timeout: timeout) {
    case .send(let call, let slot):
      if isBad { bad.insert(call) }
      begin(call, slot)
    case .wait(let call): if isBad { bad.insert(call) }
    case .refuse: break
    }
  }

  private mutating func begin(_ call: CallID, _ slot: ReplicaSlot) {
    let number = mesh.dispatcher.replicas[slot.index].number
    got[number, default: 0] += 1
    inHand[call] = number
    if bad.remove(call) != nil {
      return add(.end(call, number, .failed(.unknown)), at: now + .microseconds(200))
    }
    switch behaviours[number] {
    case .answers(let mean)?: end(call, number, after: mean * exponential())
    case .fails(let code, let delay)?: add(.end(call, number, .failed(code)), at: now + delay)
    case .failsSome(let share, let code, let mean)?:
      if uniform() < share {
        add(.end(call, number, .failed(code)), at: now + .microseconds(200))
      } else {
        end(call, number, after: mean * exponential())
      }
    case .hangs?, nil: break
    }
  }

  private mutating func end(_ call: CallID, _ number: UInt64, after time: Duration) {
    add(.end(call, number, .answered), at: now + time)
  }

  private mutating func follow(at time: Timestamp) {
    now = max(now, time)
    for order in mesh.orders() {
      switch order {
      case .send(let call, let slot): begin(call, slot)
      case .fail(let call, _):
        if let number = inHand.removeValue(forKey: call) { failed[number, default: 0] += 1 }
      case .connect, .disconnect: break
      }
    }
  }

  /// The latest first; of one moment the one that came first is last.
  private mutating func add(_ what: What, at time: Timestamp) {
    var (low, high) = (0, events.count)
    while low < high {
      let middle = (low + high) / 2
      if events[middle].time > time { low = middle + 1 } else { high = middle }
    }
    events.insert((time, what), at: low)
  }

  private mutating func uniform() -> Double { (Double(chance.next() >> 11) + 1) / Double(1 << 53) }

  private mutating func exponential() -> Double { -log(uniform()) }
}
