// What callers hear of methods and deployments that there are not, or not yet.
internal import MartletCore
internal import MartletDispatch
internal import MartletWire

extension RequestGate {
  /// The status of a call whose path leads nowhere. UNAVAILABLE where no app serves at all: clients try that
  /// again, and the first app may be a moment away. UNIMPLEMENTED is for good, and there clients give up.
  func unknownMethod(_ path: String) -> RPCStatus {
    let names = router.dispatcher.routeNames
    let (name, method) = Self.spelled(path)
    guard !router.dispatcher.currentVersions.isEmpty else {
      return RPCStatus(
        .unavailable, "no route for \(name): no app serves here yet; see martlet status")
    }
    guard !names.isEmpty else {
      return RPCStatus(.unimplemented, "no route for \(name): no app here has routes")
    }
    let none = "no route for \(name)"
    if method != name, leads("/" + method) {
      return RPCStatus(.unimplemented, "\(none); did you mean /\(method)?")
    }
    if let nearest = Spelling.nearest(to: method, among: names) {
      return RPCStatus(.unimplemented, "\(none); did you mean \(nearest)?")
    }
    let limit = router.routerLimits.maxRoutesInMessage
    let rest = names.count > limit ? ", …" : ""
    let first = names.prefix(limit).joined(separator: ", ")
    return RPCStatus(.unimplemented, "\(none); there are \(first)\(rest)")
  }

  private func leads(_ path: String) -> Bool {
    Array(path.utf8).withUnsafeBytes { router.dispatcher.route(path: $0) } != nil
      || router.own.answers(path: path)
  }

  /// A path as messages show it, and the method that may be meant. A method's path is that of one slash in front of
  /// its name; any other path is shown as it came, for what is wrong with it may be no more than a slash.
  private static func spelled(_ path: String) -> (shown: String, method: String) {
    let method = path.drop { $0 == "/" }
    let end = method.lastIndex { $0 != "/" }
    let trimmed = end.map { String(method[...$0]) } ?? ""
    return (path == "/" + trimmed ? trimmed : path, trimmed)
  }

  /// The status of a call that names a deployment which is not there.
  func unknownDeployment(_ deployment: String, _ headers: borrowing HeaderBlock) -> Refusal {
    let app = headers[MeshHeader.app] ?? ""
    let names = router.dispatcher.deploymentNames(of: app)
    // The table that has the caller's app, or the version that its replica is of, may be on its way.
    guard !names.isEmpty else {
      return Refusal(.unavailable, "app \(app) does not serve here; see martlet status")
    }
    if let version = headers[MeshHeader.version].flatMap({ UInt64($0) }).map(AppVersion.init),
      !router.dispatcher.knows(version, of: app)
    {
      return Refusal(.unavailable, "the router does not know \(app) \(version); try again")
    }
    let hint = Spelling.hint(for: deployment, among: names)
    return Refusal(.unimplemented, "app \(app) has no deployment \(deployment)\(hint)")
  }
}
