// A dispatcher with one deployment and what a driver would remember about it.
import MartletCore
import Testing

@testable import MartletDispatch

/// The app `app` with the deployment `echo`, reached by the service `test.Echo`.
struct Mesh: ~Copyable {
  var dispatcher = Dispatcher()
  var ongoing: [(call: CallID, replica: UInt64)] = []
  var spec: AppSpec
  var generation: UInt64 = 0

  init(
    replicas: UInt64, maxOngoing: Int = 100, maxQueued: Int = 100, idempotent: Bool = false,
    requestTimeout: Duration? = nil, outliers: OutlierDetectionSpec = OutlierDetectionSpec()
  ) {
    var echo = DeploymentSpec(name: "echo", services: ["test.Echo"])
    echo.maxOngoingRequests = maxOngoing
    echo.maxQueuedRequests = maxQueued
    echo.idempotent = idempotent
    echo.requestTimeout = requestTimeout
    echo.outlierDetection = outliers
    spec = AppSpec(
      name: "app", deployments: [echo], routes: [.service("test.Echo", deployment: "echo")])
    dispatcher.define(AppDefinition(version: AppVersion(1), spec: spec))
    table(replicas: replicas == 0 ? [] : Array(1...replicas))
    for number in 0..<replicas { dispatcher.replicaConnected(slot(number + 1), now: .zero) }
    _ = dispatcher.takeOrders()
  }

  /// Applies a table with these replicas of revision 1.
  mutating func table(replicas: [UInt64], now: Duration = .zero) {
    table(
      current: 1, [1: 1], sets: [1: replicas], now: now)
  }

  /// Applies a table: the revision of `echo` by version, and the replicas by revision.
  mutating func table(
    current: UInt64, _ revisions: [UInt64: UInt64], sets: [UInt64: [UInt64]], now: Duration = .zero
  ) {
    generation += 1
    let app = AppRouting(
      app: "app", currentVersion: AppVersion(current),
      versions: revisions.sorted { $0.key < $1.key }.map { version, revision in
        VersionRouting(version: AppVersion(version), revisions: ["echo": revision])
      },
      replicaSets: sets.sorted { $0.key < $1.key }.map { revision, numbers in
        ReplicaSet(
          deployment: "echo", revision: revision,
          replicas: numbers.map { ReplicaAddress(number: $0, endpoint: .unix(path: "\($0)")) })
      })
    dispatcher.apply(RoutingTable(generation: generation, apps: [app]), now: .zero + now)
  }

  /// The slot of a replica by its number.
  func slot(_ number: UInt64) -> ReplicaSlot {
    let index = dispatcher.replicas.indices.first { dispatcher.replicas[$0].number == number }
    return ReplicaSlot(index: index ?? -1)
  }

  /// The current version's pool.
  var pool: PoolID {
    let path = Array("/test.Echo/Say".utf8)
    guard case .deployment(let pool) = path.withUnsafeBytes({ dispatcher.route(path: $0) })?.target
    else {
      Issue.record("no route")
      return PoolID(index: 0)
    }
    return pool
  }

  mutating func arrive(
    at now: Duration = .zero, timeout: Duration? = nil, urgency: UInt8 = 3
  ) -> Arrival {
    let now = Timestamp.zero + now
    let terms = CallTerms(
      deadline: timeout.map { Deadline(now + $0) },
      priority: Priority(urgency: urgency) ?? .background)
    return dispatcher.callArrived(at: pool, terms, now: now)
  }

  /// A call that is sent at once: the number of its replica.
  mutating func send() -> UInt64? {
    guard case .send(let call, let slot) = arrive() else { return nil }
    let number = dispatcher.replicas[slot.index].number
    ongoing.append((call, number))
    return number
  }

  /// A call that is sent at once.
  mutating func arriveAndSend() -> CallID {
    guard case .send(let call, _) = arrive() else {
      Issue.record("not sent")
      return CallID(index: -1, generation: 0)
    }
    return call
  }

  /// A call that has to wait.
  mutating func wait(
    at now: Duration = .zero, timeout: Duration? = nil, urgency: UInt8 = 3
  ) -> CallID {
    guard case .wait(let call) = arrive(at: now, timeout: timeout, urgency: urgency) else {
      Issue.record("does not wait")
      return CallID(index: -1, generation: 0)
    }
    return call
  }

  /// The oldest call that `send` sent to a replica is answered.
  mutating func finishOne(at number: UInt64, now: Duration = .zero) {
    guard let index = ongoing.firstIndex(where: { $0.replica == number }) else {
      Issue.record("nothing to finish")
      return
    }
    dispatcher.callEnded(ongoing.remove(at: index).call, .answered, now: .zero + now)
  }

  mutating func orders() -> [DispatchOrder] {
    dispatcher.takeOrders()
  }
}
