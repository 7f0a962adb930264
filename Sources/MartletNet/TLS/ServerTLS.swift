// A server's side of TLS: its certificate, read anew when the files change.
internal import Glibc
package import Logging
package import MartletCore
internal import NIOConcurrencyHelpers
internal import NIOSSL

/// Makes the TLS of accepted connections. May be used from any thread.
package final class ServerTLS: Sendable {
  private struct State {
    var context: NIOSSLContext
    /// What the files were when they were last read, for better or for worse.
    var stamps: [FileStamp?]
    var lookedAt: Timestamp
  }

  private let files: ServerTLSFiles
  private let protocols: [String]
  private let logger: Logger?
  private let state: NIOLockedValueBox<State>

  /// Whether clients need a certificate.
  var verifiesClients: Bool { files.clientCA != nil }

  /// Reads the files. `protocols` are what ALPN offers, the best first. Throws INVALID_ARGUMENT with the
  /// file and what is wrong with it.
  package init(
    _ files: ServerTLSFiles, protocols: [String] = ["h2"], logger: Logger? = nil
  ) throws(RPCError) {
    self.files = files
    self.protocols = protocols
    self.logger = logger
    let stamps = files.paths.map(FileStamp.init)
    let context = try Self.makeContext(files, protocols)
    state = NIOLockedValueBox(State(context: context, stamps: stamps, lookedAt: Loop.now))
  }

  /// What a new connection is made with. Now and then it looks whether the files have changed; connections
  /// that there are keep what they began with.
  func context() -> NIOSSLContext {
    state.withLockedValue { state in
      let now = Loop.now
      guard now >= state.lookedAt + TLSBounds.filesLookedAtEvery else { return state.context }
      state.lookedAt = now
      let stamps = files.paths.map(FileStamp.init)
      guard stamps != state.stamps else { return state.context }
      // Files that cannot be used are not read again until they change again.
      state.stamps = stamps
      do throws(RPCError) {
        state.context = try Self.makeContext(files, protocols)
        logger?.notice("new connections use the new certificate in \(files.certificate)")
      } catch {
        logger?.error("the certificate stays as it was: \(error.message)")
      }
      return state.context
    }
  }

  private static func makeContext(
    _ files: ServerTLSFiles, _ protocols: [String]
  ) throws(RPCError) -> NIOSSLContext {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try PEM.certificates(files.certificate).map { .certificate($0) },
      privateKey: .privateKey(try PEM.key(files.key)))
    if let clientCA = files.clientCA {
      configuration.certificateVerification = .noHostnameVerification
      configuration.trustRoots = .certificates(try PEM.certificates(clientCA))
      // So that a client with several certificates knows which one is wanted.
      configuration.sendCANameList = true
    }
    configuration.applyBounds(protocols)
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw RPCError(
        .invalidArgument,
        "the key in \(files.key) does not fit the certificate in \(files.certificate): "
          + error.systemReason, cause: error)
    }
  }
}

extension ServerTLSFiles {
  fileprivate var paths: [String] { [certificate, key] + (clientCA.map { [$0] } ?? []) }
}

/// Tells one state of a file from another.
private struct FileStamp: Equatable {
  let device: UInt64
  let inode: UInt64
  let bytes: Int64
  let seconds: Int64
  let nanoseconds: Int64

  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    bytes = Int64(status.st_size)
    seconds = Int64(status.st_mtim.tv_sec)
    nanoseconds = Int64(status.st_mtim.tv_nsec)
  }
}
