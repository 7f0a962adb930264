// Whether a server that is late with an answer lives at all.
internal import MartletCore

/// Pings a channel's server after a while, unless the watch is ended before. Servers answer pings without a
/// thread for calls: one that has all its workers at work still does, one that hangs does not.
package final class LifeWatch: @unchecked Sendable {
  private let core: ChannelCore
  private var timer: Timer?
  private var isOver = false
  private var hasAnswered = false

  init(_ core: ChannelCore, after delay: Duration) {
    self.core = core
    core.loop.run {
      guard !self.isOver else { return }
      self.timer = core.loop.schedule(after: delay) {
        core.ping { self.hasAnswered = $0 }
      }
    }
  }

  /// Ends the watch.
  ///
  /// - Returns: true when the server has answered a ping of it.
  @discardableResult
  package func end() async -> Bool {
    await withUnsafeContinuation { done in
      core.loop.run {
        self.isOver = true
        self.timer?.cancel()
        self.timer = nil
        done.resume(returning: self.hasAnswered)
      }
    }
  }
}
