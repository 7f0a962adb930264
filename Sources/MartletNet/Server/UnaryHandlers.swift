// The handlers of unary calls, many in one task.

/// Runs the handlers whose requests arrived together one after the other in the same task, for as long
/// as none suspends. Making a task, giving it its executor and ending it costs more than decoding and
/// encoding a small message, and most handlers of small messages never suspend.
///
/// What they have finished is written out as they go, once they take long (`Loop.handlerEnded`). A
/// handler that does suspend keeps the task for itself, so that it can be cancelled; those behind it go
/// on in the next one. Unchecked, because everything mutable belongs to the loop.
final class UnaryHandlers: @unchecked Sendable {
  /// Places that are kept from turn to turn; more go back to malloc.
  private static let keptCapacity = 1024

  /// One task, and the call whose handler it runs.
  private final class Runner: @unchecked Sendable {
    var call: InboundCall?
    /// A handler has suspended: its task ends with it.
    var hasSuspended = false
  }

  private struct Waiting {
    let call: InboundCall
    var request: [UInt8]
  }

  private let loop: Loop
  /// At most one entry for each open stream, whose number is limited.
  private var waiting: [Waiting] = []
  private var next = 0

  init(_ loop: Loop) {
    self.loop = loop
  }

  /// Runs the call's handler later in this turn.
  func run(_ call: InboundCall, _ request: [UInt8]) {
    if waiting.isEmpty { loop.executeLater { self.runAll() } }
    waiting.append(Waiting(call: call, request: request))
  }

  private func runAll() {
    if waiting.count > 1 { loop.handlersBegin() }
    while next < waiting.count {
      let runner = Runner()
      let task = Task.immediate(executorPreference: loop) { await self.run(by: runner) }
      guard let call = runner.call else { continue }
      runner.hasSuspended = true
      call.handlerSuspended(task)
    }
    waiting.removeAll(keepingCapacity: waiting.capacity <= UnaryHandlers.keptCapacity)
    next = 0
  }

  // Concurrent, so that it looks only once at where it runs after each handler.
  @concurrent
  private func run(by runner: Runner) async {
    while !runner.hasSuspended, next < waiting.count {
      let call = waiting[next].call
      var request: [UInt8] = []
      swap(&request, &waiting[next].request)
      next += 1
      guard let handler = call.unaryHandlerBegins() else { continue }
      runner.call = call
      await CallScope.$local.withValue(call) { await handler(request, call) }
      runner.call = nil
      // A handler that suspended has long left the others behind.
      if !runner.hasSuspended, next < waiting.count { loop.handlerEnded() }
    }
  }
}
