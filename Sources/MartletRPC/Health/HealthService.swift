// grpc.health.v1.Health, as gRPC's "Health checking protocol" describes it.
internal import MartletCore
internal import SwiftProtobuf
internal import Synchronization

/// The health of a server and of each of its services, for whoever asks or watches.
package final class HealthService: Grpc_Health_V1_Health.Service {
  package typealias Status = Grpc_Health_V1_HealthCheckResponse.ServingStatus

  /// Watchers that one server keeps; a mesh has two or three. One more gets RESOURCE_EXHAUSTED.
  package static let maxWatchers = 64

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

  /// - Parameter services: full names; the server as a whole, named "", is always there.
  package init(services: [String], status: Status = .notServing) {
    let names = services + [""]
    state = Mutex(State(statuses: Dictionary(names.map { ($0, status) }) { first, _ in first }))
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
      guard state.watchers.count < Self.maxWatchers else { return nil }
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
      throw RPCError(.resourceExhausted, "this server has \(Self.maxWatchers) health watchers")
    }
    return (id, stream)
  }
}
