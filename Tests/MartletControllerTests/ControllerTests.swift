// Stories of real controllers with real replicas, and of their sudden deaths.
import Foundation
import Glibc
import MartletCore
import MartletRPC
import SwiftProtobuf
import Testing

@Suite(.serialized, .timeLimit(.minutes(3))) struct ControllerTests {
  private func withController(
    supervisor: Int32? = nil, _ body: (ControllerProcess) async throws -> Void
  ) async throws {
    let controller = try ControllerProcess(supervisor: supervisor)
    do {
      try await controller.start()
      try await body(controller)
    } catch {
      await controller.end()
      throw error
    }
    await controller.end()
    #expect(ProcessList.members(of: controller.directory).isEmpty)
  }

  @Test func aDeployStartsHealthyReplicasAndShutdownLeavesNothing() async throws {
    try await withController { controller in
      #expect(try await controller.deploy(ControllerProcess.app("serve", replicas: 2)) == 1)
      for replica in try await controller.running(2) {
        let environment = ProcessList.environment(of: replica.pid)
        #expect(environment.contains("MARTLET_REPLICA=a#\(replica.number)"))
        #expect(environment.contains("MARTLET_APP=app"))
      }
      _ = try await controller.client.shutdown(.init(), timeout: .seconds(20))
      #expect(try await controller.waitForExit() == 0)
      #expect(ProcessList.members(of: controller.directory).isEmpty)
      #expect(ProcessList.names(controller.directory.replicas).isEmpty)
      #expect(ProcessList.names(controller.directory.configurations).isEmpty)
      #expect(!ProcessList.names(controller.directory.path).contains("controller.sock"))
    }
  }

  @Test func aRouterGetsTheDefinitionThenTheTable() async throws {
    try await withController { controller in
      _ = try await controller.deploy(ControllerProcess.app("serve", replicas: 2))
      _ = try await controller.running(2)
      try await controller.mesh.sync(timeout: .seconds(10)) { reports, updates in
        try await reports.write(.with { $0.router = "router-0" })
        var updates = updates.makeAsyncIterator()
        let first = try await updates.next()
        #expect(first?.definition.app == "app")
        #expect(first?.definition.version == 1)
        let second = try await updates.next()
        let app = try #require(second?.table.apps.first)
        #expect(app.currentVersion == 1)
        #expect(app.versions.first?.revisions == ["a": 1])
        #expect(app.replicaSets.first?.replicas.count == 2)
        #expect(app.replicaSets.first?.replicas.first?.endpoint.hasPrefix("unix:/tmp/mct") == true)
      }
    }
  }

  @Test func aKilledReplicaIsReplacedInAQuarterOfASecond() async throws {
    try await withController { controller in
      _ = try await controller.deploy(ControllerProcess.app("serve", replicas: 2))
      let before = try await controller.running(2)
      kill(before[0].pid, SIGKILL)
      let start = ContinuousClock.now
      let after = try await controller.app("healed") { app in
        let running = app.deployments[0].replicas.filter { $0.state == .running }
        return running.count == 2 && !running.contains { $0.pid == before[0].pid }
      }
      // A limit for a hang; how soon it is, the integration tests measure.
      #expect(ContinuousClock.now - start < .seconds(5))
      #expect(after.deployments[0].replicas.contains { $0.pid == before[1].pid })
    }
  }

  @Test func aKilledControllerFindsTheSameReplicasAgain() async throws {
    try await withController { controller in
      _ = try await controller.deploy(ControllerProcess.app("serve", replicas: 3))
      let before = try await controller.running(3)
      controller.kill()
      let start = ContinuousClock.now
      try await controller.start()
      let after = try await controller.running(3)
      #expect(ContinuousClock.now - start < .seconds(5))
      #expect(after.map(\.pid) == before.map(\.pid))
      #expect(after.map(\.number) == before.map(\.number))
      #expect(ProcessList.members(of: controller.directory).count == 3)
      // An adopted replica is watched like any other one.
      kill(after[0].pid, SIGKILL)
      try await controller.app("healed") { app in
        let running = app.deployments[0].replicas.filter { $0.state == .running }
        return running.count == 3 && !running.contains { $0.pid == after[0].pid }
      }
    }
  }

  @Test func aReplicaThatDiedMeanwhileIsReplacedAndALostStateLeavesNoOrphans() async throws {
    try await withController { controller in
      _ = try await controller.deploy(ControllerProcess.app("serve", replicas: 2))
      let before = try await controller.running(2)
      controller.kill()
      kill(before[0].pid, SIGKILL)
      try await controller.start()
      let after = try await controller.running(2)
      #expect(after[0].pid == before[1].pid)
      controller.kill()
      for name in ["state.sqlite", "state.sqlite-wal", "state.sqlite-shm"] {
        unlink("\(controller.directory.path)/\(name)")
      }
      try await controller.start()
      try await eventually("leftovers are ended") {
        ProcessList.members(of: controller.directory).isEmpty
      }
      #expect(ProcessList.names(controller.directory.replicas).isEmpty)
    }
  }

  @Test func aProgramThatDiesAtStartFailsTheDeployAndSaysHow() async throws {
    try await withController { controller in
      _ = try await controller.deploy(ControllerProcess.app("exit", "3"))
      let app = try await controller.app("failed") { $0.state == .deployFailed }
      #expect(app.message.contains("exited with status 3"))
      #expect(app.message.contains("giving up: this fixture always does"))
      #expect(ProcessList.members(of: controller.directory).isEmpty)
    }
  }

  @Test func aBadUpdateIsRolledBackAndTheOldReplicasServeOn() async throws {
    try await withController { controller in
      _ = try await controller.deploy(ControllerProcess.app("serve", replicas: 2))
      let before = try await controller.running(2)
      _ = try await controller.deploy(ControllerProcess.app("exit", "4", replicas: 2))
      let app = try await controller.app("failed") { $0.state == .deployFailed }
      #expect(app.version == 1)
      #expect(app.message.contains("exited with status 4"))
      #expect(Set(before.map(\.pid)).isSubset(of: Set(app.deployments[0].replicas.map(\.pid))))
      let events = try await controller.client.listEvents(.init(), timeout: .seconds(5)).events
      #expect(events.contains { $0.reason == "RolledBack" })
    }
  }

  @Test func aReplicaThatNeverServesIsGivenUp() async throws {
    try await withController { controller in
      _ = try await controller.deploy(
        ControllerProcess.app("hang", extra: ", \"startup_timeout_s\": 2"))
      let app = try await controller.app("failed") { $0.state == .deployFailed }
      #expect(app.message.contains("did not answer SERVING within 2.0 seconds"))
    }
  }

  @Test func anUpdateReplacesEveryReplicaAndRollbackBringsTheOldProgramBack() async throws {
    try await withController { controller in
      _ = try await controller.deploy(ControllerProcess.app("serve", replicas: 2))
      let before = try await controller.running(2)
      #expect(try await controller.deploy(ControllerProcess.app("serve", replicas: 2)) == 1)
      _ = try await controller.deploy(ControllerProcess.app("deaf", replicas: 2))
      try await controller.app("updated") { $0.version == 2 }
      let after = try await controller.running(2)
      #expect(Set(after.map(\.pid)).isDisjoint(with: before.map(\.pid)))
      let back = try await controller.client.rollback(
        .with { $0.app = "app" }, timeout: .seconds(5))
      #expect(back.version == 3)
      try await controller.app("rolled back") { $0.version == 3 }
      // The deaf ones need a SIGKILL after their grace.
      let last = try await controller.running(2)
      #expect(Set(last.map(\.pid)).isDisjoint(with: after.map(\.pid)))
    }
  }

  @Test func aCodeVersionStandsForTheFilesOfTheProgram() async throws {
    try await withController { controller in
      let file = "\(controller.directory.path)/weights"
      /// Deploys with a new file in the place of the old one.
      func deploy(_ version: String?) async throws -> UInt64 {
        try Data(version.debugDescription.utf8).write(to: URL(filePath: file), options: .atomic)
        let extra = version.map { ", \"code_version\": \"\($0)\"" } ?? ""
        return try await controller.deploy(
          ControllerProcess.app("serve", file, replicas: 2, extra: extra))
      }
      /// The processes once version `version` runs.
      func replicas(_ version: UInt64) async throws -> Set<Int32> {
        try await controller.app("version \(version)") { $0.version == version }
        return Set(try await controller.running(2).map(\.pid))
      }
      #expect(try await deploy("1") == 1)
      let first = try await replicas(1)
      #expect(try await deploy("1") == 1)
      #expect(try await replicas(1) == first)
      #expect(try await deploy("2") == 2)
      let second = try await replicas(2)
      #expect(second.isDisjoint(with: first))

      // What it goes back to is a name of 1 with the file of 2, so that 1 is a change again.
      _ = try await controller.client.rollback(.with { $0.app = "app" }, timeout: .seconds(5))
      let third = try await replicas(3)
      #expect(third.isDisjoint(with: second))
      #expect(try await deploy("1") == 4)
      let fourth = try await replicas(4)
      #expect(fourth.isDisjoint(with: third))

      // Without a version the file counts.
      #expect(try await deploy(nil) == 5)
      let fifth = try await replicas(5)
      #expect(fifth.isDisjoint(with: fourth))
      #expect(try await deploy(nil) == 6)
      #expect(try await replicas(6).isDisjoint(with: fifth))
    }
  }

  @Test func whatAReplicaStartedEndsWithIt() async throws {
    try await withController { controller in
      _ = try await controller.deploy(ControllerProcess.app("fork"))
      let replica = try await controller.running(1)[0]
      #expect(ProcessList.members(of: controller.directory).count == 2)
      kill(replica.pid, SIGKILL)
      try await eventually("the sleeper of the dead replica is gone") {
        ProcessList.members(of: controller.directory).count == 2
      }
    }
  }

  @Test func theEndOfTheSupervisorEndsTheMesh() async throws {
    let supervisor = try ControllerProcess.spawn(["/bin/sleep", "1000"])
    try await withController(supervisor: supervisor) { controller in
      _ = try await controller.deploy(ControllerProcess.app("serve", replicas: 2))
      _ = try await controller.running(2)
      kill(supervisor, SIGKILL)
      waitpid(supervisor, nil, 0)
      #expect(try await controller.waitForExit() == 0)
      #expect(ProcessList.members(of: controller.directory).isEmpty)
      #expect(ProcessList.names(controller.directory.replicas).isEmpty)
    }
  }

  @Test func scalingMakesAndDrainsReplicas() async throws {
    try await withController { controller in
      _ = try await controller.deploy(ControllerProcess.app("serve"))
      _ = try await controller.running(1)
      let scale = Martlet_Control_V1_ScaleRequest.with {
        $0.deployment = "a"
        $0.replicas = 3
      }
      let response = try await controller.client.scale(scale, timeout: .seconds(5))
      #expect(response.previousReplicas == 1)
      _ = try await controller.running(3)
      try await controller.mesh.sync(timeout: .seconds(20)) { reports, updates in
        // A router that applies every table at once and has nothing in hand.
        try await reports.write(.with { $0.router = "router-0" })
        var fewer = scale
        fewer.replicas = 1
        _ = try await controller.client.scale(fewer, timeout: .seconds(5))
        for try await update in updates {
          guard case .table(let table) = update.update else { continue }
          try await reports.write(
            .with {
              $0.router = "router-0"
              $0.tableGeneration = table.generation
            })
          if table.apps[0].replicaSets[0].replicas.count == 1 { break }
        }
        _ = try await controller.running(1)
      }
    }
  }

  @Test func gpusAreHandedOutAndWhatDoesNotFitWaits() async throws {
    try await withController { controller in
      let request = ControllerProcess.app(
        "serve", replicas: 3, extra: #", "env": {"GREETING": "hello"}"#)
      var wide = request
      wide.appFile = request.appFile.replacing(
        #""resources": {"cpus": 0.1}"#, with: #""resources": {"cpus": 0.1, "gpus": 1}"#)
      _ = try await controller.deploy(wide)
      let app = try await controller.app("as full as it gets") { app in
        app.deployments.first?.runningReplicas == 2
          && app.deployments[0].replicas.contains { $0.state == .pending }
      }
      #expect(app.deployments[0].message == "needs 1 GPUs (free: 0 + 0 of 2)")
      let running = app.deployments[0].replicas.filter { $0.state == .running }
      let environments = running.map { ProcessList.environment(of: $0.pid) }
      #expect(environments[0].contains("CUDA_VISIBLE_DEVICES=0"))
      #expect(environments[1].contains("CUDA_VISIBLE_DEVICES=1"))
      #expect(environments[0].contains("GREETING=hello"))
      let machine = try await controller.status().machine
      #expect(machine.milliGpus == 2000)
      #expect(machine.milliGpusTaken == 2000)
    }
  }

  @Test func externalReplicasRegisterAndAreNotScaled() async throws {
    try await withController { controller in
      _ = try await controller.deploy(ControllerProcess.app("serve", launcher: "external"))
      let announcement = Martlet_Control_V1_ReplicaAnnouncement.with {
        $0.app = "app"
        $0.deployment = "a"
        $0.endpoint = "127.0.0.1:1"
      }
      try await controller.mesh.register(timeout: .seconds(10)) { announcements, updates in
        try await announcements.write(announcement)
        var updates = updates.makeAsyncIterator()
        let number = try await updates.next()?.number
        let replicas = try await controller.status().apps[0].deployments[0].replicas
        #expect(replicas.map(\.number) == [number])
        #expect(replicas[0].endpoint == "127.0.0.1:1")
        let refusal = await #expect(throws: RPCError.self) {
          _ = try await controller.client.scale(
            .with {
              $0.deployment = "a"
              $0.replicas = 2
            }, timeout: .seconds(5))
        }
        #expect(refusal?.code == .failedPrecondition)
        #expect(refusal?.message.contains("docker-compose up -d --scale a=2") == true)
      }
      try await controller.app("left") { $0.deployments[0].replicas.isEmpty }
    }
  }

  @Test func badAppsAreRefusedAndNothingStarts() async throws {
    try await withController { controller in
      let missing = Martlet_Control_V1_DeployRequest.with {
        $0.directory = "/tmp"
        $0.appFile = """
          {"name": "app", "deployments": [{"name": "a", "command": ["./nowhere"],
            "services": ["s.S"]}], "routes": [{"service": "s.S", "deployment": "b"}]}
          """
      }
      let error = await #expect(throws: RPCError.self) {
        _ = try await controller.deploy(missing)
      }
      #expect(error?.code == .invalidArgument)
      var program = missing
      program.appFile = missing.appFile.replacing(#""b"}"#, with: #""a"}"#)
      let unknown = await #expect(throws: RPCError.self) {
        _ = try await controller.deploy(program)
      }
      #expect(unknown?.message.contains("/tmp/./nowhere: No such file or directory") == true)
      let apps = try await controller.status().apps
      #expect(apps.isEmpty)
      let none = await #expect(throws: RPCError.self) {
        _ = try await controller.client.delete(.with { $0.app = "b" }, timeout: .seconds(5))
      }
      #expect(none?.code == .notFound)
    }
  }

  @Test func manyDeathsCostNoDescriptorsAndNoMemory() async throws {
    try await withController { controller in
      _ = try await controller.deploy(ControllerProcess.app("serve", replicas: 4))
      _ = try await controller.running(4)
      try await killReplicas(of: controller, count: 40)
      let descriptors = ProcessList.descriptors(of: controller.pid)
      let memory = ProcessList.privateKiB(of: controller.pid)
      try await killReplicas(of: controller, count: 160)
      #expect(ProcessList.descriptors(of: controller.pid) <= descriptors + 2)
      #expect(ProcessList.privateKiB(of: controller.pid) < memory + 2048)
      let logs = ProcessList.names(controller.directory.logs).count { $0.hasPrefix("a-") }
      #expect(logs <= 4 + 5)
      #expect(ProcessList.members(of: controller.directory).count == 4)
    }
  }

  private func killReplicas(of controller: ControllerProcess, count: Int) async throws {
    for _ in 0..<(count / 4) {
      let pids = try await controller.running(4).map(\.pid)
      for pid in pids { kill(pid, SIGKILL) }
      try await controller.app("healed") { app in
        app.deployments[0].replicas.allSatisfy { !pids.contains($0.pid) }
      }
    }
    _ = try await controller.running(4)
  }
}
