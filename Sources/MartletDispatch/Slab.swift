// Values at small dense indexes that stay where they are.

/// An array with holes that are filled again, last freed first. A freed place keeps its old value until
/// then, and counts how often it was freed.
struct Slab<Element: Sendable>: Sendable {
  private struct Place: Sendable {
    var element: Element
    var generation: UInt32
    var isTaken: Bool
  }

  private var places: [Place] = []
  private var free: [Int] = []

  var count: Int { places.count - free.count }

  mutating func insert(_ element: Element) -> Int {
    guard let index = free.popLast() else {
      places.append(Place(element: element, generation: 0, isTaken: true))
      return places.count - 1
    }
    places[index].element = element
    places[index].isTaken = true
    return index
  }

  mutating func remove(at index: Int) {
    precondition(places[index].isTaken, "freed twice")
    places[index].isTaken = false
    places[index].generation &+= 1
    free.append(index)
  }

  func contains(_ index: Int) -> Bool {
    places.indices.contains(index) && places[index].isTaken
  }

  /// Tells the elements apart that were one after another at the same index.
  func generation(at index: Int) -> UInt32 { places[index].generation }

  /// Where elements are, in ascending order.
  var indices: [Int] { places.indices.filter { places[$0].isTaken } }

  subscript(index: Int) -> Element {
    _read { yield places[index].element }
    _modify { yield &places[index].element }
  }
}
