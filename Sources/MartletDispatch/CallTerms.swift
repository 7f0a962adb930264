// What a caller asks of its call.
package import MartletCore

/// By when a call must be over, and which others it goes before while it waits.
package struct CallTerms: Sendable, Hashable {
  package var deadline: Deadline?
  package var priority: Priority

  package init(deadline: Deadline? = nil, priority: Priority = .usual) {
    self.deadline = deadline
    self.priority = priority
  }

  /// The same within a time of somebody else's, if that is less.
  package func within(_ other: Deadline?) -> CallTerms {
    CallTerms(deadline: Deadline.earliest(deadline, other), priority: priority)
  }
}
