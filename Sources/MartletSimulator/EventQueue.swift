// What is going to happen under the virtual clock, soonest first.
internal import MartletCore

/// A binary heap. Events of one moment come out in the order in which they were put in, so that a run
/// depends on nothing but its seed.
struct EventQueue<Event: Sendable>: Sendable {
  private struct Entry: Sendable {
    var time: Timestamp
    var order: UInt64
    var event: Event

    func isBefore(_ other: Entry) -> Bool {
      (time, order) < (other.time, other.order)
    }
  }

  private var heap: [Entry] = []
  private var added: UInt64 = 0

  mutating func add(_ event: Event, at time: Timestamp) {
    heap.append(Entry(time: time, order: added, event: event))
    added += 1
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].isBefore(heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func next() -> (time: Timestamp, event: Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    return (first.time, first.event)
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].isBefore(heap[least]) {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}
