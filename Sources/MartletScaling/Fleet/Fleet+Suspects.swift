// What routers saw of replicas that health checks do not: calls that hang, requests that kill.

internal import MartletCore

extension Fleet {
  /// A router reported.
  mutating func reported(
    _ report: RouterReport, connection: UInt64, _ orders: inout [FleetOrder]
  ) {
    routers.reported(report, connection: connection)
    for request in report.deadlyRequests { replicasDied(of: request, &orders) }
  }

  /// A replica whose process lives and whose calls hang is replaced: it leaves the table at once, which makes room
  /// for another one, and has its grace for what it may still finish. Who started a replica outside of this mesh
  /// also ends it: that one stays ejected. So does one of a deployment whose last one was replaced a moment ago, or of
  /// which one is on its way.
  mutating func replaceSuspects(now: Timestamp, _ orders: inout [FleetOrder]) {
    for (number, why) in routers.suspects.sorted(by: { $0.key < $1.key }) {
      guard let replica = replicas[number], !replica.isExternal, replica.machine.state == .running,
        groups[replica.group]?.hangPause.mayReplace(now: now) == true,
        !isOneOnItsWay(replica.group)
      else { continue }
      groups[replica.group]?.hangPause.replaced(now: now)
      note("ReplicaHangs", number, "does not answer calls: \(why); it is replaced", &orders)
      stop(number, now: now, &orders)
    }
  }

  private func isOneOnItsWay(_ key: GroupKey) -> Bool {
    groups[key]?.replicas.contains { number in
      switch replicas[number]?.machine.state {
      case .pending, .starting: true
      default: false
      }
    } ?? false
  }

  /// The deaths are the request's: what they cost the program's restarts is given back.
  private mutating func replicasDied(
    of request: DeadlyRequest, _ orders: inout [FleetOrder]
  ) {
    let key = request.deployment
    for group in groups.keys where group.deployment == key {
      groups[group]?.backoff.forgive(request.replicas.count)
    }
    let numbers = request.replicas.map {
      ReplicaID(deployment: key.deployment, number: $0).description
    }
    let name = request.requestID.isEmpty ? "" : " \(request.requestID)"
    orders.append(
      .note(
        FleetNote(
          "DeadlyRequest", app: key.app, deployment: key.deployment,
          "\(numbers.joined(separator: " and ")) died while they had request\(name) of "
            + "\(request.method); it is not sent again")))
  }
}
