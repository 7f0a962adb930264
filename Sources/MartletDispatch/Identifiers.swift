// The small numbers by which the dispatcher and its driver speak of calls, replicas and versions.

/// One call in the dispatcher's hands: queued or at a replica. A plain request is one call, a graph's
/// request one for each leg that runs. `index` is small and dense, so that a driver may keep its own
/// state of calls in an array; it is used again for a later call of another `generation`.
package struct CallID: Sendable, Hashable, CustomStringConvertible {
  package let index: Int
  package let generation: UInt32

  package var description: String { "call \(index).\(generation)" }
}

/// One replica. Small and dense; a replica's slot is used again once the driver was ordered to
/// disconnect it.
package struct ReplicaSlot: Sendable, Hashable, CustomStringConvertible {
  package let index: Int

  package var description: String { "slot \(index)" }
}

/// One version of one app. Valid for as long as a table names the version or a request that entered
/// under it is in hand.
package struct VersionID: Sendable, Hashable {
  package let index: Int
}

/// One revision of one deployment: the replicas that may answer each other's calls, and their queue.
/// Valid in the same turn; keep names or versions for later.
package struct PoolID: Sendable, Hashable {
  package let index: Int
}

/// Where a path leads.
package struct Route: Sendable, Hashable {
  /// The version under which a request that takes this route enters.
  package var version: VersionID
  package var target: Target
  /// The index in `AppSpec.routes` of a plain route; nil: a graph's, or a deployment was named.
  package var plain: Int?

  package enum Target: Sendable, Hashable {
    case deployment(PoolID)
    /// The graph of the route at this index of `AppSpec.routes`.
    case graph(Int)
  }

  package init(version: VersionID, target: Target, plain: Int? = nil) {
    self.version = version
    self.target = target
    self.plain = plain
  }
}
