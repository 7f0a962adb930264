// Files beneath folders that the app file allows.
private import Glibc
import Martlet

/// Reads files. Where a path leads is asked of the kernel about the opened file, symbolic links and all,
/// so that nothing can change between the question and the reading.
struct FileSource: Sendable {
  /// The allowed folders without symbolic links.
  private let roots: [String]
  private let maxBytes: Int

  /// Throws FAILED_PRECONDITION when a folder does not exist.
  init(roots: [String], maxBytes: Int) throws(RPCError) {
    self.maxBytes = maxBytes
    self.roots = try roots.map { root throws(RPCError) in
      guard let path = Self.resolved(root) else {
        throw RPCError(
          .failedPrecondition, "user_config.allowed_roots: there is no folder \"\(root)\"")
      }
      return path
    }
  }

  /// The bytes of a file. Throws NOT_FOUND, PERMISSION_DENIED (also for whatever is not beneath the
  /// allowed folders, be it there or not) or INVALID_ARGUMENT.
  func read(_ path: String) throws(RPCError) -> [UInt8] {
    let file: OpenFile
    do throws(OpenFile.Failure) {
      file = try OpenFile(path, OpenFile.asPath)
    } catch {
      throw failed(path, error)
    }
    guard let resolved = file.path, allows(resolved) else { throw denied(path) }
    guard let size = file.regularSize else {
      throw RPCError(.invalidArgument, "\(path) is not a regular file")
    }
    guard size <= maxBytes else {
      throw RPCError(.invalidArgument, "\(path) has \(size) bytes; at most \(maxBytes) are read")
    }
    do throws(OpenFile.Failure) {
      return try OpenFile(file.link, O_RDONLY).bytes(upTo: maxBytes)
    } catch {
      throw failed(path, error)
    }
  }

  private func failed(_ path: String, _ failure: OpenFile.Failure) -> RPCError {
    guard let folder = nearestFolder(of: path), allows(folder) else { return denied(path) }
    return switch failure.code {
    case ENOENT, ENOTDIR: RPCError(.notFound, "there is no file \(path)")
    case EACCES, EPERM: denied(path)
    case ENAMETOOLONG, ELOOP, EFBIG:
      RPCError(.invalidArgument, "\(path) is not a file that can be read: \(failure)")
    default: RPCError(.unavailable, "\(path) cannot be read now: \(failure)")
    }
  }

  private func denied(_ path: String) -> RPCError {
    RPCError(
      .permissionDenied,
      "\(path) is not a readable file beneath the allowed folders; see user_config.allowed_roots")
  }

  private func allows(_ path: String) -> Bool {
    roots.contains { $0 == "/" || path == $0 || path.hasPrefix("\($0)/") }
  }

  /// The deepest folder on the way to a path that exists, without symbolic links.
  private func nearestFolder(of path: String) -> String? {
    var path = path[...]
    while let slash = path.lastIndex(of: "/") {
      path = path[..<slash]
      if let folder = Self.resolved(path.isEmpty ? "/" : String(path)) { return folder }
    }
    return Self.resolved(".")
  }

  /// Where a path leads; nil when it leads nowhere.
  private static func resolved(_ path: String) -> String? {
    do throws(OpenFile.Failure) {
      return try OpenFile(path, OpenFile.asPath).path
    } catch {
      return nil
    }
  }
}

/// A file descriptor that closes itself.
private struct OpenFile: ~Copyable {
  struct Failure: Error, CustomStringConvertible {
    let code: Int32
    var description: String { unsafe String(cString: strerror(code)) }
  }

  /// O_PATH of open(2), which Swift's Glibc leaves out: opens without any effect on what is opened, which
  /// might be a device or a pipe.
  static let asPath: Int32 = 0o10_000_000

  private let descriptor: Int32

  init(_ path: String, _ flags: Int32) throws(Failure) {
    descriptor = unsafe open(path, flags | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Failure(code: errno) }
  }

  deinit {
    // There is nothing to do about EIO on a file that was only read.
    _ = close(descriptor)
  }

  /// The kernel's name for the open file, by which it can be opened again (proc(5)).
  var link: String { "/proc/self/fd/\(descriptor)" }

  /// The file's path without symbolic links; nil when it has none, like a pipe.
  var path: String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      return unsafe readlink(link, base.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    guard count > 0, count < buffer.count, buffer[0] == UInt8(ascii: "/") else { return nil }
    return String(validating: buffer[..<count], as: UTF8.self)
  }

  /// The size in bytes of a regular file; nil for anything else.
  var regularSize: Int? {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return nil
    }
    return Int(status.st_size)
  }

  /// All bytes. Throws EFBIG when there are more than `limit`.
  func bytes(upTo limit: Int) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = unsafe piece.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Failure(code: errno) }
      guard count > 0 else { return bytes }
      bytes += piece[..<count]
      guard bytes.count <= limit else { throw Failure(code: EFBIG) }
    }
  }
}
