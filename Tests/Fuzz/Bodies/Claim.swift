// What a fuzzed room promises, and how a broken promise is told.

/// A promise that an input broke.
public struct BrokenClaim: Error, CustomStringConvertible {
  /// What should have been true.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// States what must be true whatever the input is.
func claim(
  _ isTrue: Bool, _ text: @autoclosure () -> String
) throws(BrokenClaim) {
  guard isTrue else { throw BrokenClaim(text()) }
}
