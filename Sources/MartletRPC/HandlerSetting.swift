// How a server runs its handlers.
internal import MartletCore
internal import MartletNet

/// Where handlers run and what they count as.
package struct HandlerSetting: Sendable {
  /// Handlers run here instead of on the connection's loop.
  package var executor: (any TaskExecutor)?

  /// Calls take one of the server's `maxOngoing` places.
  package var countsAsOngoing = true

  package init(executor: (any TaskExecutor)? = nil) {
    self.executor = executor
  }

  /// Runs a handler where handlers run.
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
