// Sockets that are bound once and handed to every router.

private import CLinux
private import Glibc
internal import MartletCore
private import MartletNet

/// A bound and listening socket. Non-blocking, because several routers accept from it, and
/// close-on-exec: whoever shall have it gets it by name.
struct ListeningSocket {
  /// Connections that wait to be accepted, as many as the kernel allows (`somaxconn`): while a router
  /// is started anew its clients wait here.
  static let backlog: Int32 = 4096

  let descriptor: Int32
  /// With the port that the kernel chose where port 0 was asked for.
  let endpoint: Endpoint

  init(_ endpoint: Endpoint) throws(SupervisorError) {
    switch endpoint {
    case .unix(let path): try self.init(path: path)
    case .tcp(let host, let port): try self.init(host: host, port: port)
    }
  }

  private init(path: String) throws(SupervisorError) {
    guard path.utf8.count <= RunDirectory.maxSocketPathBytes else {
      throw SupervisorError(
        64,
        "the socket path \(path) has more than \(RunDirectory.maxSocketPathBytes) bytes; "
          + "choose a shorter one")
    }
    descriptor = socket(AF_UNIX, Self.socketType, 0)
    endpoint = .unix(path: path)
    var status = stat()
    if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK {
      guard !Self.isServed(path) else {
        throw SupervisorError(69, "cannot listen on \(endpoint): another program listens there")
      }
      unlink(path)
    } else if KeptSocket.isLeft(path) {
      unlink(path)
    }
    let bound = UnixAddress.with(path) { bind(descriptor, $0, $1) }
    guard bound == 0, chmod(path, 0o600) == 0, listen(descriptor, Self.backlog) == 0 else {
      throw SupervisorError(69, "cannot listen on \(endpoint): \(systemMessage())")
    }
  }

  private init(host: String, port: Int) throws(SupervisorError) {
    let asked = Endpoint.tcp(host: host, port: port)
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var found: UnsafeMutablePointer<addrinfo>?
    // Non-zero: an EAI_* code, for which gai_strerror has words.
    let error = getaddrinfo(host, "\(port)", &hints, &found)
    guard error == 0, let first = found else {
      throw SupervisorError(
        64, "cannot listen on \(asked): \(String(cString: gai_strerror(error)))")
    }
    defer { freeaddrinfo(found) }
    descriptor = socket(first.pointee.ai_family, Self.socketType, 0)
    var yes: Int32 = 1
    // So that a mesh can come back while connections of the last one are in TIME_WAIT.
    setsockopt(
      descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    guard descriptor >= 0, bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0,
      listen(descriptor, Self.backlog) == 0
    else {
      let why =
        errno == EADDRINUSE
        ? "another program listens there; choose another address with --listen"
        : systemMessage()
      throw SupervisorError(69, "cannot listen on \(asked): \(why)")
    }
    endpoint = .tcp(host: host, port: Self.port(of: descriptor) ?? port)
  }

  private static var socketType: CInt {
    CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
  }

  private static func port(of descriptor: Int32) -> Int? {
    var address = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let named = withUnsafeMutablePointer(to: &address) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &size) == 0
      }
    }
    guard named else { return nil }
    // Family and port are the first two fields of sockaddr_in and of sockaddr_in6 alike.
    return withUnsafeBytes(of: &address) { bytes in
      Int(bytes.load(fromByteOffset: 2, as: in_port_t.self).bigEndian)
    }
  }

  /// Whether somebody accepts connections at a unix socket.
  private static func isServed(_ path: String) -> Bool {
    let descriptor = socket(AF_UNIX, socketType, 0)
    defer { close(descriptor) }
    return UnixAddress.with(path) { connect(descriptor, $0, $1) } == 0
  }
}
