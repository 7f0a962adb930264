// How many replicas a deployment should have, from its load.

package import MartletCore

/// What the routers have in hand of one deployment.
package struct DeploymentLoad: Sendable, Equatable {
  /// Requests that are with a replica.
  package var running: Int
  /// Requests that wait for room at one.
  package var queued: Int
  /// Replicas that take requests.
  package var ready: Int

  package init(running: Int, queued: Int = 0, ready: Int) {
    self.running = running
    self.queued = queued
    self.ready = ready
  }

  /// All that is in hand.
  var inHand: Int { running + queued }
}

/// The scale decision of one deployment.
///
/// Load is a time-weighted mean, and what chance makes of a steady load changes nothing.
/// - **Up**: when the mean over `look_back_period_s` (default: `upscale_delay_s`) or over a longer
///   window calls for more beyond doubt. A great excess shows within 0.1 s, a small one takes longer.
/// - **At once**: for the first request, and for a queue that stands although all replicas are there.
/// - **Down**: to what the mean over `look_back_period_s` (default: `downscale_delay_s`) calls for,
///   and never below what the load called for within half of `downscale_delay_s`. A count that rose
///   stays for that delay, up to 30 s. So a load that swings does not make the count flap.
/// - **To zero**: after `downscale_to_zero_delay_s` without any load.
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
  private var windows: ScalingWindows
  private var load = DeploymentLoad(running: 0, ready: 0)
  private var history: LoadHistory
  /// The most that the load called for beyond doubt, and that its mean called for.
  private var calls = HoldWindow(.greatest, value: 0)
  private var needs = HoldWindow(.greatest, value: 0)
  /// Where the count rose to.
  private var rises = HoldWindow(.greatest, value: 0)
  /// The least that the load called for.
  private var patience = HoldWindow(.least, value: 0)
  private var idleSince: Timestamp?
  /// Since when callers have waited for room, with as many replicas ready as now.
  private var queueSince: Timestamp?
  /// After a change of the spec, and when the load becomes known, the count holds for a whole delay.
  private var heldCount = 0
  private var heldUntil = Timestamp.zero
  private var nextLook: Timestamp?

  /// - Parameter initial: the count to start from; clamped to the bounds. Nil means what the spec says
  ///   for a first deploy.
  package init(_ count: ReplicaCount, initial: Int? = nil, mayScaleDown: Bool, now: Timestamp) {
    self.count = count
    self.mayScaleDown = mayScaleDown
    desired = count.clamped(initial ?? count.initial)
    windows = ScalingWindows(AutoscalingSpec())
    history = LoadHistory(load: 0, longest: .zero, now: now)
    restartHold(now: now)
  }

  /// The load became another one, or is still the same.
  package mutating func loadChanged(to load: DeploymentLoad, now: Timestamp) {
    catchUp(now: now)
    guard load != self.load else { return }
    // New replicas get a moment to take what waits.
    if load.ready > self.load.ready { queueSince = nil }
    self.load = load
    let demand = load.inHand
    idleSince = demand > 0 ? nil : (idleSince ?? now)
    queueSince = load.queued > 0 ? (queueSince ?? now) : nil
    history.changed(to: demand, running: load.running, now: now)
    decide(now: now)
  }

  /// Lets delays and holds end.
  package mutating func timePassed(now: Timestamp) {
    catchUp(now: now)
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
    guard pin == nil, case .auto = count else { return nil }
    return nextLook
  }

  /// Takes the looks that are due, each at its own time, so that a late driver changes nothing.
  private mutating func catchUp(now: Timestamp) {
    while let look = nextChange, look <= now { decide(now: look) }
  }

  private mutating func restartHold(now: Timestamp) {
    guard case .auto(let spec) = count else { return }
    windows = ScalingWindows(spec)
    history = LoadHistory(
      load: Double(desired) * spec.targetOngoingRequests, longest: windows.longest, now: now)
    history.changed(to: load.inHand, running: load.running, now: now)
    calls = HoldWindow(.greatest, value: 0)
    needs = HoldWindow(.greatest, value: 0)
    rises = HoldWindow(.greatest, value: 0)
    patience = HoldWindow(.least, value: 0)
    heldCount = desired
    heldUntil = now + spec.downscaleDelay
    idleSince = load.inHand > 0 ? nil : now
    planLook(spec, now: now)
  }

  private mutating func decide(now: Timestamp) {
    guard pin == nil else { return }
    guard case .auto(let spec) = count else {
      desired = count.initial
      return
    }
    history.advance(to: now)
    let called = called(spec)
    calls.changed(to: called.sure, now: now)
    patience.changed(to: called.likely, now: now)
    needs.changed(to: need(spec), now: now)
    if load.inHand > 0 { rise(spec, now: now) }
    if mayScaleDown { fall(spec, now: now) }
    planLook(spec, now: now)
  }

  private mutating func rise(_ spec: AutoscalingSpec, now: Timestamp) {
    let before = desired
    let more = max(1, patience.value(over: windows.upRest, now: now))
    desired = max(desired, count.clamped(more))
    if queueStands(now: now) {
      let one = load.ready > 0 ? desired + 1 : desired
      desired = max(desired, count.clamped(max(one, replicas(for: arriving, spec))))
    }
    if desired > before { rises.changed(to: desired, now: now) }
    rises.changed(to: 0, now: now)
  }

  private mutating func fall(_ spec: AutoscalingSpec, now: Timestamp) {
    var least = max(
      needs.value(over: windows.downRest, now: now), calls.value(over: windows.hold, now: now),
      rises.value(over: windows.riseHold, now: now), spec.minReplicas)
    if now < heldUntil { least = max(least, heldCount) }
    if least <= 1, spec.minReplicas == 0, desired > 0, let idleSince,
      idleSince + spec.downscaleToZeroDelay <= now
    {
      desired = 0
    } else if least < desired {
      desired = max(least, 1)
    }
  }

  /// Callers wait although every replica that there should be is there. Before the first replica ever
  /// ran, nothing but the queue is known, and it counts at once.
  private func queueStands(now: Timestamp) -> Bool {
    guard load.queued > 0 else { return false }
    if load.ready == 0, history.persistence == nil { return true }
    guard load.ready >= desired, let queueSince else { return false }
    return queueSince + ScalingWindows.standingQueue <= now
  }

  /// The least load that explains the latest calls, without what piled up before them.
  private var arriving: Double {
    guard let persistence = history.persistence else { return history.load }
    let window = max(ScalingWindows.standingQueue, .seconds(2 * persistence))
    return LoadEstimate(history.mean(over: window), over: window, persistence: persistence).likely
  }

  /// `load` in replicas.
  private func replicas(for load: Double, _ spec: AutoscalingSpec) -> Int {
    let room = spec.targetOngoingRequests * (1 + ScalingWindows.tolerance)
    let wanted = (load / room).rounded(.up)
    return wanted >= Double(spec.maxReplicas) ? spec.maxReplicas : max(0, Int(wanted))
  }

  /// The count that the load calls for beyond doubt; and where that is more than there should be, the
  /// count to go to.
  private func called(_ spec: AutoscalingSpec) -> (sure: Int, likely: Int) {
    var sure = 0
    var likely = 0
    for window in windows.up {
      let estimate = LoadEstimate(
        history.mean(over: window), over: window, persistence: history.persistence)
      // A long window remembers a load that is gone; its end does not.
      let latest = history.mean(over: min(window / 4, ScalingWindows.latest)).load
      let certain = replicas(for: min(latest, estimate.beyondDoubt), spec)
      sure = max(sure, certain)
      if certain > desired { likely = max(likely, replicas(for: estimate.likely, spec)) }
    }
    return (sure, max(sure, likely))
  }

  /// The count that the mean calls for. A longer window is surer, and counts where the shorter ones
  /// agree with it.
  private func need(_ spec: AutoscalingSpec) -> Int {
    var need = Int.max
    var shorter = 0
    for window in windows.down {
      let mean = history.mean(over: window)
      let estimate = LoadEstimate(mean, over: window, persistence: history.persistence)
      need = min(need, max(shorter, replicas(for: estimate.cautious, spec)))
      shorter = max(shorter, replicas(for: mean.load, spec))
    }
    return need
  }

  /// When something may change without a new load. Means move for as long as the longest window
  /// holds an older load, ever more slowly.
  private mutating func planLook(_ spec: AutoscalingSpec, now: Timestamp) {
    var times: [Timestamp] = []
    let room = Double(desired) * spec.targetOngoingRequests
    let mayRise = desired < spec.maxReplicas && load.inHand > 0
    let mayFall = mayScaleDown && desired > spec.minReplicas
    let settled = history.changed + windows.longest
    let isRising = mayRise && history.load > room
    if now < settled, isRising || mayFall {
      let age = now.duration(since: history.changed)
      let soonest = isRising ? ScalingWindows.shortestUp : ScalingWindows.shortestDown / 8
      times.append(min(settled, now + max(soonest, age / 8)))
      times += (windows.up + windows.down).map { history.changed + $0 }
    }
    if mayRise {
      times += [patience.nextChange(over: windows.upRest)].compactMap(\.self)
      if let queueSince, load.ready > 0 { times.append(queueSince + ScalingWindows.standingQueue) }
    }
    if mayFall {
      times.append(heldUntil)
      times += [
        needs.nextChange(over: windows.downRest), calls.nextChange(over: windows.hold),
        rises.nextChange(over: windows.riseHold),
        idleSince.map { $0 + spec.downscaleToZeroDelay },
      ].compactMap(\.self)
    }
    nextLook = times.filter { $0 > now }.min()
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
