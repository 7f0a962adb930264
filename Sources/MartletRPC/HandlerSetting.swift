// How a server runs its handlers.
internal import MartletCore
internal import MartletNet

/// Where handlers run and what their tasks know.
package struct HandlerSetting: Sendable {
  /// Handlers run here instead of on the connection's loop.
  package var executor: (any TaskExecutor)?

  /// Sets `Call.current`, so that calls made by a handler take over its deadline and metadata.
  package var setsCurrentCall = false

  /// Calls take one of the server's `maxOngoing` places.
  package var countsAsOngoing = true

  package init(executor: (any TaskExecutor)? = nil, setsCurrentCall: Bool = false) {
    self.executor = executor
    self.setsCurrentCall = setsCurrentCall
  }

  /// Sets `Call.current` for a handler's task.
  var surroundings: HandlerSurroundings? {
    guard setsCurrentCall else { return nil }
    return { inbound, begin in Call.$current.withValue(Call(inbound), operation: begin) }
  }

  func run<Result: Sendable>(
    _ body: @Sendable () async throws -> Result
  ) async throws -> Result {
    guard let executor else { return try await body() }
    return try await withTaskExecutorPreference(executor) { try await Self.concurrently(body) }
  }

  /// Runs `body` on the preferred executor. A call that was cancelled while it waited for a thread
  /// is not begun; without something to do here before `body`, Swift 6.3 leaves the change of
  /// threads out.
  @concurrent
  private static func concurrently<Result: Sendable>(
    _ body: @Sendable () async throws -> Result
  ) async throws -> Result {
    try Task.checkCancellation()
    return try await body()
  }
}
