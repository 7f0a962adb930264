// How a router is started.
package import MartletCore

/// What a router process is told by whoever starts it.
package struct RouterOptions: Sendable {
  /// The router's name in reports and in `status`, such as `router-0`.
  package var name: String

  /// Where clients connect.
  package var ingress: Socket

  /// What is taken there.
  package var security: PortSecurity

  /// Where the deployments' own calls come in (`MARTLET_ROUTER`); nil for none.
  package var local: Socket?

  package var controller: Endpoint

  /// What is spoken with controller and replicas, and taken from replicas.
  package var mesh: MeshSecurity

  /// How long requests in hand may take to finish after SIGTERM.
  package var drainTimeout: Duration

  /// The process ends when its parent does.
  package var endsWithParent: Bool

  package var limits: Limits

  /// The memory for messages; nil for a share of the machine's.
  package var messageMemory: MessageMemoryLimit?

  /// Where the supervisor looks for signs of life; nil where none does.
  package var heartbeat: CInt?

  package init(
    name: String, ingress: Socket, security: PortSecurity = PortSecurity(), local: Socket? = nil,
    controller: Endpoint, mesh: MeshSecurity = MeshSecurity(),
    drainTimeout: Duration = .seconds(20), endsWithParent: Bool = true, limits: Limits = Limits()
  ) {
    self.name = name
    self.ingress = ingress
    self.security = security
    self.local = local
    self.controller = controller
    self.mesh = mesh
    self.drainTimeout = drainTimeout
    self.endsWithParent = endsWithParent
    self.limits = limits
  }

  /// A listening socket.
  package enum Socket: Sendable, Hashable {
    /// Bound by the parent and passed down.
    case inherited(CInt)
    /// To be bound by the router.
    case bind(Endpoint)
  }
}
