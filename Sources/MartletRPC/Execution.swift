// Where the handlers of a deployment run.

/// Where handlers run.
public enum Execution: Sendable, Hashable {
  /// On the thread that also reads and writes the connections: the cheapest, for handlers that
  /// never block and compute for 100 µs at most between two suspensions.
  case loop

  /// On this many threads of their own, for handlers that block or compute; the connections and the
  /// health service stay responsive.
  case threads(Int)
}
