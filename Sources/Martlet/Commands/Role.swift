// The roles in which a mesh starts an app's executable.
private import Glibc
private import MartletCore
private import MartletReplica
private import MartletSupervisor

/// One process of a mesh, as its starter spells it on the command line.
enum Role {
  case replica(deployment: String)
  case supervisor(arguments: [String])

  /// Nil when the arguments are for people. They are read by hand: a replica should be up in a few
  /// milliseconds.
  init?(_ arguments: [String]) {
    switch arguments.first {
    case "replica" where arguments.count == 2: self = .replica(deployment: arguments[1])
    case "supervisor": self = .supervisor(arguments: arguments)
    default: return nil
    }
  }

  /// Plays the role to its end; the exit status of the process.
  func run(_ app: some Application) -> Int32 {
    switch self {
    case .replica(let name): runReplica(name, app)
    case .supervisor(let arguments): runSupervisor(arguments)
    }
  }

  private func runSupervisor(_ arguments: [String]) -> Int32 {
    guard let options = SupervisorOptions(arguments: arguments) else {
      complain("error: the supervisor does not know these arguments: \(arguments)")
      return EX_USAGE
    }
    return SupervisorRole.run(options)
  }

  private func runReplica<App: Application>(_ name: String, _ app: App) -> Int32 {
    let deployments = app.deployments
    guard let deployment = deployments.first(where: { $0.name == name }) else {
      let names = deployments.map(\.name).joined(separator: ", ")
      complain("error: \(App.name) has no deployment \"\(name)\"; it has \(names)")
      return EX_USAGE
    }
    let app = App.name
    return finish {
      let options = try ReplicaOptions(
        deployment: name, app: app, environment: ThisProgram.environment)
      try await deployment.replica(options)
    }
  }

  /// Runs `body` off the main thread, which has nothing to do but wait: what is formed on the main
  /// actor would hang there.
  private func finish(_ body: @escaping @Sendable () async throws -> Void) -> Int32 {
    Task.detached {
      do {
        try await body()
        exit(EX_OK)
      } catch {
        complain("error: \(error)")
        exit(EXIT_FAILURE)
      }
    }
    while true { pause() }
  }
}
