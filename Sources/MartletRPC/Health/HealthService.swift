// grpc.health.v1.Health, as gRPC's "Health checking protocol" describes it.
internal import MartletCore
internal import SwiftProtobuf
internal import Synchronization

/// The health of a server and of each of its services, for whoever asks or watches.
package final class HealthService: Grpc_Health_V1_Health.Service {
  package typealias Status = Grpc_Health_V1_HealthCheckResponse.ServingStatus

  /// Watchers that a replica keeps; a mesh has two or three.
  package static let maxWatchers = 64

  /// Services that `List` names, as many as in grpc-go; beyond it the call gets
  /// RESOURCE_EXHAUSTED.
  package static let maxListed = 100

  private struct Watcher {
    let service: String
    let continuation: AsyncStream<Status>.Continuation
  }

  private struct State {
    var statuses: [String: Status]
    var watchers: [Int: Watcher] = [:]
    var nextWatcher = 0
    var isClosed = false
  }

  private let state: Mutex<State>
  private let maxWatchers: Int

  /// - Parameters:
  ///   - services: full names; the server as a whole, named "", is always there.
  ///   - maxWatchers: one more gets RESOURCE_EXHAUSTED.
  package init(
    services: [String], status: Status = .notServing, maxWatchers: Int = HealthService.maxWatchers
  ) {
    state = Mutex(State(statuses: Self.statuses(of: services, status)))
    self.maxWatchers = maxWatchers
  }

  private static func statuses(of services: [String], _ status: Status) -> [String: Status] {
    Dictionary((services + [""]).map { ($0, status) }) { first, _ in first }
  }

  /// Sets the status of the server and of all of its services, and tells the watchers.
  package func set(_ status: Status) {
    state.withLock { state in
      for name in state.statuses.keys { state.statuses[name] = status }
      for watcher in state.watchers.values where state.statuses[watcher.service] != nil {
        watcher.continuation.yield(status)
      }
    }
  }

  /// Replaces the services, for a server whose services change, and tells the watchers. Without
  /// effect after `close`.
  package func set(_ status: Status, services: [String]) {
    state.withLock { state in
      guard !state.isClosed else { return }
      state.statuses = Self.statuses(of: services, status)
      for watcher in state.watchers.values {
        watcher.continuation.yield(state.statuses[watcher.service] ?? .serviceUnknown)
      }
    }
  }

  /// Says NOT_SERVING, then ends every watch, so that a draining server need not wait for watchers.
  package func close() {
    set(.notServing)
    let watchers = state.withLock { state in
      state.isClosed = true
      defer { state.watchers = [:] }
      return state.watchers.values.map(\.continuation)
    }
    for watcher in watchers { watcher.finish() }
  }

  package func check(
    _ request: Grpc_Health_V1_HealthCheckRequest, _ call: Call
  ) async throws -> Grpc_Health_V1_HealthCheckResponse {
    guard let status = state.withLock({ $0.statuses[request.service] }) else {
      throw RPCError(.notFound, "this server has no service \"\(request.service)\"")
    }
    return .with { $0.status = status }
  }

  package func list(
    _ request: Grpc_Health_V1_HealthListRequest, _ call: Call
  ) async throws -> Grpc_Health_V1_HealthListResponse {
    let statuses = state.withLock { $0.statuses }
    // One of them is the server as a whole.
    guard statuses.count <= Self.maxListed + 1 else {
      throw RPCError(
        .resourceExhausted,
        "this server has \(statuses.count - 1) services and lists \(Self.maxListed) at most")
    }
    return .with { response in
      response.statuses = statuses.mapValues { status in .with { $0.status = status } }
    }
  }

  package func watch(
    _ request: Grpc_Health_V1_HealthCheckRequest,
    _ responses: RPCWriter<Grpc_Health_V1_HealthCheckResponse>, _ call: Call
  ) async throws {
    let (id, statuses) = try register(request.service)
    defer { _ = state.withLock { $0.watchers.removeValue(forKey: id) } }
    var last: Status?
    for await status in statuses where status != last {
      last = status
      try await responses.write(.with { $0.status = status })
    }
  }

  /// A new watcher and its statuses, the present one first.
  private func register(_ service: String) throws(RPCError) -> (Int, AsyncStream<Status>) {
    // Only the newest status matters to a watcher that is slow.
    let (stream, continuation) = AsyncStream.makeStream(
      of: Status.self, bufferingPolicy: .bufferingNewest(1))
    let id: Int? = state.withLock { state in
      guard state.watchers.count < maxWatchers else { return nil }
      continuation.yield(state.statuses[service] ?? .serviceUnknown)
      let id = state.nextWatcher
      state.nextWatcher += 1
      if state.isClosed {
        continuation.finish()
      } else {
        state.watchers[id] = Watcher(service: service, continuation: continuation)
      }
      return id
    }
    guard let id else {
      throw RPCError(.resourceExhausted, "this server has \(maxWatchers) health watchers")
    }
    return (id, stream)
  }
}
