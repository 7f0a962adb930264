// The custom headers and trailers of a call.

/// An ordered multimap of custom metadata (gRPC over HTTP/2, "Custom-Metadata"). Names are lower
/// case; a name that ends in `-bin` carries bytes, every other one printable ASCII.
public struct Metadata: Sendable, Hashable {
  public struct Entry: Sendable, Hashable {
    public enum Value: Sendable, Hashable {
      case text(String)
      case binary([UInt8])
    }

    public var name: String
    public var value: Value

    public init(name: String, value: Value) {
      self.name = name
      self.value = value
    }
  }

  /// All entries in the order in which they were added or received.
  public private(set) var entries: [Entry]

  public init() {
    entries = []
  }

  /// Adds a text entry. The name is lower-cased.
  public mutating func add(_ value: String, for name: String) {
    entries.append(Entry(name: name.lowercased(), value: .text(value)))
  }

  /// Adds a binary entry. The name is lower-cased and must end in `-bin`.
  public mutating func add(_ value: [UInt8], for name: String) {
    precondition(name.lowercased().hasSuffix("-bin"), "a binary metadata name ends in -bin")
    entries.append(Entry(name: name.lowercased(), value: .binary(value)))
  }

  public mutating func add(contentsOf other: Metadata) {
    entries.append(contentsOf: other.entries)
  }

  public mutating func removeAll(named name: String) {
    let name = name.lowercased()
    entries.removeAll { $0.name == name }
  }

  /// Every text value of `name`, in order.
  public subscript(all name: String) -> [String] {
    let name = name.lowercased()
    return entries.compactMap { entry in
      guard entry.name == name, case .text(let text) = entry.value else { return nil }
      return text
    }
  }

  /// The first text value of `name`.
  public subscript(name: String) -> String? {
    self[all: name].first
  }

  /// The first binary value of `name`.
  public subscript(binary name: String) -> [UInt8]? {
    let name = name.lowercased()
    for entry in entries where entry.name == name {
      if case .binary(let bytes) = entry.value { return bytes }
    }
    return nil
  }

  public var isEmpty: Bool { entries.isEmpty }

  /// Whether there is an entry of this name, which is in lower case.
  package func contains(_ name: String) -> Bool {
    entries.contains { $0.name == name }
  }
  public var count: Int { entries.count }
}

extension Metadata: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, String)...) {
    self.init()
    for (name, value) in elements { add(value, for: name) }
  }
}
