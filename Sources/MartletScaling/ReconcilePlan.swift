// Desired against actual: how many replicas to add, or which to stop.

/// What has to change so that a deployment has as many replicas as it should.
package enum ReconcilePlan: Sendable, Equatable {
  case keep
  case add(Int)
  /// In the order in which to stop them.
  case stop([UInt64])

  /// A replica as far as the choice goes.
  package struct Candidate: Sendable, Hashable {
    package enum Phase: Int, Sendable, Hashable {
      /// Waits for resources: no process yet.
      case pending
      case starting
      case ready
    }

    package var number: UInt64
    package var phase: Phase
    /// Requests that it works on, as far as routers have told.
    package var ongoing: Int

    package init(number: UInt64, phase: Phase, ongoing: Int) {
      self.number = number
      self.phase = phase
      self.ongoing = ongoing
    }
  }

  /// Compares. `actual` holds every replica that counts as capacity: those that wait or start
  /// included, so that a slow start never makes more of them.
  ///
  /// Victims: what waits before what starts before what is idle before what is busy; the least
  /// busy first, and of equals the youngest.
  package init(desired: Int, actual: [Candidate]) {
    if actual.count < desired {
      self = .add(desired - actual.count)
    } else if actual.count > desired {
      let order = actual.sorted { one, other in
        if one.isBusy != other.isBusy { return other.isBusy }
        if one.phase != other.phase { return one.phase.rawValue < other.phase.rawValue }
        if one.ongoing != other.ongoing { return one.ongoing < other.ongoing }
        return one.number > other.number
      }
      self = .stop(order.prefix(actual.count - max(0, desired)).map(\.number))
    } else {
      self = .keep
    }
  }
}

extension ReconcilePlan.Candidate {
  fileprivate var isBusy: Bool { ongoing > 0 }
}
