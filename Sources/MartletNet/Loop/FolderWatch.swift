// Files that are saved below a folder, as an asynchronous event.
internal import Glibc
package import MartletCore

/// When many changes in a row are one: an editor writes several files, and some of them twice.
struct SettleWindow {
  /// How long nothing must have happened.
  static let quiet = Duration.milliseconds(100)

  /// Since the first change; who never stops writing is not waited for.
  static let longest = Duration.seconds(2)

  private var first: Timestamp?

  /// A change has come.
  ///
  /// - Returns: when the changes so far are one, unless another one comes before.
  mutating func changed(at now: Timestamp) -> Timestamp {
    let first = first ?? now
    self.first = first
    return min(now + Self.quiet, first + Self.longest)
  }

  mutating func settled() {
    first = nil
  }
}

/// Tells that files below a folder were saved, once they have settled.
package final class FolderWatch: Sendable {
  private let changes: AsyncStream<Void>

  /// Begins to watch; it goes on until the loop ends.
  ///
  /// - Parameter counts: whether a file of that name is of interest.
  /// - Throws: `RPCError` when the folder cannot be watched or has too many others below it.
  package init(
    below root: String, on loop: Loop, counts: @escaping @Sendable (String) -> Bool
  ) throws(RPCError) {
    let tree = try FolderTree(below: root)
    // Two changes that nobody has looked at are one.
    let (stream, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    changes = stream
    loop.run {
      var tree = tree
      var window = SettleWindow()
      var timer: Timer?
      loop.watch(tree.descriptor) {
        guard tree.take(counts) else { return .goOn }
        timer?.cancel()
        timer = loop.schedule(at: window.changed(at: Loop.now)) {
          window.settled()
          continuation.yield()
        }
        return .goOn
      }
    }
  }

  /// Returns at the next change, or at once when there was one since the last time; false when the task is
  /// cancelled. One caller at a time.
  package func next() async -> Bool {
    for await _ in changes { return true }
    return false
  }
}
