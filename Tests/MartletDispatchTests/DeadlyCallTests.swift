// Calls whose replicas die: those that are to blame, and those that are not.
import MartletCore
import Testing

@testable import MartletDispatch

@Suite struct DeadlyCallTests {
  /// A replica dies with all that it has; returns what becomes of each of its calls.
  private func kill(
    _ number: UInt64, _ mesh: inout Mesh, _ calls: [CallID]
  ) -> [CallID: FailureDecision] {
    mesh.dispatcher.replicaConnectionEnded(mesh.slot(number), now: .zero)
    var decisions: [CallID: FailureDecision] = [:]
    for call in calls {
      decisions[call] = mesh.dispatcher.callFailed(
        call, .connectionLost, mayReplay: true, now: .zero)
    }
    return decisions
  }

  private func number(_ decision: FailureDecision?, _ mesh: borrowing Mesh) -> UInt64? {
    guard case .send(let slot) = decision else { return nil }
    return mesh.dispatcher.replicas[slot.index].number
  }

  @Test func afterItsSecondDeathACallIsNotSentAgain() {
    var mesh = Mesh(replicas: 4, idempotent: true)
    let call = mesh.arriveAndSend()
    #expect(number(kill(1, &mesh, [call])[call], mesh) == 2)
    let message = "echo#1 and echo#2 died while they had this request; it is not sent again"
    let refusal = Refusal(.unavailable, message, pushback: .milliseconds(-1))
    #expect(kill(2, &mesh, [call])[call] == .blame(refusal, deaths: [1, 2]))
    let isInHand = mesh.dispatcher.contains(call)
    #expect(!isInHand)
    #expect(mesh.dispatcher.loadReport().deployments.isEmpty)
  }

  @Test func aDeathThatCostsManyCallsCostsNoneOfThem() {
    var mesh = Mesh(replicas: 4, idempotent: true)
    let calls = (0..<100).map { _ in mesh.arriveAndSend() }
    let first = calls.enumerated().filter { $0.offset % 4 == 0 }.map(\.element)
    let decisions = kill(1, &mesh, first)
    let sentAgain = decisions.values.count { number($0, mesh) != nil }
    #expect(sentAgain == 25)
  }

  @Test func theOthersThatWereThereAreSentAgain() {
    var mesh = Mesh(replicas: 3, idempotent: true)
    // Two calls each.
    let calls = (0..<6).map { _ in mesh.arriveAndSend() }
    let decisions = kill(1, &mesh, [calls[0], calls[3]])
    let deadly = calls[0]
    #expect(number(decisions[deadly], mesh) == 2)
    #expect(number(decisions[calls[3]], mesh) == 3, "calls whose replica died keep apart")
    let next = kill(2, &mesh, [deadly, calls[1], calls[4]])
    guard case .blame = next[deadly] else {
      Issue.record("sent again: \(String(describing: next[deadly]))")
      return
    }
    #expect(number(next[calls[1]], mesh) == 3)
    #expect(number(next[calls[4]], mesh) == 3)
  }

  @Test func manyThatMeetTwoDeathsAreNotToBlame() {
    var mesh = Mesh(replicas: 3, idempotent: true)
    let calls = (0..<30).map { _ in mesh.arriveAndSend() }
    let first = calls.enumerated().filter { $0.offset % 3 == 0 }.map(\.element)
    let moved = kill(1, &mesh, first)
    let second = first.filter { number(moved[$0], mesh) == 2 }
    #expect(second.count == 5)
    let again = kill(2, &mesh, second)
    let onTheThird = second.count { number(again[$0], mesh) == 3 }
    #expect(onTheThird == 5)
    // Nobody survives a third death.
    let third = kill(3, &mesh, [second[0]])
    guard case .blame = third[second[0]] else {
      Issue.record("waits for a fourth replica")
      return
    }
  }

  @Test func aRefusalIsNoDeath() {
    var mesh = Mesh(replicas: 4, idempotent: true)
    let call = mesh.arriveAndSend()
    for _ in 0..<2 {
      let decision = mesh.dispatcher.callFailed(call, .unprocessed, mayReplay: true, now: .zero)
      #expect(number(decision, mesh) != nil)
    }
    let decision = mesh.dispatcher.callFailed(call, .connectionLost, mayReplay: true, now: .zero)
    #expect(number(decision, mesh) != nil)
  }

  @Test func aDeathOfOneCopyCountsForTheOther() {
    var mesh = Mesh(replicas: 4, idempotent: true)
    let (first, second) = (mesh.arriveAndSend(), mesh.arriveAndSend())
    mesh.dispatcher.otherCopyDied(second, of: 1)
    mesh.dispatcher.replicaConnectionEnded(mesh.slot(1), now: .zero)
    let decision = mesh.dispatcher.callFailed(
      first, .connectionLost, mayReplay: false, now: .zero)
    guard case .fail = decision else {
      Issue.record("sent again beside its other copy: \(decision)")
      return
    }
    guard case .blame(_, let deaths) = kill(2, &mesh, [second])[second] else {
      Issue.record("sent to a third replica")
      return
    }
    #expect(deaths == [1, 2])
  }

  @Test func aCallThatWaitsForAReplicaRemembersItsDeath() {
    var mesh = Mesh(replicas: 1, idempotent: true)
    let call = mesh.arriveAndSend()
    #expect(kill(1, &mesh, [call])[call] == .wait)
    mesh.table(replicas: [2])
    mesh.dispatcher.replicaConnected(mesh.slot(2), now: .zero)
    #expect(mesh.orders().contains(.send(call, mesh.slot(2))))
    guard case .blame(_, let deaths) = kill(2, &mesh, [call])[call] else {
      Issue.record("sent again")
      return
    }
    #expect(deaths == [1, 2])
  }
}
