// What a running graph tells the router to do.

package import MartletCore

/// One call that a run makes, numbered from 0 in the order in which the graph came to it.
package struct GraphLeg: Sendable, Hashable, CustomStringConvertible {
  package var number: Int

  package init(_ number: Int) {
    self.number = number
  }

  /// The calls that took the client's stream, as far as they are a source of the answer.
  package static let intake = GraphLeg(-1)

  package var description: String { "leg \(number)" }
}

/// A duty of the router. Exactly one `finish`, `stream` or `fail` ends a run that was not abandoned, and no
/// order follows it.
package enum GraphOrder: Sendable, Equatable {
  /// Call a deployment and report `answered` or `failed` for this leg, once. The deadline is that of the
  /// nodes around the call; nil: only the request has one.
  case call(leg: GraphLeg, GraphPlan.Callee, message: [UInt8], deadline: Deadline?)

  /// Call a deployment for a node and report nothing.
  case mirror(node: Int, deployment: String, method: MethodName, message: [UInt8])

  /// A node that wants its times measured (`GraphPlan.measured`) has answered within so long.
  case measured(node: Int, Duration)

  /// Nobody needs this leg's answer any more; a report about it is ignored.
  case cancel(GraphLeg)

  /// The run has more to do than it may do in one go: call `resumed` once others had their turn. What happens
  /// before is reported as ever.
  case resume

  /// Answer the request with this message.
  case finish([UInt8])

  /// Answer the request with what the first of these calls streams to the message, through the others.
  case stream([GraphPlan.StreamCall], message: [UInt8])

  /// Answer the request with this status.
  case fail(RPCStatus)
}
