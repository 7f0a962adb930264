// The router's side of `Mesh.Sync`: definitions and tables come down, load reports go up.
internal import Logging
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletRPC
internal import MartletSchema
internal import SwiftProtobuf

/// Keeps a router in step with its controller. Without one the router goes on with the last good table and
/// tries to connect for ever. Runs on the router's loop.
struct ControllerLink {
  let router: Router
  let name: String
  let controller: Endpoint
  var tls: ClientTLS?
  var backoff = Backoff(first: .milliseconds(5), most: .milliseconds(250))

  /// Returns when its task is cancelled.
  func run() async {
    let channel = GRPCChannel(
      endpoint: controller, tls: tls, loop: router.loop, limits: router.limits)
    var failures = 0
    var told = ToldFailures()
    while !Task.isCancelled {
      let before = router.updates
      do {
        try await synchronize(Martlet_Control_V1_Mesh.client(channel))
        router.logger.info("the controller ended the stream; connecting again")
      } catch {
        if router.updates != before { told.succeeded() }
        if !Task.isCancelled, told.isNew("\(error)") {
          router.logger.warning("no controller: \(error); serving on with the last table")
        }
      }
      router.reportLoad = nil
      failures = router.updates == before ? failures + 1 : 1
      // It ends early only when the task is cancelled, which the loop sees by itself.
      try? await router.loop.sleep(for: backoff.pause(afterFailures: failures))
    }
    await channel.close()
  }

  /// One stream, until it ends.
  private func synchronize(_ client: Martlet_Control_V1_Mesh.Client) async throws {
    let (changes, change) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    router.reportLoad = { change.yield() }
    // The controller knows nothing of this router before its first report.
    for record in router.versions {
      for figures in record?.figures ?? [] { figures.forgetReports() }
    }
    router.figuresAreDue = true
    change.yield()
    try await client.sync { reports, updates in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for try await update in updates { take(update) }
        }
        group.addTask {
          for await _ in changes { try await reports.write(report()) }
        }
        try await group.next()
        group.cancelAll()
      }
    }
  }

  // MARK: Down

  private func take(_ update: Martlet_Control_V1_RoutingUpdate) {
    router.loop.preconditionIsCurrent()
    router.updates += 1
    switch update.update {
    case .definition(let definition): take(definition)
    case .table(let table): take(table)
    case nil: break
    }
  }

  private func take(_ definition: Martlet_Control_V1_AppDefinition) {
    let version = AppVersion(definition.version)
    do {
      let file = try AppFile.read(text: definition.appFile, file: definition.app)
      let descriptorSet = Array(definition.descriptorSet)
      let schema = descriptorSet.isEmpty ? nil : try Schema(descriptorSet: descriptorSet)
      try router.define(
        version, spec: file.spec, schema: schema, descriptorSet: descriptorSet)
    } catch {
      router.logger.error("cannot serve \(definition.app) \(version): \(error)")
    }
  }

  private func take(_ table: Martlet_Control_V1_RoutingTable) {
    for app in table.apps {
      for replicaSet in app.replicaSets {
        for replica in replicaSet.replicas where Endpoint(replica.endpoint) == nil {
          router.logger.error("no endpoint: \(replica.endpoint) of \(replicaSet.deployment)")
        }
      }
    }
    router.apply(RoutingTable(table))
  }

  // MARK: Up

  private func report() -> Martlet_Control_V1_RouterReport {
    let load = router.dispatcher.loadReport()
    let graphs = router.figuresAreDue ? figures() : []
    router.figuresAreDue = false
    let deadly = router.deadlyRequests.take()
    return .with {
      $0.deadlyRequests = deadly.map { request in
        .with {
          $0.app = request.app
          $0.deployment = request.deployment
          $0.method = request.name.method
          $0.requestID = request.name.id
          $0.replicas = request.replicas
        }
      }
      $0.graphs = graphs
      $0.router = name
      $0.tableGeneration = load.generation
      $0.deployments = load.deployments.map { deployment in
        .with {
          $0.app = deployment.app
          $0.deployment = deployment.deployment
          $0.queued = UInt32(deployment.queued)
          $0.replicas = deployment.replicas.map { replica in
            .with {
              $0.number = replica.number
              $0.ongoing = UInt32(replica.ongoing)
            }
          }
        }
      }
      $0.versions = load.versions.map { version in
        .with {
          $0.app = version.app
          $0.version = version.version.number
          $0.ongoing = UInt32(version.ongoing)
        }
      }
      $0.suspects = load.suspects.map { suspect in
        .with {
          $0.number = suspect.number
          $0.reason = suspect.reason
        }
      }
    }
  }
}

extension ControllerLink {
  /// What routes did of late, where the controller does not know it.
  private func figures() -> [Martlet_Control_V1_GraphFigures] {
    let now = router.loop.now
    var all: [Martlet_Control_V1_GraphFigures] = []
    for record in router.versions.compactMap({ $0 }) {
      for figures in record.figures {
        guard let report = figures.report(now: now) else { continue }
        all.append(
          .with {
            $0.app = record.app
            $0.version = record.version.number
            $0.route = figures.route
            $0.periodMs = UInt32(clamping: report.period.saturatedNanoseconds / 1_000_000)
            $0.nodes = report.nodes.map { place in
              .with {
                $0.path = place.path
                $0.buckets = place.figures.answered.buckets
                $0.failures = place.figures.failures
                $0.dropped = place.figures.dropped
                $0.entered = place.figures.entered
                $0.taken = place.taken
              }
            }
          })
      }
    }
    if all.contains(where: { !$0.nodes.isEmpty }) { router.figuresReported(now: now) }
    return all
  }
}

extension RoutingTable {
  /// Leaves out replicas whose endpoint cannot be read.
  init(_ table: Martlet_Control_V1_RoutingTable) {
    self.init(
      generation: table.generation,
      apps: table.apps.map { app in
        AppRouting(
          app: app.app, currentVersion: AppVersion(app.currentVersion),
          versions: app.versions.map {
            VersionRouting(version: AppVersion($0.version), revisions: $0.revisions)
          },
          replicaSets: app.replicaSets.map { set in
            ReplicaSet(
              deployment: set.deployment, revision: set.revision,
              replicas: set.replicas.compactMap { replica in
                Endpoint(replica.endpoint).map {
                  ReplicaAddress(number: replica.number, endpoint: $0)
                }
              },
              trouble: set.trouble.isEmpty
                ? nil : ReplicaTrouble(set.trouble, refusesCalls: set.refuses))
          })
      })
  }
}
