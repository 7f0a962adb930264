// What becomes of calls whose replica failed.
import MartletCore
import Testing

@testable import MartletDispatch

@Suite struct RetryTests {
  @Test func aCallThatWasNeverSeenGoesToAnotherReplica() {
    var mesh = Mesh(replicas: 2)
    let call = mesh.arriveAndSend()
    let decision = mesh.dispatcher.callFailed(call, .unprocessed, mayReplay: true, now: .zero)
    #expect(decision == .send(mesh.slot(2)))
  }

  @Test func theOnlyReplicaIsTriedAgainWithinTheLimit() {
    var mesh = Mesh(replicas: 1)
    let call = mesh.arriveAndSend()
    for _ in 2...5 {
      let decision = mesh.dispatcher.callFailed(call, .unprocessed, mayReplay: true, now: .zero)
      #expect(decision == .send(mesh.slot(1)))
    }
    let decision = mesh.dispatcher.callFailed(call, .unprocessed, mayReplay: true, now: .zero)
    #expect(decision == .fail(Refusal(.unavailable, "echo failed 5 times, last at echo#1")))
    let isInHand = mesh.dispatcher.contains(call)
    #expect(!isInHand)
  }

  @Test func aDeathIsNotRepeatedUnlessIdempotent() {
    var mesh = Mesh(replicas: 2)
    let call = mesh.arriveAndSend()
    mesh.dispatcher.replicaConnectionEnded(mesh.slot(1), now: .zero)
    let decision = mesh.dispatcher.callFailed(call, .connectionLost, mayReplay: true, now: .zero)
    let message =
      "echo#1 died with the call in hand; echo is not idempotent, so it is not sent again"
    #expect(decision == .fail(Refusal(.unavailable, message)))
  }

  @Test func anIdempotentCallSurvivesADeath() {
    var mesh = Mesh(replicas: 2, idempotent: true)
    let call = mesh.arriveAndSend()
    mesh.dispatcher.replicaConnectionEnded(mesh.slot(1), now: .zero)
    let decision = mesh.dispatcher.callFailed(call, .connectionLost, mayReplay: true, now: .zero)
    #expect(decision == .send(mesh.slot(2)))
  }

  @Test func aCallThatCannotBeReplayedFails() {
    var mesh = Mesh(replicas: 2, idempotent: true)
    let call = mesh.arriveAndSend()
    let decision = mesh.dispatcher.callFailed(call, .connectionLost, mayReplay: false, now: .zero)
    let message = "echo#1 died with the call in hand, which cannot be sent again"
    #expect(decision == .fail(Refusal(.unavailable, message)))
  }

  @Test func withoutAnotherReplicaARetryWaitsInFront() {
    var mesh = Mesh(replicas: 1, maxOngoing: 1, idempotent: true)
    let call = mesh.arriveAndSend()
    let waiting = mesh.wait()
    mesh.dispatcher.replicaConnectionEnded(mesh.slot(1), now: .zero)
    let decision = mesh.dispatcher.callFailed(call, .connectionLost, mayReplay: true, now: .zero)
    #expect(decision == .wait)
    #expect(
      mesh.orders() == [
        .connect(
          mesh.slot(1), ReplicaID(deployment: "echo", number: 1), .unix(path: "1"), after: .zero)
      ])
    mesh.dispatcher.replicaConnected(mesh.slot(1), now: .zero)
    #expect(mesh.orders() == [.send(call, mesh.slot(1))])
    mesh.dispatcher.callEnded(call, .answered, now: .zero)
    #expect(mesh.orders() == [.send(waiting, mesh.slot(1))])
  }

  @Test func aRetryAfterTheDeadlineIsNone() {
    var mesh = Mesh(replicas: 2)
    guard case .send(let call, _) = mesh.arrive(timeout: .seconds(1)) else {
      Issue.record("not sent")
      return
    }
    let decision = mesh.dispatcher.callFailed(
      call, .unprocessed, mayReplay: true, now: .zero + .seconds(1))
    #expect(
      decision
        == .fail(Refusal(.deadlineExceeded, "echo#1 failed, and the deadline has passed")))
  }

  @Test func retriesStayWithinTheBudget() {
    var mesh = Mesh(replicas: 2, idempotent: true)
    var retried = 0
    for _ in 0..<200 {
      let call = mesh.arriveAndSend()
      let decision = mesh.dispatcher.callFailed(call, .connectionLost, mayReplay: true, now: .zero)
      if case .send = decision {
        retried += 1
        mesh.dispatcher.callEnded(call, .answered, now: .zero)
      }
    }
    // All within the reserve, which is for two replicas with 100 calls each.
    #expect(retried == 200)
    for _ in 0..<300 {
      let call = mesh.arriveAndSend()
      let decision = mesh.dispatcher.callFailed(call, .connectionLost, mayReplay: true, now: .zero)
      if case .send = decision {
        retried += 1
        mesh.dispatcher.callEnded(call, .answered, now: .zero)
      }
    }
    // A fifth of the calls on top; the first call found the bucket full.
    #expect(retried == 200 + (200 + 300) / 5 - 1)
  }

  @Test func timeFillsTheBudget() {
    var budget = RetryBudget(DispatchLimits(), maxOngoing: 1, now: .zero)
    while budget.take(now: .zero) {}
    #expect(budget.take(now: .zero + .milliseconds(99)) == false)
    #expect(budget.take(now: .zero + .milliseconds(100)) == true)
    #expect(budget.take(now: .zero + .milliseconds(100)) == false)
  }
}

@Suite struct ReplicaFailureTests {
  @Test func reconnectsWaitLongerAndLonger() {
    var mesh = Mesh(replicas: 1)
    var delays: [Duration] = []
    for _ in 0..<10 {
      mesh.dispatcher.replicaConnectionEnded(mesh.slot(1), now: .zero)
      for case .connect(_, _, _, let delay) in mesh.orders() { delays.append(delay) }
    }
    #expect(delays == [0, 10, 20, 40, 80, 160, 320, 640, 1280, 2000].map { .milliseconds($0) })
  }

  @Test func aReplicaThatBreaksCallsIsEjectedForAWhile() {
    var mesh = Mesh(replicas: 2)
    mesh.breakCalls(5, at: 1)
    #expect(mesh.send() == 2)
    #expect(mesh.send() == 2)
    mesh.dispatcher.timePassed(now: .zero + .seconds(1))
    #expect(mesh.send() == 1)
  }

  @Test func theLastReplicaIsNeverEjected() {
    var mesh = Mesh(replicas: 2)
    mesh.breakCalls(5, at: 1)
    mesh.breakCalls(20, at: 2)
    #expect(mesh.send() == 2)
  }

  @Test func anEjectedReplicaIsBetterThanNone() {
    var mesh = Mesh(replicas: 2)
    mesh.breakCalls(5, at: 1)
    mesh.dispatcher.replicaConnectionEnded(mesh.slot(2), now: .zero)
    #expect(mesh.send() == 1)
  }
}

extension Mesh {
  /// Sends calls until so many were broken by one replica; the others are answered.
  mutating func breakCalls(_ count: Int, at number: UInt64) {
    var broken = 0
    var sent: [CallID] = []
    while broken < count {
      guard case .send(let call, let slot) = arrive() else { break }
      if dispatcher.replicas[slot.index].number == number {
        dispatcher.callEnded(call, .broken, now: .zero)
        broken += 1
      } else {
        sent.append(call)
      }
    }
    for call in sent { dispatcher.callEnded(call, .answered, now: .zero) }
  }
}
