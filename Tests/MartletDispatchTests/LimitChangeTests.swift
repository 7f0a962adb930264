// Limits that a deploy changes while the replicas stay.
import MartletCore
import Testing

@testable import MartletDispatch

@Suite struct LimitChangeTests {
  /// Deploys the app again with other limits and the same revision.
  private func redeploy(
    _ mesh: inout Mesh, version: UInt64 = 2, replicas: [UInt64] = [1],
    _ change: (inout DeploymentSpec) -> Void
  ) {
    change(&mesh.spec.deployments[0])
    mesh.dispatcher.define(AppDefinition(version: AppVersion(version), spec: mesh.spec))
    mesh.table(current: version, [1: 1, version: 1], sets: [1: replicas])
  }

  @Test func aShorterQueueHoldsForTheNextCall() {
    var mesh = Mesh(replicas: 1, maxOngoing: 1, maxQueued: 50)
    #expect(mesh.send() == 1)
    _ = mesh.wait()
    _ = mesh.wait()
    redeploy(&mesh) { $0.maxQueuedRequests = 1 }
    #expect(mesh.orders() == [], "calls that wait stay")
    guard case .refuse(let refusal) = mesh.arrive() else {
      Issue.record("the queue has more than its new limit and took a call")
      return
    }
    #expect(refusal.status.code == .resourceExhausted)
    #expect(refusal.status.message.contains("max_queued_requests: 1)"))
  }

  @Test func aNewTimeoutHoldsForTheNextCall() {
    var mesh = Mesh(replicas: 1)
    redeploy(&mesh) { $0.requestTimeout = .milliseconds(200) }
    guard case .send(let call, _) = mesh.arrive(at: .seconds(1)) else {
      Issue.record("no replica took the call")
      return
    }
    #expect(mesh.dispatcher.deadline(of: call) == Deadline(.zero + .milliseconds(1200)))
  }

  @Test func aCallIsRepeatedOnceTheDeploymentIsIdempotent() {
    var mesh = Mesh(replicas: 2)
    guard case .send(let call, _) = mesh.arrive() else {
      Issue.record("no replica took the call")
      return
    }
    redeploy(&mesh, replicas: [1, 2]) { $0.idempotent = true }
    let isIdempotent = mesh.dispatcher.isIdempotent(call)
    #expect(isIdempotent)
  }

  @Test func moreOngoingRequestsLetWaitingCallsGo() {
    // Replicas that others start keep their revision whatever changes.
    var mesh = Mesh(replicas: 1, maxOngoing: 1)
    #expect(mesh.send() == 1)
    let held = mesh.wait()
    redeploy(&mesh) { $0.maxOngoingRequests = 2 }
    #expect(mesh.orders() == [.send(held, mesh.slot(1))])
  }

  @Test func aCallOfAnOlderVersionKeepsTheNewLimitsToo() throws {
    var mesh = Mesh(replicas: 1, maxOngoing: 1, maxQueued: 50)
    let route = mesh.dispatcher.route(app: "app", deployment: "echo", version: nil)
    let old = try #require(route)
    mesh.dispatcher.requestEntered(old.version)
    redeploy(&mesh) { $0.maxQueuedRequests = 0 }
    #expect(mesh.send() == 1)
    let oldPool = mesh.dispatcher.pool(of: "echo", in: old.version)
    let pool = try #require(oldPool)
    let arrival = mesh.dispatcher.callArrived(at: pool, CallTerms(), isLeg: true, now: .zero)
    guard case .refuse = arrival else {
      Issue.record("a leg of the older version waited beyond the new limit")
      return
    }
  }

  @Test func theNewestVersionHasTheSayInWhateverOrderTheTableNamesThem() {
    var mesh = Mesh(replicas: 1, maxOngoing: 1, maxQueued: 50)
    redeploy(&mesh) { $0.maxQueuedRequests = 1 }
    // The older version is named again, as it is for as long as it has requests.
    mesh.table(current: 2, [1: 1, 2: 1], sets: [1: [1]])
    #expect(mesh.send() == 1)
    _ = mesh.wait()
    guard case .refuse = mesh.arrive() else {
      Issue.record("the limits of the older version hold")
      return
    }
  }
}
