// What a generated service is made of: its namespace, its server and its client.

/// What protoc-gen-martlet generates for a `service`: a namespace that holds its methods, the
/// protocol
/// `Service` of its servers, and its `Client`.
public protocol ServiceNamespace: Sendable {
  associatedtype Client: ServiceClient

  /// The full name, such as `content.v1.Classifier`.
  static var name: String { get }

  /// The file that declares the service, with all its imports.
  static var descriptorSet: DescriptorSet { get }
}

/// A server of one service. Generated protocols refine it; `bind` is generated too.
///
/// A type that serves several services says which: `static func bind(_ binder: inout
/// ServiceBinder<Self>) { First.bind(&binder); Second.bind(&binder) }`.
public protocol RPCService: Sendable {
  static func bind(_ binder: inout ServiceBinder<Self>)
}

/// A service that runs as a deployment: each replica makes one of it when it starts.
public protocol DeploymentService: RPCService {
  /// Loads what the replica needs before it is ready for requests. When it throws, the replica ends
  /// with that error as its last words.
  init(_ context: ReplicaContext) async throws
}

/// A client of one service.
public protocol ServiceClient: Sendable {
  init(_ target: CallTarget)
}
