// The other end of a connection, byte by byte.
import Foundation
import MartletCore

/// A blocking socket that says whatever a test wants. Reads give up after ten seconds.
final class RawPeer: Sendable {
  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  private let descriptor: CInt

  private init(_ descriptor: CInt) {
    self.descriptor = descriptor
    var patience = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { Foundation.close(descriptor) }

  /// A client of a server on loopback.
  convenience init(to endpoint: Endpoint) throws {
    switch endpoint {
    case .tcp(_, let port):
      self.init(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(port).bigEndian
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      try connect(&address, MemoryLayout<sockaddr_in>.size)
    case .unix(let path):
      self.init(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
      var address = RawPeer.address(path)
      try connect(&address, MemoryLayout<sockaddr_un>.size)
    }
  }

  private func connect<Address>(_ address: inout Address, _ size: Int) throws {
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.connect(descriptor, $0, socklen_t(size))
      }
    }
    guard result == 0 else { throw RPCError(.unavailable, String(cString: strerror(errno))) }
  }

  /// The server's end of the next connection to a socket that listens at `path`.
  static func accept(on listener: CInt) -> RawPeer {
    RawPeer(Foundation.accept(listener, nil, nil))
  }

  /// A socket that listens at `path`; the caller closes it.
  static func listen(at path: String) -> CInt {
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = address(path)
    _ = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    Foundation.listen(listener, 8)
    return listener
  }

  private static func address(_ path: String) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    return address
  }

  func send(_ bytes: [UInt8]) {
    _ = bytes.withUnsafeBytes {
      Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
  }

  /// Ends the connection.
  func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// All frames until the other end closes, as their types and payloads.
  func framesUntilTheEnd() -> [(type: UInt8, payload: [UInt8])] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(descriptor, &piece, piece.count, 0)
      guard count > 0 else { break }
      bytes += piece[..<count]
    }
    var frames: [(type: UInt8, payload: [UInt8])] = []
    while bytes.count >= 9 {
      let length = bytes[..<3].reduce(0) { $0 << 8 | Int($1) }
      guard bytes.count >= 9 + length else { break }
      frames.append((bytes[3], Array(bytes[9..<9 + length])))
      bytes.removeFirst(9 + length)
    }
    return frames
  }

  /// Reads on until a frame of `type` has come, and throws all away; false when none comes.
  @discardableResult
  func skip(until type: UInt8) -> Bool {
    var header = [UInt8](repeating: 0, count: 9)
    while recv(descriptor, &header, 9, Int32(MSG_WAITALL)) == 9 {
      let length = header[..<3].reduce(0) { $0 << 8 | Int($1) }
      var payload = [UInt8](repeating: 0, count: length)
      if length > 0 { recv(descriptor, &payload, length, Int32(MSG_WAITALL)) }
      if header[3] == type { return true }
    }
    return false
  }
}

extension [UInt8] {
  /// A frame without payload, or with one of fewer than 256 bytes.
  static func frame(
    _ type: UInt8, flags: UInt8 = 0, on stream: UInt8 = 0, _ payload: [UInt8] = []
  ) -> [UInt8] {
    [0, 0, UInt8(payload.count), type, flags, 0, 0, 0, stream] + payload
  }
}
