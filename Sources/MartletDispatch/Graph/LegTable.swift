// The legs of one run that are in flight.

/// Values by leg, of which there are few at a time: they are added in the order of their numbers and mostly
/// taken out in that order, so a search from the front ends soon.
struct LegTable<Value: Sendable>: Sendable {
  private var entries: [(leg: GraphLeg, value: Value)] = []

  var count: Int { entries.count }

  /// The value of the leg with the lowest number.
  var first: Value? { entries.first?.value }

  /// In ascending order.
  var legs: [GraphLeg] { entries.map(\.leg) }

  subscript(leg: GraphLeg) -> Value? {
    index(of: leg).map { entries[$0].value }
  }

  /// Its number is higher than all others here.
  mutating func add(_ value: Value, for leg: GraphLeg) {
    assert(entries.last.map { $0.leg.number < leg.number } ?? true, "legs start in order")
    entries.append((leg, value))
  }

  mutating func remove(_ leg: GraphLeg) -> Value? {
    index(of: leg).map { entries.remove(at: $0).value }
  }

  /// Returns the legs that are gone, in ascending order.
  mutating func removeAll(where isGone: (Value) -> Bool) -> [GraphLeg] {
    var gone: [GraphLeg] = []
    entries.removeAll { entry in
      guard isGone(entry.value) else { return false }
      gone.append(entry.leg)
      return true
    }
    return gone
  }

  private func index(of leg: GraphLeg) -> Int? {
    entries.firstIndex { $0.leg == leg }
  }
}
