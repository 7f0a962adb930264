// The control group that the controller has made for its replicas, as far as the supervisor has to end it.

private import Glibc
internal import MartletCore

/// What is left in it when the controller is gone has nobody else to end it.
enum MeshGroup {
  /// SIGKILL for every replica and helper at once, also for those that are started meanwhile.
  static func kill(of directory: RunDirectory) {
    let descriptor = open("\(directory.group)/cgroup.kill", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = write(descriptor, "1", 1)
    close(descriptor)
  }

  /// Removes the groups that are empty, and the link that leads to them.
  static func remove(of directory: RunDirectory) {
    defer { unlink(directory.group) }
    guard let path = realpath(directory.group, nil) else { return }
    defer { free(path) }
    guard let folder = opendir(path) else { return }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      // Replicas' groups have their numbers for names.
      if UInt64(name) != nil { rmdir("\(directory.group)/\(name)") }
    }
    closedir(folder)
    rmdir(path)
  }
}
