// The roles in which a mesh starts an app's executable.
private import Glibc
private import MartletController
private import MartletCore
private import MartletNet
private import MartletReplica
private import MartletRouter
private import MartletSupervisor

/// One process of a mesh, as its starter spells it on the command line.
enum Role {
  case replica(deployment: String)
  case supervisor(arguments: [String])
  case controller(arguments: [String])
  case router(arguments: [String])

  /// Nil when the arguments are for people. They are read by hand: a replica should be up in a few
  /// milliseconds.
  init?(_ arguments: [String]) {
    switch arguments.first {
    case "replica": self = .replica(deployment: arguments.dropFirst().joined(separator: " "))
    case "supervisor": self = .supervisor(arguments: arguments)
    case "controller": self = .controller(arguments: arguments)
    case "router": self = .router(arguments: arguments)
    default: return nil
    }
  }

  /// Plays the role to its end; the exit status of the process.
  func run(_ app: some Application) -> Int32 {
    switch self {
    case .replica(let name): runReplica(name, app)
    case .supervisor(let arguments): runSupervisor(arguments)
    case .controller(let arguments): runController(arguments)
    case .router(let arguments): runRouter(arguments)
    }
  }

  private func runSupervisor(_ arguments: [String]) -> Int32 {
    guard let options = SupervisorOptions(arguments: arguments) else {
      return misunderstood("supervisor", arguments)
    }
    return SupervisorRole.run(options)
  }

  private func runController(_ arguments: [String]) -> Int32 {
    let values = RoleArguments(arguments)
    guard let path = values["--run-dir"], let directory = RunDirectory(path: path) else {
      return misunderstood("controller", arguments)
    }
    var options = ControllerOptions(runDirectory: directory)
    let (cpus, gpus) = (values["--cpus"], values["--gpus"])
    guard
      let capacity = try? GivenCapacity(
        cpus: cpus.map { Double($0) ?? .nan }, gpus: gpus.map { Double($0) ?? .nan })
    else { return misunderstood("controller", arguments) }
    options.milliCPUs = capacity.milliCPUs
    options.gpus = capacity.gpus
    guard let mesh = meshSecurity() else { return EX_USAGE }
    options.mesh = mesh
    guard let limit = messageLimit() else { return EX_USAGE }
    options.messageLimit = limit
    guard let memory = messageMemory() else { return EX_USAGE }
    options.messageMemory = memory
    options.supervisorPID = ThisProgram.environment[ReplicaVariable.supervisorPID].flatMap(
      Int32.init)
    options.heartbeat = values["--heartbeat-fd"].flatMap(Int32.init)
    finish { [options] in try await ControllerRole.run(options) }
  }

  private func runRouter(_ arguments: [String]) -> Int32 {
    let values = RoleArguments(arguments)
    guard let path = values["--run-dir"], let directory = RunDirectory(path: path),
      let name = values["--name"], let ingress = values["--ingress-fd"].flatMap(CInt.init),
      let local = values["--local-fd"].flatMap(CInt.init)
    else { return misunderstood("router", arguments) }
    guard let mesh = meshSecurity() else { return EX_USAGE }
    guard
      let times = try? PortTimes(
        minPingInterval: values[PortTimes.minPingIntervalOption],
        keepAlive: values[PortTimes.keepAliveOption])
    else { return misunderstood("router", arguments) }
    do throws(InvalidPortSecurity) {
      let security = try PortSecurity(
        certificate: values["--tls-cert"], key: values["--tls-key"],
        clientCA: values["--client-ca"], insecure: values.has("--insecure"),
        origins: AllowedOrigins(values.all("--cors-origin")))
      var options = RouterOptions(
        name: name, ingress: .inherited(ingress), security: security, local: .inherited(local),
        controller: .unix(path: directory.controllerSocket), mesh: mesh, limits: times.limits)
      options.heartbeat = values["--heartbeat-fd"].flatMap(CInt.init)
      guard let limit = messageLimit() else { return EX_USAGE }
      if let limit { options.limits.maxMessageBytes = limit.bytes }
      guard let memory = messageMemory() else { return EX_USAGE }
      options.messageMemory = memory
      finish { [options] in try await RouterRole.run(options) }
    } catch {
      return misunderstood("router", arguments)
    }
  }

  /// Nil when what the environment says of the mesh makes no sense, which was told.
  private func meshSecurity() -> MeshSecurity? {
    do throws(InvalidPortSecurity) {
      return try ThisProgram.meshSecurity()
    } catch {
      complain("error: \(error)")
      return nil
    }
  }

  /// Nil when what the environment says of messages makes no sense, which was told.
  private func messageLimit() -> MessageLimit?? {
    do throws(InvalidMessageLimit) {
      return .some(try MessageLimit.said(by: nil, ThisProgram.environment[MessageLimit.variable]))
    } catch {
      complain("error: \(error)")
      return nil
    }
  }

  /// Nil when what the environment says of their memory makes no sense, which was told.
  private func messageMemory() -> MessageMemoryLimit?? {
    do throws(InvalidMessageLimit) {
      return .some(
        try MessageMemoryLimit.said(by: nil, ThisProgram.environment[MessageMemoryLimit.variable]))
    } catch {
      complain("error: \(error)")
      return nil
    }
  }

  private func misunderstood(_ role: String, _ arguments: [String]) -> Int32 {
    complain("error: the \(role) does not know these arguments: \(arguments)")
    return EX_USAGE
  }

  private func runReplica<App: Application>(_ name: String, _ app: App) -> Int32 {
    let deployments = app.deployments
    guard let deployment = deployments.first(where: { $0.name == name }) else {
      let names = deployments.map(\.name).joined(separator: ", ")
      complain("error: \(App.name) has no deployment \"\(name)\"; it has \(names)")
      return EX_USAGE
    }
    let app = App.name
    finish {
      let environment = ThisProgram.environment
      var options = try ReplicaOptions(deployment: name, app: app, environment: environment)
      // Started by something else than a controller, it is configured as the app says.
      if environment[ReplicaVariable.config] == nil { options.config = deployment.spec.userConfig }
      try await ReplicaRole.run(deployment.service, execution: deployment.execution, options)
    }
  }

}

/// Runs `body` off the main thread, which has nothing to do but wait: what is formed on the main
/// actor would hang there. The process ends with `body`.
func finish(_ body: @escaping @Sendable () async throws -> Void) -> Never {
  TerminationSignals.block()
  Task.detached {
    do {
      try await body()
      exit(EX_OK)
    } catch {
      complain("error: \(error)")
      exit((error as? ControllerError)?.exitCode ?? EXIT_FAILURE)
    }
  }
  while true { pause() }
}

/// `ROLE --NAME VALUE …`, with flags that have no value
private struct RoleArguments {
  private var values: [String: [String]] = [:]

  init(_ arguments: [String]) {
    var rest = arguments.dropFirst()
    while let name = rest.popFirst() {
      if let value = rest.first, !value.hasPrefix("--") {
        values[name, default: []].append(value)
        rest.removeFirst()
      } else {
        values[name, default: []].append("")
      }
    }
  }

  func has(_ flag: String) -> Bool { values[flag] != nil }

  subscript(name: String) -> String? { values[name]?.last }

  /// What an option says each time that it is given.
  func all(_ name: String) -> [String] { values[name] ?? [] }
}
