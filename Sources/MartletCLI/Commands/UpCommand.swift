// `martlet up`: starts a mesh on this machine.

internal import ArgumentParser
internal import Glibc
internal import MartletController
internal import MartletCore
internal import MartletNet
internal import MartletRPC
internal import MartletSupervisor
internal import Synchronization

struct UpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Start a mesh on this machine and deploy apps to it.",
    discussion: """
      Without --detach it stays until Ctrl-C or SIGTERM, finishes the requests in hand and ends. \
      Apps that were deployed to the same run directory before are there again.
      """)

  @Argument(help: "App files.", completion: .file(extensions: ["yaml", "yml", "json"]))
  var files: [String] = []

  @Flag(help: "Return when the apps run and leave the mesh running.")
  var detach = false

  @Option(help: "Router processes, one core each, all on the same listening socket.")
  var routers = 1

  @Option(
    help: ArgumentHelp(
      "Where clients connect, HOST:PORT or unix:PATH. Port 0 takes a free one.",
      valueName: "address"))
  var listen = "127.0.0.1:8000"

  @Option(help: "CPUs to share out; by default what the machine has.")
  var cpus: Double?

  @Option(help: "GPUs to share out; by default what the machine has.")
  var gpus: Int?

  @OptionGroup var messages: MessageLimitOptions

  @OptionGroup var security: PortSecurityOptions

  @OptionGroup var times: PortTimeOptions

  @OptionGroup var meshSecurity: MeshSecurityOptions

  @OptionGroup var mesh: MeshOptions

  func validate() throws {
    guard Endpoint(listen) != nil else {
      throw ValidationError("--listen takes HOST:PORT or unix:PATH, not \(listen)")
    }
    guard (1...SupervisorOptions.maxRouters).contains(routers) else {
      throw ValidationError("--routers takes 1 to \(SupervisorOptions.maxRouters)")
    }
    _ = try GivenCapacity(ofOptions: cpus, gpus.map(Double.init))
  }

  func run() throws {
    if !detach { TerminationSignals.block() }
    let directory = try mesh.runDirectory()
    if let pid = directory.supervisor() { throw Failure(directory.isTaken(by: pid)) }
    let options = try options(directory)
    var apps: [LoadedApp] = []
    for file in files { apps.append(try LoadedApp(path: file)) }
    try check(apps)
    let process: MeshProcess
    do throws(SupervisorError) {
      process = try MeshProcess.start(options, detached: detach)
    } catch {
      throw Failure(error)
    }
    if detach {
      try deploy(apps, to: process, directory)
    } else {
      try stay(process, apps, directory)
    }
  }

  /// Nothing is started for a file that the controller would refuse.
  private func check(_ apps: [LoadedApp]) throws(Failure) {
    var files: [String: String] = [:]
    for app in apps {
      let name = app.file.spec.name
      if let other = files.updateValue(app.file.name, forKey: name) {
        throw Failure(
          Failure.badFile, "\(app.file.name): app \(name) is in \(other) as well; name one file")
      }
      do throws(RPCError) {
        try ControllerRole.check(
          AppSource(
            appFile: app.text, descriptorSet: app.descriptorSet, directory: app.directory,
            fileName: app.file.name))
      } catch {
        throw Failure(Failure.badFile, lines: error.message.split(separator: "\n").map(String.init))
      }
    }
  }

  private func options(_ directory: RunDirectory) throws -> SupervisorOptions {
    var options = SupervisorOptions(runDirectory: directory)
    if let endpoint = Endpoint(listen) { options.listen = endpoint }
    options.security = try security.security(on: options.listen)
    options.times = try times.times()
    options.mesh = try meshSecurity.security()
    options.routers = routers
    options.messageLimit = try messages.limit()
    options.messageMemory = try messages.memory()
    if let cpus { options.controllerArguments += ["--cpus", "\(cpus)"] }
    if let gpus { options.controllerArguments += ["--gpus", "\(gpus)"] }
    return options
  }

  /// Deploys while the main thread waits for signals and for the supervisor's end; a mesh that cannot
  /// serve what it was started for is ended. A mesh that ends because its controller cannot start has said why
  /// to nobody but its log.
  private func stay(
    _ process: MeshProcess, _ apps: [LoadedApp], _ directory: RunDirectory
  ) throws {
    let failure = ExitStatus()
    let command = self
    Task.detached {
      do {
        try await command.deployAll(apps, to: process, directory)
        Terminal.complain("Ctrl-C ends the mesh")
      } catch {
        if process.isEnding { return }
        failure.set(command.exitCode(for: error))
        for line in command.lines(of: error, directory) { Terminal.complain(line) }
        kill(process.pid, SIGTERM)
      }
    }
    let status = process.waitPassingSignals()
    if failure.value != 0 { throw ExitCode(failure.value) }
    if let why = process.controllerFailure(status) {
      throw Failure(status, lines: why)
    }
    guard status == 0 else { throw ExitCode(status) }
  }

  private func deploy(
    _ apps: [LoadedApp], to process: MeshProcess, _ directory: RunDirectory
  ) throws {
    let command = self
    do {
      try waitFor {
        try await withThrowingTaskGroup { group in
          group.addTask { try await command.deployAll(apps, to: process, directory) }
          group.addTask { try await Self.end(of: process, directory) }
          defer { group.cancelAll() }
          try await group.next()
        }
      }
    } catch let ended as MeshEnded {
      throw ended.failure
    } catch let refused as Refused {
      process.stop()
      throw Failure(exitCode(for: refused.cause), lines: lines(of: refused.cause, directory))
    } catch {
      var lines = lines(of: error, directory)
      lines.append(
        "martlet: the mesh runs nevertheless; see martlet status, end it with martlet down")
      throw Failure(exitCode(for: error), lines: lines)
    }
  }

  /// A mesh that has ended by itself, while apps were deployed to it.
  private struct MeshEnded: Error {
    var failure: Failure
  }

  /// The controller takes an app not at all, and so nothing comes of what was started for it.
  private struct Refused: Error {
    var cause: any Error
  }

  /// Throws `MeshEnded` when a detached mesh ends.
  private static func end(of process: MeshProcess, _ directory: RunDirectory) async throws {
    while true {
      if let status = process.exitStatus() {
        let why =
          process.controllerFailure(status)
          ?? ["martlet: the mesh has ended; see \(directory.log(of: "supervisor"))"]
        throw MeshEnded(failure: Failure(status == 0 ? Failure.failed : status, lines: why))
      }
      try await Task.sleep(for: pause)
    }
  }

  /// Between two looks whether a mesh is still there.
  private static let pause = Duration.milliseconds(50)

  private func exitCode(for error: any Error) -> Int32 {
    if let refused = error as? Refused { return exitCode(for: refused.cause) }
    return (error as? Failure)?.exitCode ?? Failure.failed
  }

  private func lines(of error: any Error, _ directory: RunDirectory) -> [String] {
    if let refused = error as? Refused { return lines(of: refused.cause, directory) }
    if let failure = error as? Failure { return failure.lines }
    return ["martlet: \(error); see \(directory.log(of: "controller"))"]
  }

  private func deployAll(
    _ apps: [LoadedApp], to process: MeshProcess, _ directory: RunDirectory
  ) async throws {
    let mesh = try Mesh(directory, mustRun: false)
    var begun: [(rollout: Rollout, version: UInt64)] = []
    for app in apps {
      let rollout = Rollout(mesh: mesh, app: app)
      do {
        begun.append((rollout, try await mesh.answering { try await rollout.begin() }.version))
      } catch {
        throw Refused(cause: error)
      }
    }
    if apps.isEmpty {
      let request = Martlet_Control_V1_GetStatusRequest()
      _ = try await mesh.answering {
        try await mesh.control.getStatus(request, timeout: Mesh.answerTimeout)
      }
      Terminal.print("the mesh is up on \(process.address)")
    }
    for (rollout, version) in begun {
      try await mesh.report(
        rollout.app.file.spec.name, version: version, address: "\(process.address)")
    }
  }
}

/// What a task that is not waited for has to say, seen by every thread.
private final class ExitStatus: Sendable {
  private let code = Atomic<Int32>(0)

  func set(_ value: Int32) { code.store(value, ordering: .releasing) }
  var value: Int32 { code.load(ordering: .acquiring) }
}

extension MeshProcess {
  /// Why the mesh ended by itself with a status, in lines; nil when it did not.
  fileprivate func controllerFailure(_ status: Int32) -> [String]? {
    cannotStart(status).map { ["martlet: \($0.reason)"] + $0.lines }
  }

  /// Whether the supervisor, a child of this process, has ended or is about to.
  fileprivate var isEnding: Bool { kill(pid, 0) != 0 }
}
