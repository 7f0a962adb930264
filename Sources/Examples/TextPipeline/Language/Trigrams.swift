// A language model: which token follows two others, as often as it did in a text.

/// Counts of the tokens that follow two tokens, one token, and any.
struct Trigrams: Sendable {
  private struct Pair: Hashable {
    let first: String
    let second: String
  }

  private var afterTwo: [Pair: [String]] = [:]
  private var afterOne: [String: [String]] = [:]
  private let all: [String]

  /// Learns from a text; nil when that has no token.
  init?(_ text: [String]) {
    guard !text.isEmpty else { return nil }
    all = text
    for (index, token) in text.enumerated().dropFirst() {
      afterOne[text[index - 1], default: []].append(token)
      guard index > 1 else { continue }
      afterTwo[Pair(first: text[index - 2], second: text[index - 1]), default: []].append(token)
    }
  }

  /// One of the tokens that followed `text` where the model learned, each as often as it did there. What
  /// was never followed is followed by any.
  func next(after text: [String], using random: inout some RandomNumberGenerator) -> String {
    let last = text.suffix(2)
    var candidates = all
    if let second = last.last {
      let pair = last.count == 2 ? last.first.map { Pair(first: $0, second: second) } : nil
      candidates = pair.flatMap { afterTwo[$0] } ?? afterOne[second] ?? all
    }
    return candidates[Int.random(in: candidates.indices, using: &random)]
  }
}

/// A text that a model goes on with.
struct Continuation: Sendable {
  private var last: [String]
  private var random: SeededGenerator

  init(of text: [String], seed: UInt64) {
    last = text.suffix(2)
    random = SeededGenerator(seed: seed)
  }

  mutating func next(by model: Trigrams) -> String {
    let token = model.next(after: last, using: &random)
    last = last.suffix(1) + [token]
    return token
  }
}

/// Numbers that depend on a seed alone: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
/// number generators", 2014).
struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
