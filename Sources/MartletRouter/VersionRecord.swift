// What the driver keeps of a version beside the dispatcher.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletSchema
internal import MartletWire

/// One defined version: its graphs, ready to run, and its mark on requests to replicas. An object, since
/// every request has a look at it. On the router's loop only.
final class VersionRecord {
  let app: String
  let version: AppVersion

  /// By index into `AppSpec.routes`.
  let graphs: [Int: ServedGraph]

  /// What each route did of late, in the order of `AppSpec.routes`.
  let figures: [RouteFigures]

  /// Bytes of the largest message of the version's graphs.
  let maxMessageBytes: Int

  /// One field, `MeshHeader.version`, for heads of requests.
  let mark: HeaderBlock

  /// The paths of methods that are known to have one response, and whether they have one request, too.
  let unaryPaths: ByteIndex<Bool>

  /// The types of its messages; nil when the app names no protos.
  let schema: Schema?

  /// What its services are declared in, for reflection; empty when the app has none.
  let descriptorSet: [UInt8]

  /// How often the app lets clients ping; nil: as often as the port does.
  let minPingInterval: Duration?

  /// Made of `descriptorSet` when the first client asks.
  var descriptorIndex: DescriptorIndex?

  init(
    app: String, version: AppVersion, graphs: [Int: ServedGraph], figures: [RouteFigures],
    maxMessageBytes: Int, mark: HeaderBlock, unaryPaths: consuming ByteIndex<Bool>, schema: Schema?,
    descriptorSet: [UInt8], minPingInterval: Duration?
  ) {
    self.app = app
    self.version = version
    self.graphs = graphs
    self.figures = figures
    self.maxMessageBytes = maxMessageBytes
    self.mark = mark
    self.unaryPaths = unaryPaths
    self.schema = schema
    self.descriptorSet = descriptorSet
    self.minPingInterval = minPingInterval
  }
}

extension Router {
  /// Takes a version's definition. Throws what is wrong with it; the versions before stay.
  func define(
    _ version: AppVersion, spec: AppSpec, schema: Schema?, descriptorSet: [UInt8] = []
  ) throws(SpecProblems) {
    guard !dispatcher.isDefined(version, of: spec.name) else { return }
    let maxMessageBytes = min(spec.maxMessageBytes ?? .max, limits.maxMessageBytes)
    var graphs: [Int: ServedGraph] = [:]
    var figures: [RouteFigures] = []
    for (index, route) in spec.routes.enumerated() {
      guard case .graph(let method, let graph) = route.target else {
        figures.append(RouteFigures(route.name, now: loop.now))
        continue
      }
      let path: SpecPath = [.key("routes"), .index(index), .key("graph")]
      guard let schema else {
        throw SpecProblems([SpecProblem(path, "the app has no descriptor set")])
      }
      let plan = try GraphCompiler.compile(
        graph, for: method, of: spec, schema: schema, at: path)
      figures.append(RouteFigures(route.name, plan, now: loop.now))
      graphs[index] = ServedGraph(plan, figures[index], maxMessageBytes: maxMessageBytes)
    }
    guard let id = dispatcher.define(AppDefinition(version: version, spec: spec)) else { return }
    var mark = HeaderBlock()
    mark.append(name: MeshHeader.version, value: "\(version.number)")
    while versions.count <= id.index { versions.append(nil) }
    routeEpoch += 1
    versions[id.index] = VersionRecord(
      app: spec.name, version: version, graphs: graphs, figures: figures,
      maxMessageBytes: maxMessageBytes, mark: mark,
      unaryPaths: unaryPaths(of: spec, schema), schema: schema,
      descriptorSet: descriptorSet, minPingInterval: spec.minPingInterval)
  }

  /// How often clients may ping the port: the least of what the port says and the apps that take requests.
  func leastPingInterval(in table: RoutingTable) -> Duration {
    var least = limits.keepalive.leastPingInterval
    for case let record? in versions {
      guard let interval = record.minPingInterval, interval < least else { continue }
      let takesRequests = table.apps.contains {
        $0.app == record.app && $0.currentVersion == record.version
      }
      if takesRequests { least = interval }
    }
    return least
  }

  private func unaryPaths(of spec: AppSpec, _ schema: Schema?) -> ByteIndex<Bool> {
    var paths = ByteIndex<Bool>()
    for name in Set(spec.deployments.flatMap(\.services)).sorted() {
      for method in schema?.service(named: name)?.methods ?? [] where !method.serverStreaming {
        _ = paths.insert(method.name.path.utf8, !method.clientStreaming)
      }
    }
    return paths
  }

  /// Where the names of a version's descriptor set are declared.
  func descriptorIndex(of version: VersionID) -> DescriptorIndex? {
    guard let record = versions[version.index] else { return nil }
    if let index = record.descriptorIndex { return index }
    // The set made a schema before, so it can be read.
    let index = try? DescriptorIndex([record.descriptorSet])
    record.descriptorIndex = index
    return index
  }

  /// Where requests of a route are counted that are no graph's.
  func counted(_ route: Route) -> Counted? {
    guard let plain = route.plain, let record = versions[route.version.index] else { return nil }
    return Counted(figures: record.figures[plain])
  }

  /// Bytes of the largest message on a route: its deployment's limit or its app's, within the mesh's.
  func maxMessageBytes(of route: Route) -> Int {
    switch route.target {
    case .deployment(let pool): maxMessageBytes(of: pool)
    case .graph: versions[route.version.index]?.maxMessageBytes ?? limits.maxMessageBytes
    }
  }

  /// Bytes of the largest message of a deployment.
  func maxMessageBytes(of pool: PoolID) -> Int {
    min(dispatcher.maxMessageBytes(of: pool), limits.maxMessageBytes)
  }

  /// Whether a request's method is known to have one response.
  func isUnary(path: UnsafeRawBufferPointer, in version: VersionID) -> Bool {
    versions[version.index]?.unaryPaths[path] != nil
  }

  /// Whether a request's method is known to have one request and one response.
  func answersOnce(path: UnsafeRawBufferPointer, in version: VersionID) -> Bool {
    versions[version.index]?.unaryPaths[path] == true
  }

  /// The mark of a version for a request's head.
  func appendMark(of version: VersionID, to headers: inout HeaderBlock) {
    guard let record = versions[version.index] else { return }
    headers.append(fieldAt: 0, of: record.mark)
  }
}
