// What a replica serves, without the type of it.
package import MartletCore
package import MartletNet
package import MartletRPC

/// A service that replicas make when they start: its names, and the way to an instance with its handlers.
package struct ReplicaService: Sendable {
  package let serviceNames: [String]
  package let methods: [MethodName]
  package let descriptorSets: [DescriptorSet]
  private let make: @Sendable (HandlerSetting) -> Instance

  /// One replica's own: handlers that answer UNAVAILABLE until `load` has returned.
  struct Instance: Sendable {
    var handlers: HandlerTable
    let load: @Sendable (ReplicaContext) async throws -> Void
  }

  /// Answers with the handlers of a deployment, of which each replica makes one.
  package init<Service: DeploymentService>(_ service: Service.Type) {
    let binder = ServiceBinder<Service>()
    serviceNames = binder.serviceNames
    methods = binder.methods
    descriptorSets = binder.descriptorSets
    make = { setting in
      let slot = ServerSlot<Service>()
      var handlers = HandlerTable()
      binder.install(setting: setting, into: &handlers, server: slot)
      return Instance(handlers: handlers) { slot.load(try await Service($0)) }
    }
  }

  private init(
    replacing other: ReplicaService, _ make: @escaping @Sendable (HandlerSetting) -> Instance
  ) {
    serviceNames = other.serviceNames
    methods = other.methods
    descriptorSets = other.descriptorSets
    self.make = make
  }

  /// A service of the same names that answers with what is bound to `server`, and makes nothing. Methods
  /// for which there is nothing end with UNIMPLEMENTED and `missing`.
  package func replaced<Server: RPCService>(
    _ binder: ServiceBinder<Server>, by server: Server, missing: String
  ) -> ReplicaService {
    ReplicaService(replacing: self) { [methods] setting in
      let slot = ServerSlot<Server>()
      slot.load(server)
      var handlers = HandlerTable()
      for method in methods {
        handlers.streaming(method) { _, _, _ in throw RPCError(.unimplemented, missing) }
      }
      binder.install(setting: setting, into: &handlers, server: slot)
      return Instance(handlers: handlers) { _ in }
    }
  }

  /// The same service, with `observer` looking on.
  package func observed(by observer: any CallObserver) -> ReplicaService {
    ReplicaService(replacing: self) { [make] setting in
      var instance = make(setting)
      instance.handlers = instance.handlers.observed(by: observer)
      return instance
    }
  }

  func instance(_ setting: HandlerSetting) -> Instance { make(setting) }
}
