// A request's payload, kept until it is sure that it need not be sent again.

/// What one request has sent so far, in the pieces in which it came.
struct ReplayBuffer {
  private(set) var count = 0

  /// False once something was dropped: then the request cannot be sent again.
  private(set) var isComplete = true

  /// Nearly all requests come in one piece, which needs no array.
  private var first: [UInt8]?
  private var others: [[UInt8]] = []

  mutating func append(_ bytes: [UInt8]) {
    guard isComplete else { return }
    count += bytes.count
    if first == nil { first = bytes } else { others.append(bytes) }
  }

  /// Hands out every piece in order.
  func forEach(_ body: ([UInt8]) -> Void) {
    if let first { body(first) }
    for piece in others { body(piece) }
  }

  /// Lets go of everything; returns the bytes that became free.
  mutating func drop() -> Int {
    defer {
      count = 0
      first = nil
      others = []
      isComplete = false
    }
    return count
  }
}
