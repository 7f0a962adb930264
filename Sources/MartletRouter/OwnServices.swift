// The router's own services, beside those that its routes lead to: health and reflection.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletRPC
internal import MartletSchema

/// Answers `grpc.health.v1.Health` and server reflection for all apps together, unless a route leads
/// elsewhere. SERVING once there is a routing table and until the router drains; a service is known when
/// a route leads to it. On the router's loop only.
final class OwnServices {
  /// Takes the requests for these services.
  let core: ServerCore

  /// The router drains.
  private(set) var isClosed = false

  /// The types of their messages.
  private(set) lazy var schema: Schema? = {
    let set = try? DescriptorSet.merging(Self.descriptorSets)
    return set.flatMap { try? Schema(descriptorSet: $0.bytes) }
  }()

  fileprivate static let names = [Grpc_Health_V1_Health.name] + ReflectionService.ownServices
  fileprivate static let descriptorSets =
    [Grpc_Health_V1_Health.descriptorSet] + ReflectionService.ownDescriptorSets

  private let health: HealthService
  private let reflection: ReflectionService

  init(_ router: Router) {
    health = HealthService(services: [], maxWatchers: router.routerLimits.maxHealthWatchers)
    let catalog = CatalogMemo()
    reflection = ReflectionService { [weak router] in
      guard let router else { throw RPCError(.unavailable, "the router has ended") }
      return try catalog.catalog(of: router)
    }
    var handlers = HandlerTable()
    handlers.add(health)
    handlers.add(reflection)
    core = ServerCore(loop: router.loop, limits: router.limits, handlers: handlers)
  }

  /// Whether the method of a `:path` is one of theirs.
  func answers(path: String) -> Bool {
    Array(path.utf8).withUnsafeBytes { core.answers(path: $0) }
  }

  func tableChanged(_ dispatcher: borrowing Dispatcher) {
    health.set(
      dispatcher.generation > 0 ? .serving : .notServing, services: dispatcher.routedServices)
  }

  /// The router drains: watchers hear NOT_SERVING, and streams that their clients keep open end.
  func close() {
    isClosed = true
    health.close()
    reflection.close()
  }
}

/// What reflection tells until the next table. On the router's loop only.
private final class CatalogMemo: @unchecked Sendable {
  private var epoch: Int?
  private var catalog = ReflectionCatalog(services: [], indexes: [])
  private var ownIndex: DescriptorIndex?

  func catalog(of router: Router) throws -> ReflectionCatalog {
    router.loop.preconditionIsCurrent()
    guard epoch != router.routeEpoch else { return catalog }
    let own = try ownIndex ?? DescriptorIndex(OwnServices.descriptorSets.map(\.bytes))
    ownIndex = own
    let apps = router.dispatcher.currentVersions.compactMap { router.descriptorIndex(of: $0) }
    catalog = ReflectionCatalog(
      services: router.dispatcher.routedServices + OwnServices.names, indexes: apps + [own])
    epoch = router.routeEpoch
    return catalog
  }
}
