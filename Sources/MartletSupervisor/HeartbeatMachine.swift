// Which of a supervisor's children hang: those that give no sign of life while they could.

package import MartletCore

/// Counts how long each child has been silent. Its driver reads what children send, looks at their threads
/// and kills as it is told.
package struct HeartbeatMachine: Sendable {
  package typealias Child = SupervisorMachine.Child

  /// What the threads of a process do.
  package enum Activity: Sendable, Hashable {
    /// A signal has stopped it.
    case stopped
    /// A debugger holds it.
    case traced
    /// A thread runs, waits for a core or for a disk.
    case working
    /// Every thread waits for something.
    case asleep
  }

  package struct Sample: Sendable, Hashable {
    package var activity: Activity
    /// CPU time since the process began.
    package var cpu: Duration

    package init(activity: Activity, cpu: Duration) {
      self.activity = activity
      self.cpu = cpu
    }
  }

  /// A child that is to be replaced, and why.
  package struct Hang: Sendable, Hashable {
    package var child: Child
    package var reason: String
  }

  /// How often children beat, and how often it is looked for.
  package static let period = Duration.seconds(1)

  /// Silence after which a child's threads are looked at.
  static let noticed = Duration.seconds(2)

  /// Nothing but a signal stops a process, and it does not go on by itself.
  static let stoppedPatience = Duration.seconds(5)

  /// For a process that computed at least half of that time without coming back to its loop, or sleeps
  /// though its timer is due. Longer than anything that a loop does at once.
  static let patience = Duration.seconds(10)

  /// For one that got few cores: on a busy machine it may be merely slow.
  static let longestPatience = Duration.seconds(30)

  /// For the first beat, which comes when a process serves.
  static let startPatience = Duration.seconds(60)

  /// When a look comes later than this after the one before, the supervisor itself was stopped or
  /// the machine slept: what children did meanwhile says nothing.
  static let latestLook = Duration.milliseconds(2500)

  private struct Watch: Sendable {
    var silence = Duration.zero
    var hasBeaten = false
    /// The CPU time when the silence was noticed.
    var cpu: Duration?
    var computed = Duration.zero
  }

  private var watches: [Child: Watch] = [:]
  private var lookedAt: Timestamp?

  package init() {}

  package mutating func started(_ child: Child) {
    watches[child] = Watch()
  }

  package mutating func ended(_ child: Child) {
    watches[child] = nil
  }

  /// A child has beaten since the last look.
  package mutating func heard(_ child: Child) {
    guard watches[child] != nil else { return }
    watches[child] = Watch(hasBeaten: true)
  }

  /// When to look again; nil while there is no child.
  package var nextLook: Timestamp? {
    watches.isEmpty ? nil : lookedAt.map { $0 + Self.period } ?? .zero
  }

  /// Time has passed.
  ///
  /// - Parameter sample: what a child does; asked for those alone that have been silent for a while.
  package mutating func looked(at now: Timestamp, sample: (Child) -> Sample?) -> [Hang] {
    let elapsed = lookedAt.map { now.duration(since: $0) } ?? .zero
    lookedAt = now
    guard elapsed <= Self.latestLook else {
      for (child, watch) in watches { watches[child] = Watch(hasBeaten: watch.hasBeaten) }
      return []
    }
    var hangs: [Hang] = []
    for child in watches.keys.sorted(by: { $0.name < $1.name }) {
      guard var watch = watches[child] else { continue }
      watch.silence += elapsed
      if watch.silence >= Self.noticed, let sample = sample(child) {
        watch.computed = watch.cpu.map { sample.cpu - $0 } ?? .zero
        watch.cpu = watch.cpu ?? sample.cpu
        if let reason = Self.reason(watch, sample.activity) {
          hangs.append(Hang(child: child, reason: reason))
          // Its end is about to be told.
          watch = Watch(hasBeaten: watch.hasBeaten)
        }
      }
      watches[child] = watch
    }
    return hangs
  }

  private static func reason(_ watch: Watch, _ activity: Activity) -> String? {
    let seconds = "\(watch.silence.components.seconds) s"
    if activity == .traced { return nil }
    if activity == .stopped {
      return watch.silence >= stoppedPatience ? "has been stopped for \(seconds)" : nil
    }
    guard watch.hasBeaten else {
      return watch.silence >= startPatience ? "has not begun to serve within \(seconds)" : nil
    }
    guard watch.silence >= patience else { return nil }
    if activity == .asleep { return "has given no sign of life for \(seconds): it waits" }
    if watch.computed >= (watch.silence - noticed) / 2 {
      return "has given no sign of life for \(seconds): it computes without end"
    }
    return watch.silence >= longestPatience ? "has given no sign of life for \(seconds)" : nil
  }
}
