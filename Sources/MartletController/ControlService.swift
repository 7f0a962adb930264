// The control API over a mesh controller.
internal import MartletCore
internal import MartletRPC
internal import MartletScaling
internal import SwiftProtobuf

/// Answers martlet.control.v1.Controller.
struct ControlService: Martlet_Control_V1_Controller.Service {
  let controller: MeshController
  /// Called once `Shutdown` has been answered for good.
  let finished: AsyncStream<Void>.Continuation

  func deploy(
    _ request: Martlet_Control_V1_DeployRequest, _ call: Call
  ) async throws -> Martlet_Control_V1_DeployResponse {
    let source = AppSource(
      appFile: request.appFile, descriptorSet: [UInt8](request.descriptorSet),
      directory: request.directory)
    return .init(try await controller.deploy(source))
  }

  func rollback(
    _ request: Martlet_Control_V1_RollbackRequest, _ call: Call
  ) async throws -> Martlet_Control_V1_DeployResponse {
    .init(try await controller.rollback(request.app))
  }

  func delete(
    _ request: Martlet_Control_V1_DeleteRequest, _ call: Call
  ) async throws -> Martlet_Control_V1_DeleteResponse {
    try await controller.delete(request.app)
    return .init()
  }

  func scale(
    _ request: Martlet_Control_V1_ScaleRequest, _ call: Call
  ) async throws -> Martlet_Control_V1_ScaleResponse {
    let (app, before) = try await controller.scale(
      app: request.app, deployment: request.deployment, to: Int(request.replicas))
    return .with {
      $0.app = app
      $0.previousReplicas = UInt32(before)
    }
  }

  func getStatus(
    _ request: Martlet_Control_V1_GetStatusRequest, _ call: Call
  ) async throws -> Martlet_Control_V1_GetStatusResponse {
    try await controller.status(app: request.app, version: AppVersion(request.version))
  }

  func getDefinitions(
    _ request: Martlet_Control_V1_GetDefinitionsRequest, _ call: Call
  ) async throws -> Martlet_Control_V1_GetDefinitionsResponse {
    let definitions = try await controller.definitions(app: request.app)
    return .with { $0.definitions = definitions.map { .init($0.0, $0.1, $0.2) } }
  }

  func getGraphFigures(
    _ request: Martlet_Control_V1_GetGraphFiguresRequest, _ call: Call
  ) async throws -> Martlet_Control_V1_GetGraphFiguresResponse {
    let graphs = await controller.graphFigures(app: request.app)
    return .with { $0.graphs = graphs }
  }

  func listEvents(
    _ request: Martlet_Control_V1_ListEventsRequest, _ call: Call
  ) async throws -> Martlet_Control_V1_ListEventsResponse {
    let events = try await controller.events(after: request.afterID, limit: request.limit)
    return .with { $0.events = events.map { .init($0) } }
  }

  func shutdown(
    _ request: Martlet_Control_V1_ShutdownRequest, _ call: Call
  ) async throws -> Martlet_Control_V1_ShutdownResponse {
    await controller.shutDown()
    finished.yield()
    return .init()
  }
}

/// Answers martlet.control.v1.Mesh.
struct MeshService: Martlet_Control_V1_Mesh.Service {
  let controller: MeshController

  func sync(
    _ requests: RPCStream<Martlet_Control_V1_RouterReport>,
    _ responses: RPCWriter<Martlet_Control_V1_RoutingUpdate>, _ call: Call
  ) async throws {
    // A table replaces the one before, so one reminder is as good as many.
    let (changes, changed) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let session = await controller.routerConnected(changed)
    do {
      try await withThrowingTaskGroup { group in
        group.addTask {
          for try await report in requests {
            await controller.routerReported(session, RouterReport(report), report.graphs)
          }
        }
        group.addTask {
          for await _ in changes {
            for update in try await controller.updates(for: session) {
              try await responses.write(update)
            }
          }
        }
        try await group.next()
        group.cancelAll()
      }
    } catch {
      await controller.routerDisconnected(session)
      throw error
    }
    await controller.routerDisconnected(session)
  }

  func register(
    _ requests: RPCStream<Martlet_Control_V1_ReplicaAnnouncement>,
    _ responses: RPCWriter<Martlet_Control_V1_RegistrationUpdate>, _ call: Call
  ) async throws {
    var announcements = requests.makeAsyncIterator()
    guard let first = try await announcements.next() else { return }
    guard let announced = Endpoint(first.endpoint) else {
      throw RPCError(
        .invalidArgument, "endpoint is \"\(first.endpoint)\"; it should be HOST:PORT")
    }
    let endpoint = announced.reached(at: call.peer)
    let key = DeploymentKey(app: first.app, deployment: first.deployment)
    let (ends, gone) = AsyncStream.makeStream(of: Void.self)
    let number = try await accepted(key, endpoint, gone)
    do {
      try await responses.write(.with { $0.number = number })
      let rest = announcements
      try await withThrowingTaskGroup { group in
        group.addTask {
          var rest = rest
          while let announcement = try await rest.next() {
            if announcement.draining { await controller.announcedDraining(number) }
          }
        }
        // The app was deleted while the replica is still there.
        group.addTask { for await _ in ends {} }
        try await group.next()
        group.cancelAll()
      }
    } catch {
      await controller.unregistered(number)
      throw error
    }
    await controller.unregistered(number)
  }

  /// Waits until the app is deployed: containers start in any order.
  private func accepted(
    _ key: DeploymentKey, _ endpoint: Endpoint, _ gone: AsyncStream<Void>.Continuation
  ) async throws -> UInt64 {
    let (waiter, deploys) = await controller.deploys()
    do {
      if let number = try await controller.register(key, endpoint, gone: gone) {
        await controller.stopWaitingForDeploys(waiter)
        return number
      }
      for await _ in deploys {
        guard let number = try await controller.register(key, endpoint, gone: gone) else {
          continue
        }
        await controller.stopWaitingForDeploys(waiter)
        return number
      }
    } catch {
      await controller.stopWaitingForDeploys(waiter)
      throw error
    }
    await controller.stopWaitingForDeploys(waiter)
    throw RPCError(.cancelled, "the controller ends")
  }
}

extension Endpoint {
  /// A replica that listens on every address of its host is reached at the one it called from.
  fileprivate func reached(at peer: String) -> Endpoint {
    guard case .tcp(let host, let port) = self, host == "0.0.0.0" || host == "::",
      case .tcp(let address, _)? = Endpoint(peer)
    else { return self }
    return .tcp(host: address, port: port)
  }
}
