// The first deploy of `app run`, while the mesh comes up around it.
internal import Glibc
internal import MartletCore
internal import MartletNet
internal import MartletRPC
internal import MartletSupervisor
internal import Synchronization

/// Deploys an app to a mesh that was just started and reports how that goes.
struct InitialRollout: Sendable {
  let spec: AppSpec
  let descriptors: DescriptorSet
  let controller: Endpoint

  /// What happens when sources are saved; nil: nothing.
  let reload: LiveReload?

  private final class Outcome: Sendable {
    let hasFailed = Atomic(false)
  }

  /// Returns when the mesh has ended, with the exit status of this process: 1 when the app did not
  /// come up, in which case the mesh is ended.
  func follow(_ mesh: MeshProcess) -> Int32 {
    let outcome = Outcome()
    Task.detached {
      do {
        try await deploy(address: mesh.address)
      } catch {
        complain("error: \(spec.name) did not come up: \(error)")
        outcome.hasFailed.store(true, ordering: .releasing)
        kill(mesh.pid, SIGTERM)
        return
      }
      do {
        try await watch()
      } catch {
        complain("error: sources cannot be watched: \(error)")
        outcome.hasFailed.store(true, ordering: .releasing)
        kill(mesh.pid, SIGTERM)
      }
    }
    let status = mesh.waitPassingSignals()
    reload?.process.end()
    guard !outcome.hasFailed.load(ordering: .acquiring) else { return 1 }
    if let (reason, lines) = mesh.cannotStart(status) {
      complain("error: \(reason)")
      for line in lines { complain(line) }
    }
    return status
  }

  private func watch() async throws {
    guard let reload else { return }
    let loops = LoopGroup(count: 1)
    let control = MeshControl(GRPCChannel(endpoint: controller, loops: loops))
    try await reload.follow(control, on: loops.next())
  }

  private func deploy(address: Endpoint) async throws {
    let loops = LoopGroup(count: 1)
    let channel = GRPCChannel(endpoint: controller, loops: loops)
    let control = MeshControl(channel)
    let response = try await control.deploy(
      appFile: AppFile.yaml(for: spec), descriptorSet: descriptors,
      directory: ThisProgram.currentDirectory())
    try await control.waitUntilRunning(app: spec.name, version: response.version) { status in
      for deployment in status.deployments where !deployment.message.isEmpty {
        complain("\(deployment.name): \(deployment.message)")
      }
    }
    let count = spec.deployments.count
    complain(
      "\(spec.name) serves on \(address) with \(count) deployment\(count == 1 ? "" : "s"); "
        + "Ctrl-C ends it")
    await channel.close()
    await loops.shutdown()
  }
}
