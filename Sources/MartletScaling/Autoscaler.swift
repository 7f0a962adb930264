// How many replicas a deployment should have, from its load.

package import MartletCore

/// The scale decision of one deployment.
///
/// Up: as soon as the load has called for more throughout `upscaleDelay`. Down: to the most that the
/// load called for at any moment of the last `downscaleDelay`, so a load that swings keeps the
/// capacity of its peaks and the count does not flap: it turns at most twice per hold. The last
/// replica goes after `downscaleToZeroDelay` without any load, and comes back with the first request,
/// without delay.
///
/// Property kept: without load the count never rises, and it stays within its bounds.
package struct Autoscaler: Sendable, Equatable {
  /// Replicas that there should be.
  package private(set) var desired: Int

  /// Replicas asked for by hand; nil when the load decides.
  package private(set) var pin: Int?

  /// False while the load is not known for sure, such as right after the controller came back:
  /// capacity may then be added but not taken away.
  package private(set) var mayScaleDown: Bool

  private var count: ReplicaCount
  private var load = 0
  private var idleSince: Timestamp?
  private var peaks: HoldWindow
  private var troughs: HoldWindow

  /// - Parameter initial: the count to start from; clamped to the bounds. Nil means what the spec says
  ///   for a first deploy.
  package init(_ count: ReplicaCount, initial: Int? = nil, mayScaleDown: Bool, now: Timestamp) {
    self.count = count
    self.mayScaleDown = mayScaleDown
    desired = count.clamped(initial ?? count.initial)
    peaks = HoldWindow(.greatest, value: desired)
    troughs = HoldWindow(.least, value: desired)
    idleSince = now
    noteDemand(now: now)
  }

  /// Queued and running requests became `load`.
  package mutating func loadChanged(to load: Int, now: Timestamp) {
    self.load = max(0, load)
    idleSince = self.load > 0 ? nil : (idleSince ?? now)
    noteDemand(now: now)
    decide(now: now)
  }

  /// Lets delays and holds end.
  package mutating func timePassed(now: Timestamp) {
    decide(now: now)
  }

  /// A new spec for the same replicas. Ends a pin, as every deploy does.
  package mutating func reconfigured(_ count: ReplicaCount, now: Timestamp) {
    pin = nil
    self.count = count
    desired = count.clamped(desired)
    restartHold(now: now)
    decide(now: now)
  }

  /// Someone asked for exactly `replicas`.
  package mutating func pinned(to replicas: Int) {
    pin = max(0, replicas)
    desired = max(0, replicas)
  }

  /// The load is known (again), or it is no longer.
  package mutating func scalingDownBecame(allowed: Bool, now: Timestamp) {
    guard allowed != mayScaleDown else { return }
    mayScaleDown = allowed
    if allowed { restartHold(now: now) }
    decide(now: now)
  }

  /// When to call `timePassed`; nil when only a new load can change the count.
  package var nextChange: Timestamp? {
    guard pin == nil, case .auto(let spec) = count else { return nil }
    var times = [troughs.nextChange(over: spec.upscaleDelay)]
    if mayScaleDown {
      let drop = peaks.nextChange(over: spec.downscaleDelay)
      times.append(drop)
      if spec.minReplicas == 0, desired > 0, let idleSince {
        // The last replica goes only when the hold of earlier peaks is over, too.
        let due = idleSince + spec.downscaleToZeroDelay
        times.append(drop.map { max($0, due) } ?? due)
      }
    }
    return times.compactMap { $0 }.min()
  }

  /// What the load of this moment calls for.
  private var demand: Int {
    guard case .auto(let spec) = count else { return desired }
    guard load > 0 else { return spec.minReplicas }
    // The small number keeps 0.3 + 0.3 + 0.3 from asking for one replica more.
    let wanted = (Double(load) / spec.targetOngoingRequests - 1e-9).rounded(.up)
    return count.clamped(
      wanted >= Double(spec.maxReplicas) ? spec.maxReplicas : max(1, Int(wanted)))
  }

  private mutating func noteDemand(now: Timestamp) {
    guard case .auto = count else { return }
    peaks.changed(to: demand, now: now)
    troughs.changed(to: demand, now: now)
  }

  private mutating func restartHold(now: Timestamp) {
    peaks = HoldWindow(.greatest, value: desired)
    troughs = HoldWindow(.least, value: desired)
    idleSince = load > 0 ? nil : now
    noteDemand(now: now)
  }

  private mutating func decide(now: Timestamp) {
    guard pin == nil else { return }
    guard case .auto(let spec) = count else {
      desired = count.initial
      return
    }
    let least = troughs.value(over: spec.upscaleDelay, now: now)
    let greatest = peaks.value(over: spec.downscaleDelay, now: now)
    if load > 0, least > desired {
      desired = least
    } else if load > 0, desired == 0 {
      desired = count.clamped(1)
    } else if mayScaleDown, greatest <= 1, spec.minReplicas == 0, desired > 0,
      let idleSince, idleSince + spec.downscaleToZeroDelay <= now
    {
      desired = 0
    } else if mayScaleDown, greatest < desired {
      desired = max(greatest, spec.minReplicas, 1)
    }
  }
}

extension ReplicaCount {
  /// Replicas right after a first deploy.
  package var initial: Int {
    switch self {
    case .fixed(let count): count
    case .auto(let spec): clamped(spec.initialReplicas ?? spec.minReplicas)
    }
  }

  /// `replicas` within what the spec allows.
  package func clamped(_ replicas: Int) -> Int {
    switch self {
    case .fixed(let count): count
    case .auto(let spec):
      min(max(replicas, spec.minReplicas), max(spec.maxReplicas, spec.minReplicas))
    }
  }
}
