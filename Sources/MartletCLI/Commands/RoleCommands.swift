// The commands by which a mesh, Compose or systemd starts the mesh's own processes.

internal import ArgumentParser
internal import Glibc
internal import MartletController
internal import MartletCore
internal import MartletNet
internal import MartletRPC
internal import MartletRouter
internal import MartletSupervisor

/// `martlet up` starts this; its arguments are `SupervisorOptions.arguments`.
struct SupervisorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "supervisor", abstract: "The parent of a mesh's processes.",
    shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough)
  var arguments: [String] = []

  func run() throws {
    guard let options = SupervisorOptions(arguments: arguments) else {
      throw ValidationError("unknown arguments: \(arguments.joined(separator: " "))")
    }
    throw ExitCode(SupervisorRole.run(options))
  }
}

struct ControllerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "controller",
    abstract: "Run a controller alone: for Compose and systemd, where others start the rest.")

  @Option(
    help: ArgumentHelp(
      "Serve routers and replicas of other machines here too.", valueName: "host:port"))
  var listen: String?

  @Flag(help: "Without an identity, take and speak plain text also at addresses on other machines.")
  var insecure = false

  @OptionGroup var mesh: MeshSecurityOptions

  @OptionGroup var messages: MessageLimitOptions

  @Option(
    name: .customLong("app"),
    help: ArgumentHelp("Deploy this app file; may be given again.", valueName: "file"))
  var apps: [String] = []

  @Option(help: "Who starts replicas, whatever the app files say: process or external.")
  var launcher: String?

  @Option(help: "CPUs to share out; by default what the machine has.")
  var cpus: Double?

  @Option(help: "GPUs to share out; by default what the machine has.")
  var gpus: Double?

  @Option(help: ArgumentHelp("A socket for signs of life.", visibility: .hidden))
  var heartbeatFd: Int32?

  @OptionGroup var options: MeshOptions

  func validate() throws {
    if let listen, Endpoint(listen) == nil {
      throw ValidationError("--listen takes HOST:PORT or unix:PATH, not \(listen)")
    }
    if let launcher, AppSpec.Launcher(rawValue: launcher) == nil {
      throw ValidationError("--launcher takes process or external, not \(launcher)")
    }
    _ = try GivenCapacity(ofOptions: cpus, gpus)
  }

  func run() throws {
    TerminationSignals.block()
    let directory = try self.options.runDirectory()
    do throws(SupervisorError) { try directory.prepare() } catch { throw Failure(error) }
    var options = ControllerOptions(runDirectory: directory)
    options.listen = listen.flatMap { Endpoint($0) }
    options.mesh = try mesh.security(insecure: insecure, at: [options.listen])
    options.launcher = launcher.flatMap { AppSpec.Launcher(rawValue: $0) }
    let capacity = try GivenCapacity(ofOptions: cpus, gpus)
    options.milliCPUs = capacity.milliCPUs
    options.gpus = capacity.gpus
    options.supervisorPID = supervisorPID()
    options.heartbeat = heartbeatFd
    options.messageLimit = try messages.limit()
    options.messageMemory = try messages.memory()
    for path in apps {
      let app = try LoadedApp(path: path)
      options.apps.append(
        AppSource(
          appFile: app.text, descriptorSet: app.descriptorSet, directory: app.directory,
          fileName: path))
    }
    try play("controller") { [options] in try await ControllerRole.run(options) }
  }
}

struct RouterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "router",
    abstract: "Run a router alone: for Compose and systemd, where others start the rest.")

  @Option(help: ArgumentHelp("Where clients connect.", valueName: "address"))
  var listen: String?

  @Option(
    help: ArgumentHelp(
      "Where deployments call each other, apart from clients.", valueName: "address"))
  var localListen: String?

  @Option(help: ArgumentHelp("A bound socket to serve clients on.", visibility: .hidden))
  var ingressFd: Int32?

  @Option(help: ArgumentHelp("A bound socket to serve deployments on.", visibility: .hidden))
  var localFd: Int32?

  @Option(help: ArgumentHelp("A socket for signs of life.", visibility: .hidden))
  var heartbeatFd: Int32?

  @Option(
    help: ArgumentHelp("The controller; by default the run directory's.", valueName: "address"))
  var controller: String?

  @Option(help: "The router's name in status.")
  var name = "router"

  @OptionGroup var times: PortTimeOptions

  @OptionGroup var messages: MessageLimitOptions

  @OptionGroup var security: PortSecurityOptions

  @OptionGroup var mesh: MeshSecurityOptions

  @OptionGroup var options: MeshOptions

  func validate() throws {
    guard listen != nil || ingressFd != nil else { throw ValidationError("--listen is missing") }
    for address in [listen, localListen, controller].compactMap({ $0 })
    where Endpoint(address) == nil {
      throw ValidationError("expected HOST:PORT or unix:PATH, not \(address)")
    }
  }

  private func socket(_ descriptor: Int32?, _ address: String?) -> RouterOptions.Socket? {
    if let descriptor { return .inherited(descriptor) }
    return address.flatMap { Endpoint($0) }.map { .bind($0) }
  }

  func run() throws {
    TerminationSignals.block()
    guard let ingress = socket(ingressFd, listen) else { return }
    var security = try security.security()
    if case .bind(let endpoint) = ingress { security = try self.security.security(on: endpoint) }
    let controller =
      try controller.flatMap { Endpoint($0) }
      ?? .unix(path: self.options.runDirectory().controllerSocket)
    let mesh = try mesh.security(
      insecure: security.insecure, at: [localListen.flatMap { Endpoint($0) }, controller])
    var options = RouterOptions(
      name: name, ingress: ingress, security: security, local: socket(localFd, localListen),
      controller: controller, mesh: mesh, endsWithParent: supervisorPID() != nil,
      limits: try times.times().limits)
    options.heartbeat = heartbeatFd
    if let limit = try messages.limit() { options.limits.maxMessageBytes = limit.bytes }
    options.messageMemory = try messages.memory()
    try play("router") { [options] in try await RouterRole.run(options) }
  }
}

/// The supervisor that started this process, if one did.
private func supervisorPID() -> Int32? {
  getenv(ReplicaVariable.supervisorPID).flatMap { Int32(String(cString: $0)) }
}

/// Plays a role to its end; what ends it early is the process's one line of error.
private func play(_ name: String, _ role: @escaping @Sendable () async throws -> Void) throws {
  do {
    try waitFor { try await role() }
  } catch let error as ControllerError {
    throw Failure(error.exitCode, "\(name): \(error)")
  } catch let error as RPCError where error.code == .invalidArgument {
    throw Failure(Failure.badFile, lines: error.message.split(separator: "\n").map(String.init))
  } catch {
    throw Failure(Failure.failed, "\(name): \(error)")
  }
}
