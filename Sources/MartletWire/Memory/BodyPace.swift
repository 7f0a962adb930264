// Whether a long message still comes on.

/// A peer that was given room for a message sends so much of it in each step of time, or loses the room. Bodies over
/// HTTP/1.1 have the same pace.
package struct BodyPace: Sendable {
  package static let step = Duration.seconds(5)
  package static let stepBytes = 64 << 10

  private var count = 0

  package init() {}

  package mutating func received(_ bytes: Int) {
    count += bytes
  }

  /// False: too little came since the last step.
  package mutating func stepPassed() -> Bool {
    defer { count = 0 }
    return count >= Self.stepBytes
  }
}
