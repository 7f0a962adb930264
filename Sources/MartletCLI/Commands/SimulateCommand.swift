// `martlet simulate`: an app under load in virtual time, decided by the machines that run real ones.

internal import ArgumentParser
internal import MartletCore
internal import MartletSimulator

struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Run an app's queues and scaling under a modelled load, in virtual time.",
    discussion: """
      Replicas are modelled: exponential service times, a start-up time. The same seed gives the same \
      run. Loads are STEPS such as 20@0,300@10: 20 calls a second for each deployment, 300 from second \
      10 on.

      WAIT is the time from a call's arrival until a replica begins to compute it; MEAN, MOST and \
      TURNS are about the number of replicas.
      """)

  /// Calls of one run at most; each takes a few hundred bytes.
  private static let maxCalls = 5_000_000.0

  @Argument(help: "The app file.", completion: .file(extensions: ["yaml", "yml", "json"]))
  var file: String

  @Option(help: ArgumentHelp("Calls a second, in steps.", valueName: "rate@second,…"))
  var load = "50@0"

  @Option(help: ArgumentHelp("How long the load lasts.", valueName: "seconds"))
  var duration = 60.0

  @Option(help: ArgumentHelp("Mean time of one call in a replica.", valueName: "ms"))
  var serviceMs = 20.0

  @Option(help: ArgumentHelp("Time that a replica needs to start.", valueName: "ms"))
  var startMs = 50.0

  @Option(help: "Calls that a replica computes at once.")
  var parallelism = 1

  @Option(
    help: ArgumentHelp(
      "Kill a replica; may be given again.", valueName: "deployment@second"))
  var kill: [String] = []

  @Option(help: "CPUs of the machine.")
  var cpus = 64.0

  @Option(help: "GPUs of the machine.")
  var gpus = 8

  @Option(help: "Decides everything that chance decides.")
  var seed: UInt64 = 1

  @OptionGroup var options: MeshOptions

  /// `TEXT@SECONDS`
  private func timed(_ text: some StringProtocol) -> (text: String, at: Duration)? {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, let seconds = Double(parts[1]), seconds >= 0,
      seconds.isFinite
    else { return nil }
    return (String(parts[0]), .seconds(seconds))
  }

  private func phases() throws -> [Scenario.Phase] {
    let phases = try load.split(separator: ",").map { step in
      guard let (text, start) = timed(step), let rate = Double(text), rate >= 0, rate.isFinite
      else { throw ValidationError("--load takes RATE@SECOND,…, not \(load)") }
      return Scenario.Phase(start: start, callsPerSecond: rate)
    }
    return phases.sorted { $0.start < $1.start }
  }

  private func faults(of app: AppSpec) throws -> [Scenario.Fault] {
    try kill.map { text in
      guard let (name, time) = timed(text) else {
        throw ValidationError("--kill takes DEPLOYMENT@SECOND, not \(text)")
      }
      guard app.deployment(named: name) != nil else {
        let names = app.deployments.map(\.name)
        throw ValidationError("no deployment \(name)\(Spelling.hint(for: name, among: names))")
      }
      return .killReplica(deployment: name, at: time)
    }
  }

  func validate() throws {
    let most = try phases().map(\.callsPerSecond).max() ?? 0
    guard duration > 0, serviceMs > 0, startMs >= 0, parallelism > 0, cpus > 0, gpus >= 0,
      [duration, serviceMs, startMs, cpus].allSatisfy({ $0 < 1e9 })
    else { throw ValidationError("durations, times, CPUs and parallelism are numbers above 0") }
    guard most * duration <= Self.maxCalls else {
      throw ValidationError("more than \(Int(Self.maxCalls)) calls; shorten --duration")
    }
  }

  func run() throws {
    let app = try LoadedApp(path: file).file.spec
    let scenario = Scenario(
      app: app,
      capacity: .init(milliCPUs: Int((cpus * 1000).rounded()), gpus: gpus), seed: seed,
      duration: .seconds(duration), load: try phases(),
      replica: .init(
        startTime: .milliseconds(startMs), meanServiceTime: .milliseconds(serviceMs),
        parallelism: parallelism),
      faults: try faults(of: app))
    let outcome = Simulation.run(scenario)
    Terminal.print(Self.table(outcome))
  }

  private static func table(_ outcome: Outcome) -> String {
    var table = Table([
      "DEPLOYMENT", "CALLS", "ANSWERED", "FAILED", "P50", "P99", "LONGEST WAIT", "STARTED", "MOST",
      "MEAN", "TURNS", "REPLICA-SECONDS",
    ])
    for (name, of) in outcome.deployments.sorted(by: { $0.key < $1.key }) {
      let failed = of.failed.sorted { $0.key.rawValue < $1.key.rawValue }
        .map { "\($0.value) \($0.key.name)" }
      table.add(
        name, "\(of.arrived)", "\(of.answered)",
        failed.isEmpty ? "0" : failed.joined(separator: ", "), milliseconds(of.latency(at: 0.5)),
        milliseconds(of.latency(at: 0.99)), milliseconds(of.longestWait), "\(of.started)",
        "\(of.mostReplicas)", mean(of.replicaSeconds, over: outcome.length), "\(of.turns)",
        "\(Int(of.replicaSeconds.rounded()))")
    }
    return table.text
  }

  /// Replicas that there were on average.
  private static func mean(_ replicaSeconds: Double, over length: Duration) -> String {
    guard length > .zero else { return "0" }
    return "\((replicaSeconds / length.inSeconds * 100).rounded() / 100)"
  }

  private static func milliseconds(_ duration: Duration) -> String {
    "\((duration.inSeconds * 10_000).rounded() / 10) ms"
  }
}
