// The bounds that graphs keep, each with its reason.

internal import MartletCore

/// Bounds on a graph and on one request that runs it.
package struct GraphLimits: Sendable, Hashable {
  /// Nodes inside nodes. Nobody reads a graph that is nested deeper, and the compiler recurses.
  package static let maxDepth = 32

  /// Nodes of one graph.
  package static let maxNodes = 1_000

  /// Elements that one `for_each` runs on. A page has hundreds of objects, not thousands.
  package var maxElements = 4_096

  /// Nodes that one request enters altogether. A loop that calls nobody is bounded by nothing else, and
  /// a node that waits takes memory until the request ends.
  package var maxEntries = 100_000

  /// Steps (a node is entered, answers or fails) in one go. Then the run pauses, so that the router serves
  /// its other connections: they take about a millisecond.
  package var maxStepsPerTurn = 2_000

  /// Bytes of messages that the nodes of one go look at or make: four of the largest messages, which also take
  /// about a millisecond. A node that began to read a message goes on to its end.
  package var maxBytesPerTurn = 16 << 20

  /// Nodes that a trace keeps; further ones are counted. They go into the trailers of one answer.
  package var maxTracedNodes = 1_000

  /// Calls that one request makes altogether. A `for_each` in a `for_each` multiplies, and each
  /// call is another request to somebody.
  package var maxLegs = 10_000

  /// Calls that one request has in flight at once; further ones wait inside the run, in order. It
  /// stays below the default of `max_queued_requests`, so that one large page does not fill a
  /// queue. Nor does one `for_each` work on more elements at once.
  package var maxOngoingLegs = 64

  /// Bytes of a message that the graph makes, and of all answers that go into one message. Without it 4,096
  /// elements could have the router hold 16 GiB for an answer that nobody takes.
  package var maxMessageBytes = Limits().maxMessageBytes

  /// Retries and second copies of hedges of one request: one for so many calls, and `leastRetries` in any case.
  /// It bounds what several steps that retry ask of those behind them. A call that fails though the router
  /// has sent it to further replicas takes as many from it.
  package var callsPerRetry = 5
  package var leastRetries = 3

  package init() {}
}
