// An app as a local mesh takes it.
internal import MartletCore
package import MartletRPC

/// The parts of an `Application`, for whoever changes some of them.
package struct LocalApp: Sendable {
  package let name: String
  package let maxMessageBytes: Int?
  package var deployments: [Deployment]
  package let routes: [Route]
  package let descriptorSet: DescriptorSet

  package init(_ app: some Application) throws {
    let type = type(of: app)
    try self.init(
      name: type.name, maxMessageBytes: type.maxMessageBytes, deployments: app.deployments,
      routes: app.routes)
  }

  /// - Throws: an error of swift-protobuf when a descriptor set is none.
  package init(
    name: String, maxMessageBytes: Int? = nil, deployments: [Deployment], routes: [Route]
  ) throws {
    self.name = name
    self.maxMessageBytes = maxMessageBytes
    self.deployments = deployments
    self.routes = routes
    descriptorSet = try .merging(
      deployments.flatMap(\.descriptorSets) + routes.flatMap(\.descriptorSets))
  }

  /// As the app file says it, without programs.
  var spec: AppSpec {
    AppSpec(
      name: name, protos: [], maxMessageBytes: maxMessageBytes,
      deployments: deployments.map { deployment in
        var spec = deployment.spec
        // No process is started, and yet there must be a word for it.
        spec.command = ["replica", spec.name]
        return spec
      }, routes: routes.map(\.spec))
  }
}
