// Paths of unix sockets, as the kernel takes them.
package import Glibc
internal import MartletCore

/// The address of a unix socket.
package enum UnixAddress {
  /// What bind(2) or connect(2), called by `body`, returns for a path; -1 for one that does not fit.
  package static func with(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
  ) -> CInt {
    guard path.utf8.count <= Endpoint.maxPathBytes else { return -1 }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
