// Times on the command line.

internal import ArgumentParser

/// A time that somebody waits for at most: `--timeout 2.5`.
struct Seconds: Sendable, Equatable {
  /// 30 days, as for the delays of an app file; what is longer is a slip of the finger or no number.
  static let most = 30.0 * 24 * 3600

  let duration: Duration

  /// - Throws: `ValidationError` for what is no number, not above 0 or too long.
  @Sendable init(_ text: String) throws {
    guard let seconds = Double(text), seconds > 0, seconds <= Self.most else {
      throw ValidationError("expected seconds above 0, up to \(Int(Self.most))")
    }
    duration = .seconds(seconds)
  }

  init(_ duration: Duration) {
    self.duration = duration
  }
}
