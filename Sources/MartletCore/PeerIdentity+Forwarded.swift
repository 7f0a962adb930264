// A caller's identity as one hop tells it the next: `x-forwarded-client-cert`, in Envoy's spelling.

extension PeerIdentity {
  /// Bytes of the field's value. What certificates of services have takes a hundred; header lists are bounded.
  static let maxForwardedBytes = 4 << 10

  /// `URI=…;DNS=…`, a pair for each name. An identity that does not fit, or with names that no header can
  /// carry, is told without any: fewer of them could mean somebody else.
  public var forwarded: String {
    let pairs =
      uris.map { "URI=\(Self.quoted($0))" } + dnsNames.map { "DNS=\(Self.quoted($0))" }
    let text = pairs.joined(separator: ";")
    let isPrintable = text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
    return isPrintable && text.utf8.count <= Self.maxForwardedBytes ? text : ""
  }

  /// Reads what `forwarded` writes, or a proxy that spells it so. Of several certificates, one for each hop,
  /// the last is taken, which is the nearest one's. Other keys than URI and DNS are passed over. Nil
  /// for what is malformed.
  public init?(forwarded text: String) {
    self.init()
    var reader = ForwardedReader(text.utf8[...])
    guard !text.isEmpty else { return }
    while true {
      guard let key = reader.key(), let value = reader.value() else { return nil }
      switch key.lowercased() {
      case "uri": uris.append(value)
      case "dns": dnsNames.append(value)
      default: break
      }
      switch reader.separator() {
      case .end: return
      case .pair: continue
      case .hop: self = PeerIdentity()
      case nil: return nil
      }
    }
  }

  /// Between double quotes where it holds what separates pairs or hops.
  private static func quoted(_ value: String) -> String {
    let needsQuotes = value.utf8.contains { ForwardedReader.special.contains($0) }
    guard needsQuotes else { return value }
    let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "\"\(escaped)\""
  }
}

/// Takes keys, values and what separates them off the front of a field's value.
private struct ForwardedReader {
  enum Separator {
    case end
    case pair
    case hop
  }

  static let special = Array(",;=\"\\ ".utf8)

  private var rest: Substring.UTF8View

  init(_ rest: Substring.UTF8View) {
    self.rest = rest
  }

  mutating func key() -> String? {
    guard let end = rest.firstIndex(of: UInt8(ascii: "=")), end != rest.startIndex else {
      return nil
    }
    let key = rest[..<end]
    guard !key.contains(where: { Self.special.contains($0) }) else { return nil }
    rest = rest[rest.index(after: end)...]
    return String(Substring(key))
  }

  mutating func value() -> String? {
    guard rest.first == UInt8(ascii: "\"") else {
      let value = rest.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",") }
      rest = rest[value.endIndex...]
      return String(Substring(value))
    }
    rest.removeFirst()
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst() else { return nil }
        bytes.append(escaped)
      default: bytes.append(byte)
      }
    }
    return nil
  }

  mutating func separator() -> Separator? {
    switch rest.popFirst() {
    case nil: return .end
    case UInt8(ascii: ";"): return .pair
    case UInt8(ascii: ","):
      // Fields that were joined have a space there.
      while rest.first == UInt8(ascii: " ") { rest.removeFirst() }
      return .hop
    default: return nil
    }
  }
}
