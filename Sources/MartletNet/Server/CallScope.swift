// The call that a task works for.

/// What a handler's task, and the tasks that it makes, find as the current call: an `InboundCall`, or
/// one of these where there is none. A base class and no optional, because the runtime looks generic
/// types up each time that a task-local value of one is set.
package class CallScope: @unchecked Sendable {
  @TaskLocal static var local = CallScope()

  /// The call that the current task works for; nil outside of handlers.
  package static var current: InboundCall? { local as? InboundCall }
}
