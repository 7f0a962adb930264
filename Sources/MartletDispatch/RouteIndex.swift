// Finds the route of a request by the bytes of its path.

/// An open-addressing hash table from byte strings to values. A lookup reads the caller's bytes where
/// they are and makes no String. The keys come from app files and never from requests, so a request can
/// choose no collisions.
package struct ByteIndex<Value: Sendable>: Sendable {
  package init() {}

  private struct Entry: Sendable {
    var hash: UInt64
    var key: [UInt8]
    var value: Value
  }

  private var entries: [Entry] = []

  /// Index into `entries` plus one, or 0 for a free place. At most half of the places are taken.
  private var places: [UInt32] = [0, 0]

  var isEmpty: Bool { entries.isEmpty }

  /// Keeps the first value when a key comes twice; false then.
  package mutating func insert(_ key: some Sequence<UInt8>, _ value: Value) -> Bool {
    let key = Array(key)
    let hash = key.withUnsafeBytes { Self.hash($0) }
    if key.withUnsafeBytes({ self[$0] }) != nil { return false }
    entries.append(Entry(hash: hash, key: key, value: value))
    if entries.count * 2 > places.count {
      places = [UInt32](repeating: 0, count: places.count * 2)
      for index in entries.indices { place(index) }
    } else {
      place(entries.count - 1)
    }
    return true
  }

  package subscript(_ key: UnsafeRawBufferPointer) -> Value? {
    let hash = Self.hash(key)
    var place = Int(truncatingIfNeeded: hash) & (places.count - 1)
    while places[place] != 0 {
      let index = Int(places[place]) - 1
      if entries[index].hash == hash, key.elementsEqual(entries[index].key) {
        return entries[index].value
      }
      place = (place + 1) & (places.count - 1)
    }
    return nil
  }

  private mutating func place(_ index: Int) {
    var place = Int(truncatingIfNeeded: entries[index].hash) & (places.count - 1)
    while places[place] != 0 { place = (place + 1) & (places.count - 1) }
    places[place] = UInt32(index + 1)
  }

  /// FNV-1a, 64 bits (RFC 9923): a few dozen bytes, and no adversary.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return hash ^ (hash >> 32)
  }
}

/// Routes by `:path`: single methods before whole services.
struct RouteIndex: Sendable {
  private var methods = ByteIndex<Route>()
  private var services = ByteIndex<Route>()

  /// False when another app has the same route already; the first keeps it.
  mutating func addMethod(path: String, _ route: Route) -> Bool {
    methods.insert(path.utf8, route)
  }

  /// Routes `/SERVICE/` and whatever follows it.
  mutating func addService(_ service: String, _ route: Route) -> Bool {
    services.insert("/\(service)/".utf8, route)
  }

  subscript(_ path: UnsafeRawBufferPointer) -> Route? {
    if !methods.isEmpty, let route = methods[path] { return route }
    guard !services.isEmpty, let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    return services[UnsafeRawBufferPointer(rebasing: path[...slash])]
  }
}
