// What is made of files, and made anew when they change.
internal import Glibc
internal import Logging
internal import MartletCore
internal import NIOConcurrencyHelpers

/// A value that follows its files, looked at when somebody asks for it. May be used from any thread.
final class FileBacked<Value: Sendable>: Sendable {
  private struct State {
    var value: Value
    /// What the files were when they were last read, for better or for worse.
    var stamps: [FileStamp?]
    var lookedAt: Timestamp
  }

  private let paths: [String]
  private let logger: Logger?
  private let make: @Sendable () throws(RPCError) -> Value
  private let state: NIOLockedValueBox<State>

  /// Reads the files at once. The first of `paths` stands for all of them in what is logged. Throws what
  /// `make` throws.
  init(
    _ paths: [String], logger: Logger?, _ make: @escaping @Sendable () throws(RPCError) -> Value
  ) throws(RPCError) {
    self.paths = paths
    self.logger = logger
    self.make = make
    let stamps = paths.map(FileStamp.init)
    let value = try make()
    state = NIOLockedValueBox(State(value: value, stamps: stamps, lookedAt: Loop.now))
  }

  /// The value of the files as they are, give or take `TLSBounds.filesLookedAtEvery`; of files that cannot be
  /// used, as they were before.
  var current: Value {
    state.withLockedValue { state in
      let now = Loop.now
      guard !paths.isEmpty, now >= state.lookedAt + TLSBounds.filesLookedAtEvery else {
        return state.value
      }
      state.lookedAt = now
      let stamps = paths.map(FileStamp.init)
      guard stamps != state.stamps else { return state.value }
      // Files that cannot be used are not read again until they change again.
      state.stamps = stamps
      do throws(RPCError) {
        state.value = try make()
        logger?.notice("new connections use the new certificate in \(paths[0])")
      } catch {
        logger?.error("the certificate stays as it was: \(error.message)")
      }
      return state.value
    }
  }
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
