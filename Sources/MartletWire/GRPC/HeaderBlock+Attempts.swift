// `grpc-previous-rpc-attempts`: how often a call was tried before (gRFC A6).

extension HeaderBlock {
  /// Says that so many more attempts were made of the call. Those that a server provably never saw do
  /// not count.
  package mutating func addPreviousAttempts(_ count: Int) {
    guard count > 0 else { return }
    let before = copy self
    removeAll()
    append(contentsOf: before) { before.name(at: $0) != .grpcPreviousAttempts }
    append(.grpcPreviousAttempts, String(before.previousAttempts + count), neverIndexed: true)
  }

  /// Attempts that were made before this one, by the word of who sent it.
  package var previousAttempts: Int {
    let attempts = self[.grpcPreviousAttempts].flatMap { Int($0) } ?? 0
    return min(max(0, attempts), Self.maxPreviousAttempts)
  }

  /// More than anybody tries, and far from where sums overflow.
  private static let maxPreviousAttempts = 1_000_000
}
