// `app run`: the whole mesh on this machine, from this one executable.
internal import ArgumentParser
private import FoundationEssentials
private import Glibc
private import MartletController
private import MartletCore
private import MartletRPC
private import MartletSupervisor

/// Starts supervisor, controller and routers, deploys the app and stays until Ctrl-C or SIGTERM.
struct RunCommand<App: Application>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "run", abstract: "Run the whole app on this machine until Ctrl-C.")
  }

  @Option(help: ArgumentHelp("Where clients connect.", valueName: "host:port"))
  var listen = "127.0.0.1:8000"

  @Option(
    help: ArgumentHelp("Take TLS with this certificate chain (PEM).", valueName: "file"))
  var tlsCert: String?

  @Option(help: ArgumentHelp("The certificate's private key (PEM).", valueName: "file"))
  var tlsKey: String?

  @Option(
    help: ArgumentHelp(
      "Let in only clients with a certificate from these authorities (PEM).", valueName: "file"))
  var clientCA: String?

  @Flag(help: "Take plain text too, also on addresses that other machines can reach.")
  var insecure = false

  @Option(
    help: ArgumentHelp(
      "Let pages of this origin in browsers call the port; * for all. $MARTLET_CORS_ORIGINS by default.",
      valueName: "origin"))
  var corsOrigin: [String] = []

  @Option(
    help: ArgumentHelp(
      "How often a client with calls in flight may ping, in seconds; 10 by default.",
      valueName: "seconds"))
  var minPingInterval: String?

  @Option(
    help: ArgumentHelp(
      "Close a connection of HTTP/1.1 that has been without a request for so long; 75 by default.",
      valueName: "seconds"))
  var keepAliveTimeout: String?

  @Flag(
    help: ArgumentHelp(
      "Run everything in this one process, with one replica of each deployment; for debuggers."))
  var inProcess = false

  @Option(help: "Router processes, one core each.")
  var routers = 1

  @Option(
    help: ArgumentHelp(
      "The mesh's directory; by default $XDG_RUNTIME_DIR/martlet, /run/martlet for root, or "
        + "~/.local/state/martlet.",
      valueName: "dir"))
  var runDir: String?

  @Option(
    help: ArgumentHelp(
      "The largest message, 64Ki to 1Gi; $MARTLET_MAX_MESSAGE by default, or else 64Mi.",
      valueName: "bytes"))
  var maxMessage: String?

  @Option(
    help: ArgumentHelp(
      "Memory for messages under way in each process, 1Mi to 4Ti; $MARTLET_MAX_MESSAGE_MEMORY by "
        + "default, or else a quarter of the machine's.",
      valueName: "bytes"))
  var maxMessageMemory: String?

  @Option(help: "CPUs to share out; what the machine has by default.")
  var cpus: Double?

  @Option(help: "GPUs to share out; what the machine has by default.")
  var gpus: Int?

  @Flag(
    help: ArgumentHelp(
      "Build the program anew when a source file is saved, and let it take over without losing a request. "
        + "Deployments whose code is the same go on."
    ))
  var watch = false

  @Option(
    help: ArgumentHelp(
      "How --watch builds the program, for a shell; swift build of its package by default.",
      valueName: "command"))
  var buildCommand: String?

  func validate() throws {
    _ = try times()
    guard inProcess else {
      do throws(InvalidCapacity) {
        _ = try GivenCapacity(cpus: cpus, gpus: gpus.map(Double.init))
      } catch {
        throw ValidationError("\(error)")
      }
      return
    }
    let others = [
      ("--routers", routers != 1), ("--run-dir", runDir != nil), ("--cpus", cpus != nil),
      ("--gpus", gpus != nil), ("--watch", watch),
    ]
    guard let other = others.first(where: \.1) else { return }
    throw ValidationError("\(other.0) is for a mesh of processes; leave it out, or --in-process")
  }

  func run() throws {
    guard !inProcess else {
      let (listen, security) = try port()
      let run = InProcessRun(
        app: try LocalApp(App()), listen: listen, security: security, times: try times())
      finish { try await run.run() }
    }
    let executable = try ThisProgram.path()
    let reload = try reload(executable)
    let app = App()
    var spec = app.spec(executable: executable)
    try spec.check()
    if reload != nil { spec = CodeVersions.added(to: spec, of: app, complain: complain) }
    holdSignals()
    let descriptors = try app.descriptorSet()
    let options = try supervisorOptions()
    let mesh: MeshProcess
    do {
      mesh = try MeshProcess.start(options, detached: false)
    } catch {
      complain("error: \(error)")
      throw ExitCode(error.exitCode)
    }
    let rollout = InitialRollout(
      spec: spec, descriptors: descriptors,
      controller: .unix(path: options.runDirectory.controllerSocket), reload: reload)
    throw ExitCode(rollout.follow(mesh))
  }

  private func reload(_ executable: String) throws -> LiveReload? {
    guard watch else {
      guard buildCommand == nil else { throw ValidationError("--build-command needs --watch") }
      return nil
    }
    guard
      let rebuild = RebuildCommand(
        executable: executable, command: buildCommand, directory: ThisProgram.currentDirectory())
    else {
      throw ValidationError(
        "--watch: \(executable) is in no Swift package's build folder; say --build-command")
    }
    return LiveReload(executable: executable, rebuild: rebuild, process: BuildProcess())
  }

  /// They wait, from here on and in every later thread, for `MeshProcess.waitPassingSignals`.
  private func holdSignals() {
    var mask = sigset_t()
    sigemptyset(&mask)
    for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&mask, signal) }
    pthread_sigmask(SIG_BLOCK, &mask, nil)
  }

  /// Where clients connect, and what is taken there.
  private func port() throws -> (Endpoint, PortSecurity) {
    guard let endpoint = Endpoint(listen) else {
      throw ValidationError("--listen: \"\(listen)\" is not HOST:PORT or unix:PATH")
    }
    do throws(InvalidPortSecurity) {
      let security = try PortSecurity(
        certificate: tlsCert.map(ThisProgram.absolute), key: tlsKey.map(ThisProgram.absolute),
        clientCA: clientCA.map(ThisProgram.absolute), insecure: insecure,
        origins: AllowedOrigins(
          options: corsOrigin, variable: ThisProgram.environment[AllowedOrigins.variable]))
      try security.check(endpoint)
      return (endpoint, security)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  private func times() throws -> PortTimes {
    do throws(InvalidPortTime) {
      return try PortTimes(minPingInterval: minPingInterval, keepAlive: keepAliveTimeout)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  private func supervisorOptions() throws -> SupervisorOptions {
    let path = runDir.map(ThisProgram.absolute)
    let standard = { RunDirectory.standard { ProcessInfo.processInfo.environment[$0] } }
    guard let directory = path.map({ RunDirectory(path: $0) }) ?? standard() else {
      throw ValidationError("--run-dir: \(path ?? "") is too long for the sockets beneath it")
    }
    var options = SupervisorOptions(runDirectory: directory)
    (options.listen, options.security) = try port()
    options.times = try times()
    do throws(InvalidPortSecurity) {
      options.mesh = try ThisProgram.meshSecurity()
    } catch {
      throw ValidationError("\(error)")
    }
    options.routers = routers
    do throws(InvalidMessageLimit) {
      options.messageLimit = try MessageLimit.said(
        by: maxMessage, ThisProgram.environment[MessageLimit.variable])
      options.messageMemory = try MessageMemoryLimit.said(
        by: maxMessageMemory, ThisProgram.environment[MessageMemoryLimit.variable])
    } catch {
      throw ValidationError("\(error)")
    }
    if let cpus { options.controllerArguments += ["--cpus", "\(cpus)"] }
    if let gpus { options.controllerArguments += ["--gpus", "\(gpus)"] }
    return options
  }
}
