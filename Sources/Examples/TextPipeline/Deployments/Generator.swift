// Tokens in, the tokens that follow out, one at a time.
import FoundationEssentials
import Glibc
import Martlet
import SwiftProtobuf

/// A small language model at the pace of a large one.
///
/// `user_config`: `corpus` (the text file that it learns from, relative to the app file's folder) and
/// `tokens_per_s` (how fast it makes tokens; as fast as they are taken unless it is given).
struct Generator: Text_V1_Generator.Service {
  /// Tokens of one answer.
  static let longestAnswer: UInt32 = 1_000_000

  private let model: Trigrams
  private let pause: Duration?

  /// A setting that the generator does not understand.
  struct Fault: Error, CustomStringConvertible {
    let description: String
  }

  init(_ context: ReplicaContext) throws {
    guard case .string(let path)? = context.config["corpus"] else {
      throw Fault(description: "user_config.corpus must name a text file")
    }
    guard let model = Trigrams(words(of: try String(contentsOfFile: path, encoding: .utf8))) else {
      throw Fault(description: "\(path) has no words to learn from")
    }
    self.model = model
    pause = try Self.pause(context.config["tokens_per_s"])
  }

  private static func pause(_ pace: ConfigValue?) throws(Fault) -> Duration? {
    let tokens: Double
    switch pace {
    case nil: return nil
    case .integer(let number)?: tokens = Double(number)
    case .number(let number)?: tokens = number
    default: tokens = 0
    }
    guard (0.1...10_000).contains(tokens) else {
      throw Fault(description: "user_config.tokens_per_s must be a number from 0.1 to 10000")
    }
    return .seconds(1 / tokens)
  }

  func generate(
    _ prompt: Text_V1_Prompt, _ tokens: RPCWriter<Text_V1_Token>, _ call: Call
  ) async throws {
    guard (1...Self.longestAnswer).contains(prompt.maxTokens) else {
      throw RPCError(
        .invalidArgument,
        "max_tokens is \(prompt.maxTokens); it must be 1 to \(Self.longestAnswer)")
    }
    var text = Continuation(of: prompt.tokens.map(\.text), seed: prompt.seed)
    var made = 0
    // The log tells whether somebody listened to the end.
    defer {
      print("made \(made) of \(prompt.maxTokens) tokens")
      fflush(nil)
    }
    for _ in 0..<prompt.maxTokens {
      // Waits while the tokens made so far wait for a slow client, and throws when it has gone.
      try await tokens.write(.with { $0.text = text.next(by: model) })
      made += 1
      if let pause { try await Task.sleep(for: pause) }
    }
  }
}
