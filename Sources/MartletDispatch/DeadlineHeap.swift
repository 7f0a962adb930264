// What must happen when: the earliest first.
package import MartletCore

/// A binary heap of moments, one for each small integer key, with removal by key. It holds nothing that
/// is already over, so its size is the number of things that wait.
package struct DeadlineHeap: Sendable {
  private struct Entry: Sendable {
    var time: Timestamp
    var key: Int
  }

  private var entries: [Entry] = []

  /// Where each key stands in `entries`; -1 for a key without a moment.
  private var positions: [Int] = []

  package init() {}

  package var isEmpty: Bool { entries.isEmpty }

  /// The earliest moment.
  package var first: Timestamp? { entries.first?.time }

  /// Sets the moment of `key`, replacing the one it had.
  package mutating func set(_ key: Int, at time: Timestamp) {
    while positions.count <= key { positions.append(-1) }
    let position = positions[key]
    guard position < 0 else {
      entries[position].time = time
      siftUp(position)
      siftDown(positions[key])
      return
    }
    positions[key] = entries.count
    entries.append(Entry(time: time, key: key))
    siftUp(entries.count - 1)
  }

  /// Forgets the moment of `key`, if it has one.
  package mutating func remove(_ key: Int) {
    guard key < positions.count, positions[key] >= 0 else { return }
    let position = positions[key]
    positions[key] = -1
    let last = entries.removeLast()
    guard position < entries.count else { return }
    entries[position] = last
    positions[last.key] = position
    siftUp(position)
    siftDown(positions[last.key])
  }

  /// Takes out a key whose moment has come; nil when none has.
  package mutating func popDue(at now: Timestamp) -> Int? {
    guard let first = entries.first, first.time <= now else { return nil }
    remove(first.key)
    return first.key
  }

  private mutating func siftUp(_ start: Int) {
    var child = start
    let entry = entries[child]
    while child > 0 {
      let parent = (child - 1) / 2
      guard entry.time < entries[parent].time else { break }
      move(entries[parent], to: child)
      child = parent
    }
    move(entry, to: child)
  }

  private mutating func siftDown(_ start: Int) {
    var parent = start
    let entry = entries[parent]
    while true {
      var child = 2 * parent + 1
      guard child < entries.count else { break }
      if child + 1 < entries.count, entries[child + 1].time < entries[child].time { child += 1 }
      guard entries[child].time < entry.time else { break }
      move(entries[child], to: parent)
      parent = child
    }
    move(entry, to: parent)
  }

  private mutating func move(_ entry: Entry, to position: Int) {
    entries[position] = entry
    positions[entry.key] = position
  }
}
