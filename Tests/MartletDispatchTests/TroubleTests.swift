// Deployments that have no replica and will have none for now, and apps that are deleted.
import MartletCore
import Testing

@testable import MartletDispatch

@Suite struct TroubleTests {
  private let stopped = ReplicaTrouble("echo was scaled to 0 replicas by hand", refusesCalls: true)

  /// Applies a table with a trouble of revision 1.
  private func table(_ mesh: inout Mesh, replicas: [UInt64] = [], _ trouble: ReplicaTrouble?) {
    mesh.generation += 1
    let set = ReplicaSet(
      deployment: "echo", revision: 1,
      replicas: replicas.map { ReplicaAddress(number: $0, endpoint: .unix(path: "\($0)")) },
      trouble: trouble)
    let app = AppRouting(
      app: "app", currentVersion: AppVersion(1),
      versions: [VersionRouting(version: AppVersion(1), revisions: ["echo": 1])],
      replicaSets: [set])
    mesh.dispatcher.apply(RoutingTable(generation: mesh.generation, apps: [app]), now: .zero)
  }

  @Test func aCallIsRefusedAtOnceWithTheReason() {
    var mesh = Mesh(replicas: 0)
    table(&mesh, stopped)
    #expect(mesh.arrive() == .refuse(Refusal(.unavailable, stopped.message)))
  }

  @Test func callsThatWaitHearOfItToo() {
    var mesh = Mesh(replicas: 0)
    let held = mesh.wait()
    table(&mesh, stopped)
    #expect(mesh.orders() == [.fail(held, Refusal(.unavailable, stopped.message))])
  }

  @Test func aLegOfAGraphIsRefusedAsWell() {
    var mesh = Mesh(replicas: 0)
    table(&mesh, stopped)
    let pool = mesh.pool
    let arrival = mesh.dispatcher.callArrived(at: pool, CallTerms(), isLeg: true, now: .zero)
    #expect(arrival == .refuse(Refusal(.unavailable, stopped.message)))
  }

  @Test func callsWaitAgainOnceTheTroubleIsOver() {
    var mesh = Mesh(replicas: 0)
    table(&mesh, stopped)
    table(&mesh, nil)
    let held = mesh.wait()
    table(&mesh, replicas: [1], nil)
    mesh.dispatcher.replicaConnected(mesh.slot(1), now: .zero)
    #expect(mesh.orders().last == .send(held, mesh.slot(1)))
  }

  @Test func aCallWhoseReplicaDiedIsNotKeptForOneThatWillNotCome() {
    var mesh = Mesh(replicas: 1, idempotent: true)
    let call = mesh.arriveAndSend()
    table(&mesh, stopped)
    let decision = mesh.dispatcher.callFailed(
      call, .connectionLost, mayReplay: true, now: .zero)
    #expect(decision == .fail(Refusal(.unavailable, stopped.message)))
  }

  @Test func whatOnlyTakesTimeIsWaitedForAndNamedAtTheDeadline() {
    var mesh = Mesh(replicas: 0)
    table(&mesh, ReplicaTrouble("it needs 1 GPU", refusesCalls: false))
    let held = mesh.wait(timeout: .seconds(1))
    mesh.dispatcher.timePassed(now: .zero + .seconds(1))
    let text = "the deadline passed before echo had a replica; it needs 1 GPU"
    #expect(mesh.orders() == [.fail(held, Refusal(.deadlineExceeded, text))])
  }

  // MARK: Deleted apps

  @Test func aDeletedAppHasNoRouteWhileItsCallsEnd() throws {
    var mesh = Mesh(replicas: 1)
    let found = mesh.dispatcher.route(app: "app", deployment: "echo", version: nil)
    let version = try #require(found).version
    mesh.dispatcher.requestEntered(version)
    #expect(mesh.send() == 1)
    mesh.table(current: 0, [1: 1], sets: [1: [1]])
    let path = Array("/test.Echo/Say".utf8)
    let route = path.withUnsafeBytes { mesh.dispatcher.route(path: $0) }
    #expect(route == nil)
    let names = mesh.dispatcher.routeNames
    #expect(names == [])
    #expect(mesh.orders() == [])
    // A deployment of the app that works on the request may still call another one.
    let call = mesh.dispatcher.route(app: "app", deployment: "echo", version: AppVersion(1))
    #expect(call?.version == version)
    mesh.finishOne(at: 1)
    mesh.dispatcher.requestEnded(version)
    let versions = mesh.dispatcher.loadReport().versions
    #expect(versions == [])
  }

  @Test func anotherAppGetsTheRoutesThatADeletedOneHad() {
    var mesh = Mesh(replicas: 1)
    var other = mesh.spec
    other.name = "other"
    mesh.dispatcher.define(AppDefinition(version: AppVersion(1), spec: other))
    func table(current: UInt64) -> RoutingTable {
      let apps = [("app", current, UInt64(1)), ("other", 1, 2)].map { name, version, replica in
        AppRouting(
          app: name, currentVersion: AppVersion(version),
          versions: [VersionRouting(version: AppVersion(1), revisions: ["echo": 1])],
          replicaSets: [
            ReplicaSet(
              deployment: "echo", revision: 1,
              replicas: [
                ReplicaAddress(number: replica, endpoint: .unix(path: "\(replica)"))
              ])
          ])
      }
      return RoutingTable(generation: 10 + current, apps: apps)
    }
    mesh.dispatcher.apply(table(current: 1), now: .zero)
    mesh.dispatcher.replicaConnected(mesh.slot(2), now: .zero)
    #expect(mesh.send() == 1)
    mesh.dispatcher.apply(table(current: 0), now: .zero)
    #expect(mesh.send() == 2)
  }
}
