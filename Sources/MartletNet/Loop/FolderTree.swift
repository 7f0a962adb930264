// A folder and all below it, as inotify(7) watches them.
internal import CLinux
internal import Glibc
internal import MartletCore

/// The folders that are watched, and what became of the files in them. Hidden folders are left out, and
/// links are not followed.
struct FolderTree: Sendable {
  /// Folders at most; the kernel's own limit is /proc/sys/fs/inotify/max_user_watches.
  static let maxFolders = 4096

  /// Readable when something has happened. The owner closes it.
  let descriptor: CInt

  private var folders: [CInt: String] = [:]

  /// Throws RESOURCE_EXHAUSTED or INTERNAL, with what to do or the kernel's words.
  init(below root: String) throws(RPCError) {
    descriptor = inotify_init1(CInt(IN_CLOEXEC | IN_NONBLOCK))
    guard descriptor >= 0 else {
      throw RPCError(.internalError, "cannot watch files: \(String(cString: strerror(errno)))")
    }
    do throws(RPCError) {
      try add(root)
    } catch {
      close(descriptor)
      throw error
    }
  }

  private mutating func add(_ root: String) throws(RPCError) {
    var rest = [root]
    while let folder = rest.popLast() {
      let events =
        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR
        | IN_DONT_FOLLOW
      let watch = inotify_add_watch(descriptor, folder, UInt32(events))
      // A folder may be gone before it is watched.
      if watch < 0, [ENOENT, ENOTDIR, ELOOP].contains(errno), folder != root { continue }
      guard watch >= 0 else {
        throw RPCError(
          .internalError, "cannot watch \(folder): \(String(cString: strerror(errno)))")
      }
      folders[watch] = folder
      guard folders.count <= Self.maxFolders else {
        throw RPCError(
          .resourceExhausted,
          "\(root) has more than \(Self.maxFolders) folders; start in a smaller one")
      }
      rest += Self.folders(in: folder)
    }
  }

  private static func folders(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var found: [String] = []
    while let entry = readdir(stream) {
      let type = CInt(entry.pointee.d_type)
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard type == CInt(DT_DIR), !name.hasPrefix(".") else { continue }
      found.append("\(folder)/\(name)")
    }
    return found
  }

  /// Takes what has happened since the last time.
  ///
  /// - Parameter counts: whether a file of that name is of interest.
  /// - Returns: whether such a file was written, or came or went; also when the kernel has lost count.
  mutating func take(_ counts: (String) -> Bool) -> Bool {
    var hasChanged = false
    // At least one event fits, whose name has up to 255 bytes (inotify(7)).
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return hasChanged }
      for event in InotifyEvents(buffer.prefix(count)) {
        if took(event, counts) { hasChanged = true }
      }
    }
  }

  private mutating func took(_ event: InotifyEvents.Event, _ counts: (String) -> Bool) -> Bool {
    if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { return true }
    if event.mask & UInt32(IN_IGNORED) != 0 {
      folders[event.watch] = nil
      return false
    }
    guard event.mask & UInt32(IN_ISDIR) != 0 else {
      // What is made is yet empty; it is written later.
      return event.mask & UInt32(IN_CREATE) == 0 && counts(event.name)
    }
    guard event.mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0, !event.name.hasPrefix("."),
      let folder = folders[event.watch]
    else { return false }
    do throws(RPCError) {
      try add("\(folder)/\(event.name)")
    } catch {
      // More folders than can be watched: those that were there at the beginning still are.
      return false
    }
    // It may have had files before it was watched.
    return true
  }
}

/// The events in what read(2) gave: `struct inotify_event` with its name behind it.
struct InotifyEvents: Sequence, IteratorProtocol {
  struct Event: Equatable {
    var watch: CInt
    var mask: UInt32
    var name: String
  }

  private var bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
  }

  mutating func next() -> Event? {
    // watch, mask, cookie and the length of the name, which ends with NULs: four bytes each.
    guard bytes.count >= 16 else { return nil }
    let words = (0..<4).map { word in
      bytes.dropFirst(4 * word).prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    let length = Int(words[3])
    guard bytes.count >= 16 + length else { return nil }
    let name = bytes.dropFirst(16).prefix(length).prefix { $0 != 0 }
    bytes = bytes.dropFirst(16 + length)
    return Event(
      watch: CInt(bitPattern: words[0]), mask: words[1], name: String(decoding: name, as: UTF8.self)
    )
  }
}
