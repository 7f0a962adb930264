// Which failures of attempts that are made again and again have been told of.

/// Tells new failures from those that came before, until an attempt succeeds.
package struct ToldFailures: Sendable {
  /// Failures that are remembered; beyond them nothing is new. There are few reasons why a connection
  /// cannot be made, and more of them would be variations.
  private static let most = 8

  private var texts: Set<String> = []

  package init() {}

  /// True the first time.
  package mutating func isNew(_ text: String) -> Bool {
    guard texts.count < Self.most else { return false }
    return texts.insert(text).inserted
  }

  package mutating func succeeded() {
    texts.removeAll()
  }
}
