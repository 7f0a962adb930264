// From the methods of a type to the handlers of a server.
public import MartletCore
package import MartletNet
internal import SwiftProtobuf

/// Collects what a `Server` type answers: its services and, for each method, how to call it.
/// Generated code fills it; no instance of the server is needed for that.
public struct ServiceBinder<Server: RPCService>: Sendable {
  private typealias Installer =
    @Sendable (
      @escaping @Sendable () throws -> Server, HandlerSetting, inout HandlerTable
    ) -> Void

  /// Full names of the services, in the order in which they were added.
  public private(set) var serviceNames: [String] = []

  /// Every method of the services.
  public private(set) var methods: [MethodName] = []

  /// The files that declare the services, with their imports.
  public private(set) var descriptorSets: [DescriptorSet] = []

  private var installers: [Installer] = []

  /// Everything that `Server` answers.
  package init() {
    Server.bind(&self)
  }

  /// Says that the server has a service.
  public mutating func add<Namespace: ServiceNamespace>(_ service: Namespace.Type) {
    serviceNames.append(Namespace.name)
    descriptorSets.append(Namespace.descriptorSet)
  }

  public mutating func add<Input, Output>(
    _ method: UnaryMethod<Input, Output>,
    _ handler: @escaping @Sendable (Server, Input, Call) async throws -> Output
  ) {
    methods.append(method.name)
    installers.append { server, setting, table in
      table.unary(
        method.name, countsAsOngoing: setting.countsAsOngoing, surroundings: setting.surroundings
      ) { bytes, inbound in
        let request = try decode(Input.self, bytes)
        let call = Call(inbound)
        guard setting.executor != nil else {
          return try encode(try await handler(try server(), request, call))
        }
        return try await setting.run { try encode(try await handler(try server(), request, call)) }
      }
    }
  }

  public mutating func add<Input, Output>(
    _ method: ClientStreamingMethod<Input, Output>,
    _ handler: @escaping @Sendable (Server, RPCStream<Input>, Call) async throws -> Output
  ) {
    methods.append(method.name)
    installers.append { server, setting, table in
      table.streaming(
        method.name, countsAsOngoing: setting.countsAsOngoing, surroundings: setting.surroundings
      ) { requests, responses, inbound in
        let call = Call(inbound)
        let response = try await setting.run {
          try encode(try await handler(try server(), RPCStream(requests), call))
        }
        try await responses.write(response)
      }
    }
  }

  public mutating func add<Input, Output>(
    _ method: ServerStreamingMethod<Input, Output>,
    _ handler: @escaping @Sendable (Server, Input, RPCWriter<Output>, Call) async throws -> Void
  ) {
    methods.append(method.name)
    installers.append { server, setting, table in
      table.streaming(
        method.name, countsAsOngoing: setting.countsAsOngoing, surroundings: setting.surroundings
      ) { requests, responses, inbound in
        let request = try await only(Input.self, requests, of: method.name)
        let call = Call(inbound)
        try await setting.run {
          try await handler(try server(), request, RPCWriter(responses), call)
        }
      }
    }
  }

  public mutating func add<Input, Output>(
    _ method: BidirectionalMethod<Input, Output>,
    _ handler:
      @escaping @Sendable (Server, RPCStream<Input>, RPCWriter<Output>, Call) async throws -> Void
  ) {
    methods.append(method.name)
    installers.append { server, setting, table in
      table.streaming(
        method.name, countsAsOngoing: setting.countsAsOngoing, surroundings: setting.surroundings
      ) { requests, responses, inbound in
        let call = Call(inbound)
        try await setting.run {
          try await handler(try server(), RPCStream(requests), RPCWriter(responses), call)
        }
      }
    }
  }

  /// Adds the handlers to `table`. Each call asks for the `server`; while there is none that
  /// throws.
  package func install(
    setting: HandlerSetting = HandlerSetting(), into table: inout HandlerTable,
    server: @escaping @Sendable () throws -> Server
  ) {
    for installer in installers { installer(server, setting, &table) }
  }
}

extension HandlerTable {
  /// Adds every method that `server` answers.
  package mutating func add<Server: RPCService>(
    _ server: Server, setting: HandlerSetting = HandlerSetting()
  ) {
    ServiceBinder<Server>().install(setting: setting, into: &self) { server }
  }
}

/// The one request of a server-streaming call. INTERNAL when there is none.
private func only<Input: Message>(
  _ type: Input.Type, _ requests: MessageStream, of method: MethodName
) async throws -> Input {
  var requests = requests.makeAsyncIterator()
  guard let bytes = try await requests.next() else {
    throw RPCError(.internalError, "\(method) needs one request and got none")
  }
  return try decode(type, bytes)
}
