// grpc.reflection.v1.ServerReflection and its elder name, as gRPC's "Server reflection protocol"
// describes them.
internal import MartletCore
internal import MartletSchema
internal import Synchronization

/// Tells clients such as grpcurl what a server serves. One implementation answers under both names,
/// since their messages are the same.
package final class ReflectionService: RPCService {
  private typealias Alpha = Grpc_Reflection_V1alpha_ServerReflection
  private typealias Stable = Grpc_Reflection_V1_ServerReflection

  /// Streams that are open at once; a client has one. One more gets RESOURCE_EXHAUSTED.
  package static let maxStreams = 64

  /// What the service adds to those of its server.
  package static let ownServices = [Stable.name, Alpha.name]
  package static var ownDescriptorSets: [DescriptorSet] {
    [Stable.descriptorSet, Alpha.descriptorSet]
  }

  private struct State {
    var streams: [Int: AsyncStream<Never>.Continuation] = [:]
    var nextStream = 0
    var isClosed = false
  }

  private let state = Mutex(State())
  private let catalog: @Sendable () throws -> ReflectionCatalog

  /// - Parameter catalog: what the server has now; called for every question, on the call's loop.
  package init(catalog: @escaping @Sendable () throws -> ReflectionCatalog) {
    self.catalog = catalog
  }

  /// For a server with the same services for ever. Their files are read at the first question.
  package convenience init(services: [String], descriptorSets: [DescriptorSet]) {
    let made = Mutex<ReflectionCatalog?>(nil)
    self.init {
      try made.withLock { made in
        if let made { return made }
        let sets = descriptorSets + Self.ownDescriptorSets
        let new = ReflectionCatalog(
          services: services + Self.ownServices,
          indexes: [try DescriptorIndex(sets.map(\.bytes))])
        made = new
        return new
      }
    }
  }

  /// Ends every stream, so that a draining server need not wait for clients that keep theirs.
  package func close() {
    let streams = state.withLock { state in
      state.isClosed = true
      defer { state.streams = [:] }
      return state.streams.values
    }
    for stream in streams { stream.finish() }
  }

  package static func bind(_ binder: inout ServiceBinder<ReflectionService>) {
    binder.add(Stable.self)
    binder.add(Stable.serverReflectionInfo) { service, requests, responses, _ in
      try await service.answer(requests, responses)
    }
    binder.add(Alpha.self)
    binder.add(
      BidirectionalMethod<ReflectionCatalog.Request, ReflectionCatalog.Response>(
        service: Alpha.name, method: Alpha.serverReflectionInfo.name.method,
        descriptorSet: Alpha.descriptorSet)
    ) { service, requests, responses, _ in
      try await service.answer(requests, responses)
    }
  }

  /// One stream, until the client ends it or the server closes.
  private func answer(
    _ requests: RPCStream<ReflectionCatalog.Request>,
    _ responses: RPCWriter<ReflectionCatalog.Response>
  ) async throws {
    let (id, closing) = try enter()
    defer { _ = state.withLock { $0.streams.removeValue(forKey: id) } }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for try await request in requests {
          try await responses.write(self.catalog().answer(request))
        }
      }
      group.addTask {
        for await _ in closing {}
        throw Self.closed
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private static let closed = RPCError(.unavailable, "the server is draining")

  /// A new stream and what ends when it must.
  private func enter() throws(RPCError) -> (Int, AsyncStream<Never>) {
    let (closing, continuation) = AsyncStream.makeStream(of: Never.self)
    let id: Result<Int, RPCError> = state.withLock { state in
      guard !state.isClosed else { return .failure(Self.closed) }
      guard state.streams.count < Self.maxStreams else {
        return .failure(
          RPCError(
            .resourceExhausted, "this server has \(Self.maxStreams) streams of reflection"))
      }
      state.nextStream += 1
      state.streams[state.nextStream] = continuation
      return .success(state.nextStream)
    }
    return (try id.get(), closing)
  }
}
