// Calls of idempotent deployments whose replica answers UNAVAILABLE.
import MartletCore
import Testing

@testable import MartletDispatch

@Suite struct UnavailableTests {
  @Test func anotherReplicaIsAsked() {
    var mesh = Mesh(replicas: 2, idempotent: true)
    let call = mesh.arriveAndSend()
    let may = mesh.dispatcher.mayAskAnother(call, after: .zero, now: .zero)
    #expect(may == true)
    let decision = mesh.dispatcher.callFailed(call, .unavailable, mayReplay: true, now: .zero)
    #expect(decision == .send(mesh.slot(2)))
    #expect(mesh.dispatcher.replicas[mesh.slot(1).index].record.tally.bad == 1)
  }

  @Test func notWithoutAnotherReplicaOrWhatMaySafelyBeRepeated() {
    var single = Mesh(replicas: 1, idempotent: true)
    let alone = single.arriveAndSend()
    #expect(single.dispatcher.mayAskAnother(alone, after: .zero, now: .zero) == false)
    var mesh = Mesh(replicas: 2)
    let call = mesh.arriveAndSend()
    #expect(mesh.dispatcher.mayAskAnother(call, after: .zero, now: .zero) == false)
    #expect(mesh.dispatcher.contains(call) == true)
  }

  @Test func notBeyondTheDeadlineOrALongPause() {
    var mesh = Mesh(replicas: 2, idempotent: true)
    guard case .send(let call, _) = mesh.arrive(timeout: .seconds(1)) else {
      Issue.record("not sent")
      return
    }
    #expect(mesh.dispatcher.mayAskAnother(call, after: .seconds(1), now: .zero) == false)
    #expect(mesh.dispatcher.mayAskAnother(call, after: .seconds(0.9), now: .zero) == true)
    let other = mesh.arriveAndSend()
    #expect(mesh.dispatcher.mayAskAnother(other, after: .seconds(6), now: .zero) == false)
  }

  @Test func triesAreCountedAndBudgeted() {
    var mesh = Mesh(replicas: 8, idempotent: true)
    let call = mesh.arriveAndSend()
    for _ in 2...5 {
      #expect(mesh.dispatcher.mayAskAnother(call, after: .zero, now: .zero) == true)
      _ = mesh.dispatcher.callFailed(call, .unavailable, mayReplay: true, now: .zero)
    }
    #expect(mesh.dispatcher.mayAskAnother(call, after: .zero, now: .zero) == false)
    var asked = 0
    for _ in 0..<1000 {
      let call = mesh.arriveAndSend()
      if mesh.dispatcher.mayAskAnother(call, after: .zero, now: .zero) { asked += 1 }
      mesh.dispatcher.callEnded(call, .answered, now: .zero)
    }
    // The reserve of two replicas, and a fifth of the calls.
    #expect((390...400).contains(asked))
  }
}
