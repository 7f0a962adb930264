// From the methods of a type to the handlers of a server.
public import MartletCore
package import MartletNet
internal import SwiftProtobuf

/// Collects what a `Server` type answers: its services and, for each method, how to call it.
/// Generated code fills it; no instance of the server is needed for that.
public struct ServiceBinder<Server: RPCService>: Sendable {
  /// Answers one request of a unary method, by `Call.answer` or `Call.fail`. Made where the types of
  /// the messages and of the server are known, so that all of it is compiled for them: calling generic
  /// code costs as much as decoding a small message. `inbound` is for `Call(erased:)`.
  @usableFromInline
  typealias UnaryResponder =
    @Sendable (_ request: [UInt8], _ inbound: any AnyObject & Sendable) async -> Void

  private typealias Installer =
    @Sendable (ServerSlot<Server>, HandlerSetting, inout HandlerTable) -> Void

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

  // Inlined, so that the handler is a known function and not a pointer. All of it is one function in the
  // end: a call of another asynchronous one costs 350 instructions, most of them on the way back.
  @inlinable @inline(__always)
  public mutating func add<Input, Output>(
    _ method: UnaryMethod<Input, Output>,
    _ handler: @escaping @Sendable (Server, Input, Call) async throws -> Output
  ) {
    addUnary(method.name) { request, inbound in
      let call = Call(erased: inbound)
      do {
        let server = try call.servers(Server.self).loaded()
        let input = try decode(Input.self, request)
        call.answer(try encode(try await handler(server, input, call)))
      } catch {
        call.fail(error)
      }
    }
  }

  @usableFromInline
  mutating func addUnary(_ method: MethodName, _ respond: @escaping UnaryResponder) {
    methods.append(method)
    installers.append { server, setting, table in
      guard setting.executor != nil else {
        return table.respond(
          to: method, countsAsOngoing: setting.countsAsOngoing, context: server, respond)
      }
      table.respond(to: method, countsAsOngoing: setting.countsAsOngoing, context: server) {
        request, inbound in
        do {
          try await setting.run { await respond(request, inbound) }
        } catch {
          Call(erased: inbound).fail(error)
        }
      }
    }
  }

  public mutating func add<Input, Output>(
    _ method: ClientStreamingMethod<Input, Output>,
    _ handler: @escaping @Sendable (Server, RPCStream<Input>, Call) async throws -> Output
  ) {
    methods.append(method.name)
    installers.append { server, setting, table in
      table.streaming(method.name, countsAsOngoing: setting.countsAsOngoing) {
        requests, responses, inbound in
        let call = Call(inbound)
        let response = try await setting.run {
          try encode(try await handler(try server.loaded(), RPCStream(requests), call))
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
      table.streaming(method.name, countsAsOngoing: setting.countsAsOngoing) {
        requests, responses, inbound in
        let request = try await only(Input.self, requests, of: method.name)
        let call = Call(inbound)
        try await setting.run {
          try await handler(try server.loaded(), request, RPCWriter(responses), call)
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
      table.streaming(method.name, countsAsOngoing: setting.countsAsOngoing) {
        requests, responses, inbound in
        let call = Call(inbound)
        try await setting.run {
          try await handler(
            try server.loaded(), RPCStream(requests), RPCWriter(responses), call)
        }
      }
    }
  }

  /// Adds the handlers to `table`. Each call takes the server that is in the `slot` by then; while
  /// there is none, calls end with UNAVAILABLE.
  package func install(
    setting: HandlerSetting = HandlerSetting(), into table: inout HandlerTable,
    server slot: ServerSlot<Server>
  ) {
    for installer in installers { installer(slot, setting, &table) }
  }
}

extension HandlerTable {
  /// Adds every method that `server` answers.
  package mutating func add<Server: RPCService>(
    _ server: Server, setting: HandlerSetting = HandlerSetting()
  ) {
    let slot = ServerSlot<Server>()
    slot.load(server)
    ServiceBinder<Server>().install(setting: setting, into: &self, server: slot)
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
