// Definitions and tables as they come from the controller.
package import MartletCore

extension Dispatcher {
  /// A version of an app, before the first table that names it. The same version again changes nothing
  /// and gives nil.
  @discardableResult
  package mutating func define(_ definition: AppDefinition) -> VersionID? {
    let app = definition.spec.name
    guard apps[app]?.versions[definition.version] == nil else { return nil }
    let index = versions.insert(
      VersionState(app: app, version: definition.version, spec: definition.spec))
    apps[app, default: AppState()].versions[definition.version] = index
    return VersionID(index: index)
  }

  /// Whether a version was defined and is still kept.
  package func isDefined(_ version: AppVersion, of app: String) -> Bool {
    apps[app]?.versions[version] != nil
  }

  /// Replaces the table before. Requests in hand go on; those that wait for a replica which no version in
  /// use has any more move to the current version or, as legs of a graph, fail.
  package mutating func apply(_ table: RoutingTable, now: Timestamp) {
    generation = table.generation
    loadChanges &+= 1
    appOrder = table.apps.map(\.app)
    for index in versions.indices { versions[index].isListed = false }
    let previouslyListed = Set(
      replicas.indices.filter { replicas[$0].isListed })
    var stillListed = Set<Int>()
    for app in table.apps { apply(app, &stillListed, now: now) }
    for (name, app) in apps where !appOrder.contains(name) && app.current != nil {
      apps[name]?.current = nil
    }
    for slot in previouslyListed.subtracting(stillListed).sorted() { unlist(slot) }
    for pool in pools.indices { readmitIfNoneIsLeft(pool, now: now) }
    rebuildRoutes()
    for pool in pools.indices {
      moveStrandedCalls(of: pool, now: now)
      // Limits may have grown.
      serve(pool, now: now)
    }
    collect()
  }

  private mutating func apply(
    _ routing: AppRouting, _ stillListed: inout Set<Int>, now: Timestamp
  ) {
    var app = apps[routing.app] ?? AppState()
    var poolsByRevision: [String: [UInt64: Int]] = [:]
    var newestLimits: [Int: PoolLimits] = [:]
    // In their order: the last version that uses a revision has the say about its limits.
    for version in routing.versions.sorted(by: { $0.version < $1.version }) {
      guard let index = app.versions[version.version] else { continue }
      versions[index].isListed = true
      versions[index].wasListed = true
      for spec in versions[index].spec.deployments {
        guard let revision = version.revisions[spec.name] else { continue }
        let pool = self.pool(spec, revision, of: routing.app, &app, now: now)
        versions[index].pools[spec.name] = pool
        poolsByRevision[spec.name, default: [:]][revision] = pool
        newestLimits[pool] = PoolLimits(spec)
      }
    }
    for (pool, limits) in newestLimits { limit(pool, by: limits) }
    // A table may name a version whose definition could not be read: the last good one stays.
    if let current = app.versions[routing.currentVersion] {
      app.current = current
    } else if routing.currentVersion == .none {
      app.current = nil
    }
    apps[routing.app] = app
    for set in routing.replicaSets {
      guard let pool = poolsByRevision[set.deployment]?[set.revision] else { continue }
      pools[pool].trouble = set.trouble
      for address in set.replicas {
        stillListed.insert(list(address, in: pool, now: now))
      }
    }
  }

  /// The pool of a revision, made when there is none.
  private mutating func pool(
    _ spec: DeploymentSpec, _ revision: UInt64, of name: String, _ app: inout AppState,
    now: Timestamp
  ) -> Int {
    for index in pools.indices
    where pools[index].app == name && pools[index].name == spec.name
      && pools[index].revision == revision
    {
      return index
    }
    let deployment =
      app.deployments[spec.name]
      ?? deployments.insert(
        DeploymentState(
          app: name, name: spec.name,
          retryBudget: RetryBudget(limits, maxOngoing: spec.maxOngoingRequests, now: now)))
    app.deployments[spec.name] = deployment
    return pools.insert(Pool(spec, app: name, revision: revision, deployment: deployment))
  }

  /// Gives a pool the limits of the newest version that uses it.
  private mutating func limit(_ pool: Int, by limits: PoolLimits) {
    guard pools[pool].limits != limits else { return }
    pools[pool].limits = limits
    deployments[pools[pool].deployment].retryBudget
      .resize(self.limits, maxOngoing: limits.maxOngoing)
    for slot in pools[pool].listed.values { relink(slot) }
  }

  private mutating func list(_ address: ReplicaAddress, in pool: Int, now: Timestamp) -> Int {
    if let slot = pools[pool].listed[address.number], replicas[slot].endpoint == address.endpoint {
      return slot
    }
    let slot = replicas.insert(
      Replica(pool: pool, number: address.number, endpoint: address.endpoint))
    pools[pool].listed[address.number] = slot
    pools[pool].slots += 1
    orderConnect(slot)
    return slot
  }

  /// The table does not name the replica any more: it finishes what it has.
  private mutating func unlist(_ slot: Int) {
    let pool = replicas[slot].pool
    if replicas[slot].mayBePicked { becomeUnpickable(slot) }
    replicas[slot].isListed = false
    replicas[slot].ejectedUntil = nil
    replicaWakes.remove(slot)
    if pools[pool].listed[replicas[slot].number] == slot {
      pools[pool].listed[replicas[slot].number] = nil
    }
    collect(replica: slot)
  }

  private mutating func rebuildRoutes() {
    routes = RouteIndex()
    httpRoutes = HTTPRouteIndex()
    for name in appOrder {
      guard let index = apps[name]?.current else { continue }
      let version = VersionID(index: index)
      for (number, route) in versions[index].spec.routes.enumerated() {
        switch route.target {
        case .graph(let method, _):
          add(Route(version: version, target: .graph(number)), method, route.http)
        case .method(let method, let deployment):
          guard let pool = pool(of: deployment, in: version) else { continue }
          let target = Route.Target.deployment(pool)
          add(Route(version: version, target: target, plain: number), method, route.http)
        case .service(let service, let deployment):
          guard let pool = pool(of: deployment, in: version) else { continue }
          let target = Route.Target.deployment(pool)
          _ = routes.addService(service, Route(version: version, target: target, plain: number))
        }
      }
    }
  }

  private mutating func add(_ route: Route, _ method: MethodName, _ http: HTTPName?) {
    _ = routes.addMethod(path: method.path, route)
    if let http { httpRoutes.add(http, HTTPRoute(route: route, method: method)) }
  }

  /// What the routes lead to, as an error may name it: methods, and services with a star.
  package var routeNames: [String] { routeTable.map(\.route) }

  /// Every route, as `routeNames` spells it, with the app that it leads to, in the order of the table's
  /// apps. Of two apps with the same route the first has it.
  package var routeTable: [(route: String, app: String)] {
    appOrder.compactMap { apps[$0]?.current }.flatMap { index in
      versions[index].spec.routes.map { (route: $0.name, app: versions[index].app) }
    }
  }

  /// Every name in plain HTTP with the app that it leads to, in the same order; the first of two has it here too.
  package var httpNames: [(name: HTTPName, app: String)] {
    appOrder.compactMap { apps[$0]?.current }.flatMap { index in
      versions[index].spec.routes.compactMap { route in
        route.http.map { (name: $0, app: versions[index].app) }
      }
    }
  }

  /// The full names of the services that routes lead to, or to methods of, each once.
  package var routedServices: [String] {
    var seen = Set<String>()
    let routes = appOrder.compactMap { apps[$0]?.current }.flatMap { versions[$0].spec.routes }
    return routes.compactMap { route in
      let service =
        switch route.target {
        case .graph(let method, _), .method(let method, _): method.service
        case .service(let name, _): name
        }
      return seen.insert(service).inserted ? service : nil
    }
  }

  /// The versions under which new requests enter, in the order of the table's apps.
  package var currentVersions: [VersionID] {
    appOrder.compactMap { apps[$0]?.current }.map { VersionID(index: $0) }
  }

  /// The deployments of an app's current version, in the order of its file.
  package func deploymentNames(of app: String) -> [String] {
    apps[app]?.current.map { versions[$0].spec.deployments.map(\.name) } ?? []
  }

  // MARK: Calls that lost their version

  /// What becomes of the calls of a pool.
  enum Fate {
    case stay
    case move(Int)
    case fail(Refusal)
  }

  /// Calls stay in their pool unless it has no replica and never will have: then the revision of the
  /// current version takes over, except for legs of graphs, which must not see two versions. Where the
  /// table says that there will be no replica for now, nobody waits for one.
  func fate(of pool: Int, isLeg: Bool) -> Fate {
    guard pools[pool].listed.isEmpty else { return .stay }
    let (app, name) = (pools[pool].app, pools[pool].name)
    guard let current = apps[app]?.current, let successor = versions[current].pools[name] else {
      return .fail(Refusal(.unavailable, "\(name) of \(app) was deleted"))
    }
    if successor == pool || !isLeg, let trouble = pools[successor].trouble,
      trouble.refusesCalls, pools[successor].listed.isEmpty
    {
      return .fail(Refusal(.unavailable, trouble.message))
    }
    if successor == pool { return .stay }
    guard isLeg else { return .move(successor) }
    return .fail(
      Refusal(.unavailable, "the request's version of \(app) has no replica of \(name) any more"))
  }

  /// Gives a call that is neither queued nor at a replica to another pool.
  mutating func move(_ call: Int, to successor: Int) {
    let pool = calls[call].pool
    pools[pool].calls -= 1
    pools[successor].calls += 1
    calls[call].pool = successor
    collect(pool: pool)
  }

  private mutating func moveStrandedCalls(of pool: Int, now: Timestamp) {
    while pools.contains(pool), let call = pools[pool].queue.any {
      switch fate(of: pool, isLeg: calls[call].isLeg) {
      case .stay: return
      case .fail(let refusal): fail(call, refusal)
      case .move(let successor):
        let queuedAt = calls[call].queuedAt
        dequeue(call)
        move(call, to: successor)
        enqueue(call, atFront: false, now: queuedAt)
        serve(successor, now: now)
      }
    }
  }

  // MARK: What nobody needs any more

  mutating func collect(replica slot: Int) {
    guard !replicas[slot].isListed, replicas[slot].ongoing == 0 else { return }
    let pool = replicas[slot].pool
    orders.append(.disconnect(ReplicaSlot(index: slot)))
    replicas.remove(at: slot)
    pools[pool].slots -= 1
    collect(pool: pool)
  }

  mutating func collect(pool: Int) {
    let unused = !pools[pool].isInUse && pools[pool].calls == 0 && pools[pool].slots == 0
    guard unused else { return }
    pools.remove(at: pool)
  }

  /// Forgets versions that are neither listed nor in use, then pools and deployments without a version.
  mutating func collect() {
    for index in versions.indices {
      let version = versions[index]
      let current = apps[version.app]?.current.map { versions[$0].version }
      let isOver = version.wasListed || version.version < current ?? version.version
      guard !version.isListed, version.ongoing == 0, isOver, apps[version.app]?.current != index
      else { continue }
      apps[version.app]?.versions[version.version] = nil
      versions.remove(at: index)
    }
    var used = Set<Int>()
    for index in versions.indices { used.formUnion(versions[index].pools.values) }
    for pool in pools.indices {
      pools[pool].isInUse = used.contains(pool)
      collect(pool: pool)
    }
    var usedDeployments = Set<Int>()
    for pool in pools.indices { usedDeployments.insert(pools[pool].deployment) }
    for index in deployments.indices where !usedDeployments.contains(index) {
      apps[deployments[index].app]?.deployments[deployments[index].name] = nil
      deployments.remove(at: index)
    }
    apps = apps.filter { !$0.value.versions.isEmpty }
  }
}
