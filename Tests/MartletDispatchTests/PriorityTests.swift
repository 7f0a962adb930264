// Who goes first in a queue, and who gives up its place.
import MartletCore
import Testing

@testable import MartletDispatch

@Suite struct PriorityTests {
  /// One replica that is busy, and room for `maxQueued` calls before it.
  private func busy(maxQueued: Int = 100) -> Mesh {
    var mesh = Mesh(replicas: 1, maxOngoing: 1, maxQueued: maxQueued)
    _ = mesh.send()
    return mesh
  }

  /// The order in which the replica gets the calls that wait, after the one that it has.
  private func order(_ mesh: consuming Mesh) -> [CallID] {
    var (last, sent): (CallID, [CallID]) = (mesh.ongoing[0].call, [])
    while true {
      mesh.dispatcher.callEnded(last, .answered, now: .zero)
      guard case .send(let call, _)? = mesh.orders().first else { return sent }
      sent.append(call)
      last = call
    }
  }

  @Test func theMostUrgentGoFirstAndOfThemTheOldest() {
    var mesh = busy()
    let calls = [5, 3, 0, 7, 3, 0].map { mesh.wait(urgency: $0) }
    #expect(order(mesh) == [2, 5, 1, 4, 0, 3].map { calls[$0] })
  }

  @Test func aFullQueueDropsTheLastOfTheLeastUrgent() {
    var mesh = busy(maxQueued: 3)
    let calls = [6, 5, 6].map { mesh.wait(urgency: $0) }
    let urgent = mesh.wait(at: .seconds(0.2), urgency: 3)
    let why = "the queue of echo is full (max_queued_requests: 3), and a more urgent call came"
    #expect(
      mesh.orders() == [
        .fail(calls[2], Refusal(.resourceExhausted, why, pushback: .seconds(0.2)))
      ])
    #expect(urgent.index != calls[2].index, "the driver still has that one by its number")
    #expect(mesh.dispatcher.loadReport().deployments.map(\.queued) == [3])
    #expect(order(mesh) == [urgent, calls[1], calls[0]])
  }

  @Test func aFullQueueKeepsWhatIsAsUrgent() {
    var mesh = busy(maxQueued: 2)
    let calls = [3, 2].map { mesh.wait(urgency: $0) }
    guard case .refuse(let refusal) = mesh.arrive(urgency: 3) else {
      Issue.record("not refused")
      return
    }
    #expect(refusal.status.message == "the queue of echo is full (max_queued_requests: 2)")
    #expect(mesh.orders() == [])
    #expect(order(mesh) == [calls[1], calls[0]])
  }

  @Test func whereNothingMayWaitNothingIsDropped() {
    var mesh = busy(maxQueued: 0)
    guard case .refuse = mesh.arrive(urgency: 0) else {
      Issue.record("not refused")
      return
    }
    #expect(order(mesh) == [])
  }

  @Test func eachLineStandsByItself() {
    var mesh = Mesh(replicas: 1, maxOngoing: 1)
    var last = mesh.arriveAndSend()
    let patient = (0..<3).map { mesh.wait(at: .milliseconds($0), urgency: 5) }
    // The urgent ones never wait for long, so of them the oldest goes first.
    for step in 1...5 {
      let now = Duration.milliseconds(60 * step)
      let (first, second) = (mesh.wait(at: now, urgency: 1), mesh.wait(at: now, urgency: 1))
      for next in [first, second] {
        mesh.dispatcher.callEnded(last, .answered, now: .zero + now)
        #expect(mesh.orders() == [.send(next, mesh.slot(1))])
        last = next
      }
    }
    // The others are seen to wait too long at 310 ms, and still do 100 ms later.
    for (now, next) in [(310, patient[0]), (410, patient[2]), (420, patient[1])] {
      mesh.dispatcher.callEnded(last, .answered, now: .zero + .milliseconds(now))
      #expect(mesh.orders() == [.send(next, mesh.slot(1))])
      last = next
    }
  }

  @Test func aCallThatWasSentBeforeIsFirstOfThoseThatAreAsUrgent() {
    var mesh = Mesh(replicas: 1, maxOngoing: 1, idempotent: true)
    let lost = mesh.arriveAndSend()
    let (usual, urgent) = (mesh.wait(), mesh.wait(urgency: 2))
    mesh.dispatcher.replicaConnectionEnded(mesh.slot(1), now: .zero)
    #expect(
      mesh.dispatcher.callFailed(lost, .connectionLost, mayReplay: true, now: .zero) == .wait)
    _ = mesh.orders()
    mesh.dispatcher.replicaConnected(mesh.slot(1), now: .zero)
    for call in [urgent, lost, usual] {
      #expect(mesh.orders() == [.send(call, mesh.slot(1))])
      mesh.dispatcher.callEnded(call, .answered, now: .zero)
    }
  }

  @Test func randomCallsWaitAsInAPlainList() {
    for seed in UInt64(0)..<50 {
      var random = SeededGenerator(seed: seed)
      var mesh = busy(maxQueued: 6)
      var last = mesh.ongoing[0].call
      var model: [(call: CallID, urgency: UInt8)] = []
      for _ in 0..<200 {
        if Bool.random(using: &random) {
          let urgency = UInt8.random(in: 0...7, using: &random)
          let loser = model.indices.max { (model[$0].urgency, $0) < (model[$1].urgency, $1) }
          let arrival = mesh.arrive(urgency: urgency)
          var failed: [CallID] = []
          if let loser, model.count == 6, model[loser].urgency > urgency {
            failed = [model.remove(at: loser).call]
          }
          switch arrival {
          case .wait(let call): model.append((call, urgency))
          case .refuse: #expect(model.count == 6, "seed \(seed)")
          case .send: Issue.record("seed \(seed): sent before others")
          }
          #expect(model.count <= 6, "seed \(seed)")
          #expect(mesh.failed() == failed, "seed \(seed)")
        } else if let next = model.indices.min(by: {
          (model[$0].urgency, $0) < (model[$1].urgency, $1)
        }) {
          mesh.dispatcher.callEnded(last, .answered, now: .zero)
          last = model.remove(at: next).call
          #expect(mesh.orders() == [.send(last, mesh.slot(1))], "seed \(seed)")
        }
      }
    }
  }

  @Test func urgencyIsZeroToSeven() {
    #expect(Priority.all.map(\.urgency) == Array(0...7))
    #expect(Priority(urgency: 8) == nil)
    #expect(Priority.usual.urgency == 3 && Priority.background.urgency == 7)
    #expect(Priority.usual.goesBefore(.background) && !Priority.usual.goesBefore(.usual))
  }
}

extension Mesh {
  /// The calls that are over by the next orders.
  fileprivate mutating func failed() -> [CallID] {
    orders().compactMap { order in
      guard case .fail(let call, _) = order else { return nil }
      return call
    }
  }
}
