// How many connections each address holds.
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Whom a connection counts against: an IPv4 address, or the /64 network of an IPv6 address, which is what one
/// customer is given at least.
struct PeerAddress: Hashable, Sendable {
  private let isV6: Bool
  private let bits: UInt64

  /// Nil for unix sockets.
  init?(_ address: SocketAddress?) {
    switch address {
    case .v4(_)?:
      guard let octets = address?.octets(4, at: 4) else { return nil }
      self.init(isV6: false, bits: octets)
    case .v6(_)?:
      guard let network = address?.octets(8, at: 8), let host = address?.octets(8, at: 16) else {
        return nil
      }
      // An IPv4 peer of a socket for both (::ffff:a.b.c.d).
      let isMapped = network == 0 && host >> 32 == 0xffff
      self.init(isV6: !isMapped, bits: isMapped ? host & 0xffff_ffff : network)
    case .unixDomainSocket?, nil: return nil
    }
  }

  private init(isV6: Bool, bits: UInt64) {
    self.isV6 = isV6
    self.bits = bits
  }
}

/// The connections of one listener by where they come from. It holds no more addresses than there
/// are connections.
final class PeerCounts: Sendable {
  private let limit: Int
  private let counts = NIOLockedValueBox<[PeerAddress: Int]>([:])

  init(limit: Int) {
    self.limit = limit
  }

  /// False when the address has as many as it may. Nil is nobody's address.
  func enter(_ address: PeerAddress?) -> Bool {
    guard let address else { return true }
    return counts.withLockedValue { counts in
      let count = counts[address] ?? 0
      guard count < limit else { return false }
      counts[address] = count + 1
      return true
    }
  }

  func leave(_ address: PeerAddress?) {
    guard let address else { return }
    counts.withLockedValue { counts in
      let count = (counts[address] ?? 0) - 1
      counts[address] = count > 0 ? count : nil
    }
  }
}

extension SocketAddress {
  /// Octets of the C structure, the first one highest: `sin_addr` stands at 4, `sin6_addr` at 8
  /// (ip(7), ipv6(7)).
  fileprivate func octets(_ count: Int, at start: Int) -> UInt64? {
    withSockAddr { address, size in
      guard start + count <= size else { return nil }
      let bytes = UnsafeRawBufferPointer(start: address, count: size)
      return bytes[start..<start + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
  }
}
