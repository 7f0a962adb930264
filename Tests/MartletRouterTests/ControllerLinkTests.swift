// Tables and reports between a router and a controller.
import MartletCore
import MartletDispatch
import MartletNet
import MartletRPC
import SwiftProtobuf
import Synchronization
import Testing

@testable import MartletRouter

/// A controller that says what the test wrote and remembers what it was told.
private final class Controller: Martlet_Control_V1_Mesh.Service, Sendable {
  let updates: [Martlet_Control_V1_RoutingUpdate]
  let reports = Mutex<[Martlet_Control_V1_RouterReport]>([])

  init(_ updates: [Martlet_Control_V1_RoutingUpdate]) {
    self.updates = updates
  }

  func sync(
    _ requests: RPCStream<Martlet_Control_V1_RouterReport>,
    _ responses: RPCWriter<Martlet_Control_V1_RoutingUpdate>, _ call: Call
  ) async throws {
    for update in updates { try await responses.write(update) }
    for try await report in requests { reports.withLock { $0.append(report) } }
  }

  func register(
    _ requests: RPCStream<Martlet_Control_V1_ReplicaAnnouncement>,
    _ responses: RPCWriter<Martlet_Control_V1_RegistrationUpdate>, _ call: Call
  ) async throws {}
}

@Suite(.timeLimit(.minutes(1))) struct ControllerLinkTests {
  private static func updates(_ replica: Endpoint?, generation: UInt64)
    -> [Martlet_Control_V1_RoutingUpdate]
  {
    let definition = Martlet_Control_V1_AppDefinition.with {
      $0.app = "app"
      $0.version = 3
      $0.appFile = AppFile.yaml(for: Mesh.echoApp { $0.command = ["./echo"] })
    }
    let table = Martlet_Control_V1_RoutingTable.with {
      $0.generation = generation
      $0.apps = [
        .with {
          $0.app = "app"
          $0.currentVersion = 3
          $0.versions = [
            .with {
              $0.version = 3
              $0.revisions = ["echo": 2]
            }
          ]
          $0.replicaSets = [
            .with {
              $0.deployment = "echo"
              $0.revision = 2
              $0.replicas =
                replica.map { endpoint in
                  [
                    .with {
                      $0.number = 9
                      $0.endpoint = endpoint.description
                    }
                  ]
                } ?? []
            }
          ]
        }
      ]
    }
    return [.with { $0.definition = definition }, .with { $0.table = table }]
  }

  private static func serve(_ controller: Controller, at path: String) async throws -> GRPCServer {
    var table = HandlerTable()
    table.add(controller)
    let server = GRPCServer(loops: LoopGroup(count: 1), handlers: table)
    try await server.listen(on: .unix(path: path))
    return server
  }

  @Test func tablesComeDownAndLoadGoesUp() async throws {
    try await Mesh.run { mesh in
      let controller = Controller(Self.updates(nil, generation: 5))
      let server = try await Self.serve(controller, at: "\(mesh.folder)/controller")
      let link = ControllerLink(
        router: mesh.router, name: "router-0", controller: .unix(path: "\(mesh.folder)/controller"))
      let running = Task(executorPreference: mesh.loop) { await link.run() }
      try await mesh.eventually { $0.dispatcher.generation == 5 }
      let call = Task { try await mesh.say("x") }
      try await mesh.eventually { _ in
        controller.reports.withLock { $0.last?.deployments.first?.queued == 1 }
      }
      let last = controller.reports.withLock { $0.last }
      #expect(last?.router == "router-0")
      #expect(last?.tableGeneration == 5)
      #expect(last?.versions.first?.ongoing == 1)

      // The controller dies and comes back with a replica; the router kept the call.
      await server.drain(within: .zero)
      let replica = try await mesh.startEcho("r")
      let successor = Controller(Self.updates(replica, generation: 6))
      let second = try await Self.serve(successor, at: "\(mesh.folder)/controller")
      #expect(try await call.value.text == "x")
      try await mesh.eventually { _ in
        successor.reports.withLock { $0.last?.tableGeneration == 6 }
      }
      running.cancel()
      await running.value
      await second.drain(within: .zero)
    }
  }
}
