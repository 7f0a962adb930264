// Tables that come and go under requests in hand.
import MartletCore
import Testing

@testable import MartletDispatch

@Suite struct TableTests {
  @Test func aReplicaThatLeavesTheTableFinishesWhatItHas() {
    var mesh = Mesh(replicas: 2)
    #expect(mesh.send() == 1)
    let gone = mesh.slot(1)
    mesh.table(replicas: [2])
    #expect(mesh.orders() == [])
    #expect(mesh.send() == 2)
    #expect(mesh.send() == 2)
    mesh.finishOne(at: 1)
    #expect(mesh.orders() == [.disconnect(gone)])
  }

  @Test func anIdleReplicaThatLeavesIsDisconnectedAtOnce() {
    var mesh = Mesh(replicas: 2)
    let gone = mesh.slot(2)
    mesh.table(replicas: [1])
    #expect(mesh.orders() == [.disconnect(gone)])
  }

  @Test func theSameTableChangesNothing() {
    var mesh = Mesh(replicas: 2)
    mesh.table(replicas: [1, 2])
    #expect(mesh.orders() == [])
    #expect(mesh.dispatcher.generation == 2)
  }

  @Test func newRequestsEnterUnderTheCurrentVersion() {
    var mesh = Mesh(replicas: 1)
    mesh.dispatcher.define(AppDefinition(version: AppVersion(2), spec: mesh.spec))
    mesh.table(current: 1, [1: 1, 2: 2], sets: [1: [1], 2: [2]])
    mesh.dispatcher.replicaConnected(mesh.slot(2), now: .zero)
    #expect(mesh.send() == 1)
    #expect(mesh.send() == 1)
    mesh.table(current: 2, [1: 1, 2: 2], sets: [1: [1], 2: [2]])
    #expect(mesh.send() == 2)
    #expect(
      mesh.dispatcher.loadReport().deployments == [
        LoadReport.DeploymentLoad(
          app: "app", deployment: "echo", queued: 0,
          replicas: [.init(number: 1, ongoing: 2), .init(number: 2, ongoing: 1)])
      ])
  }

  @Test func aRequestKeepsItsVersion() throws {
    var mesh = Mesh(replicas: 1)
    let route = mesh.dispatcher.route(app: "app", deployment: "echo", version: nil)
    let old = try #require(route)
    mesh.dispatcher.requestEntered(old.version)
    mesh.dispatcher.define(AppDefinition(version: AppVersion(2), spec: mesh.spec))
    mesh.table(current: 2, [1: 1, 2: 2], sets: [1: [1], 2: [2]])
    mesh.dispatcher.replicaConnected(mesh.slot(2), now: .zero)
    let oldPool = mesh.dispatcher.pool(of: "echo", in: old.version)
    let pool = try #require(oldPool)
    let arrival = mesh.dispatcher.callArrived(at: pool, CallTerms(), isLeg: true, now: .zero)
    #expect(arrival == .send(mesh.ids(0), mesh.slot(1)))
    #expect(
      mesh.dispatcher.loadReport().versions == [
        LoadReport.VersionLoad(app: "app", version: AppVersion(1), ongoing: 1)
      ])
  }

  @Test func bothVersionsShareARevision() {
    var mesh = Mesh(replicas: 1)
    mesh.dispatcher.define(AppDefinition(version: AppVersion(2), spec: mesh.spec))
    mesh.table(current: 2, [1: 1, 2: 1], sets: [1: [1]])
    #expect(mesh.orders() == [])
    #expect(mesh.send() == 1)
  }

  @Test func waitingCallsMoveToTheRevisionThatTakesOver() {
    var mesh = Mesh(replicas: 0)
    let held = mesh.wait()
    mesh.dispatcher.define(AppDefinition(version: AppVersion(2), spec: mesh.spec))
    mesh.table(current: 2, [1: 1, 2: 2], sets: [2: [2]])
    _ = mesh.orders()
    mesh.dispatcher.replicaConnected(mesh.slot(2), now: .zero)
    #expect(mesh.orders() == [.send(held, mesh.slot(2))])
  }

  @Test func aLegDoesNotMoveToAnotherVersion() throws {
    var mesh = Mesh(replicas: 0)
    let arrival = mesh.dispatcher.callArrived(
      at: mesh.pool, CallTerms(), isLeg: true, now: .zero)
    guard case .wait(let leg) = arrival else {
      Issue.record("does not wait")
      return
    }
    mesh.dispatcher.define(AppDefinition(version: AppVersion(2), spec: mesh.spec))
    mesh.table(current: 2, [1: 1, 2: 2], sets: [:])
    let message = "the request's version of app has no replica of echo any more"
    #expect(mesh.orders() == [.fail(leg, Refusal(.unavailable, message))])
  }

  @Test func callsOfADeletedAppFail() {
    var mesh = Mesh(replicas: 0)
    let held = mesh.wait()
    mesh.dispatcher.apply(RoutingTable(generation: 9), now: .zero)
    #expect(mesh.orders() == [.fail(held, Refusal(.unavailable, "echo of app was deleted"))])
    #expect(mesh.dispatcher.pools.count == 0)
    #expect(mesh.dispatcher.versions.count == 0)
    #expect(mesh.dispatcher.deployments.count == 0)
  }

  @Test func aVersionWithoutADefinitionLeavesTheLastGoodOne() {
    var mesh = Mesh(replicas: 1)
    mesh.table(current: 5, [1: 1, 5: 2], sets: [1: [1], 2: [2]])
    #expect(mesh.send() == 1)
  }

  @Test func nothingIsKeptOfWhatIsOver() {
    var mesh = Mesh(replicas: 1)
    for version: UInt64 in 2...100 {
      mesh.dispatcher.define(AppDefinition(version: AppVersion(version), spec: mesh.spec))
      mesh.table(
        current: version, [version - 1: version - 1, version: version],
        sets: [version - 1: [version - 1], version: [version]])
      mesh.dispatcher.replicaConnected(mesh.slot(version), now: .zero)
      mesh.table(current: version, [version: version], sets: [version: [version]])
      #expect(mesh.send() == version)
      mesh.finishOne(at: version)
    }
    #expect(mesh.dispatcher.replicas.count == 1)
    #expect(mesh.dispatcher.pools.count == 1)
    #expect(mesh.dispatcher.versions.count == 1)
    #expect(mesh.dispatcher.calls.count == 0)
  }
}

@Suite struct RouteTests {
  @Test func aMethodComesBeforeItsService() {
    var index = RouteIndex()
    let service = Route(version: VersionID(index: 0), target: .deployment(PoolID(index: 0)))
    let method = Route(version: VersionID(index: 0), target: .graph(1))
    let added = [
      index.addService("a.B", service), index.addMethod(path: "/a.B/C", method),
      index.addMethod(path: "/a.B/C", service),
    ]
    #expect(added == [true, true, false])
    #expect(index.find("/a.B/C") == method)
    #expect(index.find("/a.B/D") == service)
    for path in ["", "/", "/a.B", "/a.B/C/", "/a.BB/C", "a.B/C", "/a.b/C"] {
      #expect(index.find(path) == nil, "\(path)")
    }
  }

  @Test func everyOneOfManyIsFound() {
    var index = ByteIndex<Int>()
    for number in 0..<1000 { _ = index.insert("key-\(number)".utf8, number) }
    for number in 0..<1000 {
      #expect(Array("key-\(number)".utf8).withUnsafeBytes { index[$0] } == number)
    }
  }

  @Test func namesOfRoutesHelpWhoeverMistypes() {
    #expect(Mesh(replicas: 0).dispatcher.routeNames == ["test.Echo/*"])
  }
}

@Suite struct DeadlineHeapTests {
  @Test func theEarliestComesFirstWhateverTheOrder() {
    var heap = DeadlineHeap()
    // A fixed permutation: 7 is prime to 100.
    for number in 0..<100 {
      heap.set(number, at: Timestamp(nanoseconds: Int64(number * 7 % 100)))
    }
    for number in 0..<100 where number % 3 == 0 { heap.remove(number) }
    heap.set(1, at: Timestamp(nanoseconds: 1000))
    var times: [Int] = []
    while let key = heap.popDue(at: Timestamp(nanoseconds: 999)) { times.append(key * 7 % 100) }
    #expect(times == times.sorted())
    #expect(times.count == 65)
    #expect(heap.first == Timestamp(nanoseconds: 1000))
    heap.remove(1)
    #expect(heap.isEmpty)
  }
}

extension RouteIndex {
  fileprivate func find(_ path: String) -> Route? {
    Array(path.utf8).withUnsafeBytes { self[$0] }
  }
}

extension Mesh {
  /// The id of the call at an index.
  fileprivate func ids(_ index: Int) -> CallID {
    CallID(index: index, generation: dispatcher.calls.generation(at: index))
  }
}
