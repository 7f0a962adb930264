// What a replica knows about itself and the mesh around it.
public import MartletCore

/// Given to a deployment when one of its replicas starts.
public struct ReplicaContext: Sendable {
  public let app: String
  public let replica: ReplicaID

  /// `user_config` of the deployment: an object, empty when the app file has none.
  public let config: ConfigValue

  private let target: @Sendable (_ deployment: String) -> CallTarget

  package init(
    app: String, replica: ReplicaID, config: ConfigValue,
    target: @escaping @Sendable (_ deployment: String) -> CallTarget
  ) {
    self.app = app
    self.replica = replica
    self.config = config
    self.target = target
  }

  public var deployment: String { replica.deployment }

  /// A client that calls another deployment of the app through the mesh's router. Within a handler
  /// its calls take over the handler's deadline, cancellation and metadata.
  ///
  /// - Parameter compression: worth its time only where bytes are dear, as between machines.
  public func handle<Service: ServiceNamespace>(
    _ service: Service.Type, on deployment: String, compression: CallCompression = .off
  ) -> Service.Client {
    Service.Client(target(deployment).compressing(compression))
  }
}
