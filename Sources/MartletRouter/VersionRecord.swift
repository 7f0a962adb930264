// What the driver keeps of a version beside the dispatcher.
internal import MartletCore
internal import MartletDispatch
internal import MartletSchema
internal import MartletWire

/// One defined version: its graphs, ready to run, and its mark on requests to replicas.
struct VersionRecord {
  /// By index into `AppSpec.routes`.
  let plans: [Int: GraphPlan]

  /// One field, `MeshHeader.version`, for heads of requests.
  let mark: HeaderBlock

  /// The paths of methods that are known to have one response.
  let unaryPaths: ByteIndex<Void>
}

extension Router {
  /// Takes a version's definition. Throws what is wrong with it; the versions before stay.
  func define(
    _ version: AppVersion, spec: AppSpec, schema: Schema?
  ) throws(SpecProblems) {
    guard !dispatcher.isDefined(version, of: spec.name) else { return }
    var plans: [Int: GraphPlan] = [:]
    for (index, route) in spec.routes.enumerated() {
      guard case .graph(let method, let graph) = route else { continue }
      let path: SpecPath = [.key("routes"), .index(index), .key("graph")]
      guard let schema else {
        throw SpecProblems([SpecProblem(path, "the app has no descriptor set")])
      }
      plans[index] = try GraphCompiler.compile(
        graph, for: method, schema: schema, deployments: spec.deployments, at: path)
    }
    guard let id = dispatcher.define(AppDefinition(version: version, spec: spec)) else { return }
    var mark = HeaderBlock()
    mark.append(name: MeshHeader.version, value: "\(version.number)")
    while versions.count <= id.index { versions.append(nil) }
    routeEpoch += 1
    versions[id.index] = VersionRecord(
      plans: plans, mark: mark, unaryPaths: unaryPaths(of: spec, schema))
  }

  private func unaryPaths(of spec: AppSpec, _ schema: Schema?) -> ByteIndex<Void> {
    var paths = ByteIndex<Void>()
    for name in Set(spec.deployments.flatMap(\.services)).sorted() {
      for method in schema?.service(named: name)?.methods ?? [] where !method.serverStreaming {
        _ = paths.insert(method.name.path.utf8, ())
      }
    }
    return paths
  }

  /// Whether a request's method is known to have one response.
  func isUnary(path: UnsafeRawBufferPointer, in version: VersionID) -> Bool {
    versions[version.index]?.unaryPaths[path] != nil
  }

  /// The mark of a version for a request's head.
  func appendMark(of version: VersionID, to headers: inout HeaderBlock) {
    guard let record = versions[version.index] else { return }
    headers.append(fieldAt: 0, of: record.mark)
  }
}
