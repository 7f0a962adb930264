// `app run --in-process`: the whole app in this one process, for debuggers.
private import Glibc
internal import MartletCore
private import MartletNet

/// Serves an app until Ctrl-C or SIGTERM, without a supervisor, a controller or replicas.
struct InProcessRun: Sendable {
  let app: LocalApp
  let listen: Endpoint
  let security: PortSecurity
  let times: PortTimes

  /// Returns when everything is finished. A second signal does not wait for what is under way.
  func run() async throws {
    let signalLoops = LoopGroup(count: 1)
    let signals = try TerminationSignals(on: signalLoops.next())
    DescriptorLimit.raise()
    try setEnvironment()
    let mesh = try await LocalMesh(app)
    let address: Endpoint
    do {
      address = try await mesh.listen(on: listen, security: security, times: times)
    } catch {
      await mesh.shutdown(within: .zero)
      throw error
    }
    let count = app.deployments.count
    complain(
      "\(app.name) serves on \(address) with \(count) deployment\(count == 1 ? "" : "s") in this "
        + "process, \(getpid()); Ctrl-C ends it")
    _ = await signals.next()
    let patience = app.deployments.map(\.spec.gracefulShutdownTimeout).max() ?? .zero
    await withTaskGroup { group in
      group.addTask { await mesh.shutdown(within: patience) }
      group.addTask { if await signals.next() != nil { exit(EXIT_FAILURE) } }
      await group.next()
      group.cancelAll()
    }
  }

  /// Deployments find their variables as in a process of their own, as long as they agree.
  private func setEnvironment() throws {
    var owners: [String: Deployment] = [:]
    for deployment in app.deployments {
      for (name, value) in deployment.spec.environment.sorted(by: { $0.key < $1.key }) {
        if let other = owners[name], other.spec.environment[name] != value {
          throw InProcessProblem(
            description: "\(other.name) and \(deployment.name) want different values of \(name), "
              + "and a process has one environment; run the app without --in-process")
        }
        owners[name] = deployment
        setenv(name, value, 1)
      }
    }
  }
}

/// Why an app cannot run in one process.
private struct InProcessProblem: Error, CustomStringConvertible {
  let description: String
}
