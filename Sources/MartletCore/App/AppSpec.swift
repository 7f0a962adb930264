// What an app is: its deployments and its routes, as the app file spells them.

/// One app. `AppFile` reads and writes it; `AppSpec.problems()` checks what needs no schema.
public struct AppSpec: Sendable, Hashable {
  public var name: String

  /// A descriptor set, or `.proto` files, relative to the app file's folder.
  public var protos: [String]

  /// Who starts the replicas.
  public var launcher: Launcher

  /// How often a client with calls in flight may ping the port, if that is more often than the port lets its
  /// clients by itself. A port that serves several apps goes by the smallest interval.
  public var minPingInterval: Duration?

  /// Bytes of the largest message of the app's graphs, and of its deployments that have no limit of their own. Nil,
  /// and whatever is beyond it, mean the mesh's `--max-message`.
  public var maxMessageBytes: Int?

  public var deployments: [DeploymentSpec]
  public var routes: [RouteSpec]

  public init(
    name: String, protos: [String] = [], launcher: Launcher = .process,
    maxMessageBytes: Int? = nil, deployments: [DeploymentSpec] = [], routes: [RouteSpec] = []
  ) {
    self.name = name
    self.protos = protos
    self.launcher = launcher
    self.maxMessageBytes = maxMessageBytes
    self.deployments = deployments.map { deployment in
      var deployment = deployment
      deployment.maxMessageBytes = deployment.maxMessageBytes ?? maxMessageBytes
      return deployment
    }
    self.routes = routes
  }

  public enum Launcher: String, Sendable, Hashable, CaseIterable {
    /// The controller spawns and kills processes on its own machine.
    case process
    /// Something else (Compose, Kubernetes, a person) starts replicas, which register; the controller
    /// tracks and routes to them and never spawns one.
    case external
  }

  public func deployment(named name: String) -> DeploymentSpec? {
    deployments.first { $0.name == name }
  }
}

/// One entry of `routes`: which requests go where.
public struct RouteSpec: Sendable, Hashable {
  public enum Target: Sendable, Hashable {
    /// One method is answered by a graph that runs in the router.
    case graph(method: MethodName, GraphNode)
    /// One method goes to one deployment.
    case method(MethodName, deployment: String)
    /// Every method of a service goes to one deployment.
    case service(String, deployment: String)
  }

  public var target: Target

  /// What plain HTTP calls the method, beside its own name.
  public var http: HTTPName?

  public init(_ target: Target, http: HTTPName? = nil) {
    self.target = target
    self.http = http
  }

  /// One method is answered by a graph that runs in the router.
  public static func graph(
    method: MethodName, _ node: GraphNode, http: HTTPName? = nil
  ) -> RouteSpec {
    RouteSpec(.graph(method: method, node), http: http)
  }

  /// One method goes to one deployment.
  public static func method(
    _ method: MethodName, deployment: String, http: HTTPName? = nil
  ) -> RouteSpec {
    RouteSpec(.method(method, deployment: deployment), http: http)
  }

  /// Every method of a service goes to one deployment.
  public static func service(_ service: String, deployment: String) -> RouteSpec {
    RouteSpec(.service(service, deployment: deployment))
  }

  /// The method of a route that has but one.
  public var method: MethodName? {
    switch target {
    case .graph(let method, _), .method(let method, _): method
    case .service: nil
    }
  }
}
