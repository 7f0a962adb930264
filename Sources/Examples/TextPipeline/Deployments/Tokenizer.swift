// A prompt in, its tokens out.
import Martlet
import SwiftProtobuf

/// Cuts prompts into the tokens that the generator knows.
struct Tokenizer: Text_V1_Tokenizer.Service {
  /// Bytes; a prompt is looked at as a whole, and only its last two tokens matter.
  static let longestPrompt = 16 << 10

  init(_ context: ReplicaContext) {}

  func tokenize(
    _ request: Text_V1_WriteRequest, _ call: Call
  ) async throws -> Text_V1_Prompt {
    guard request.prompt.utf8.count <= Self.longestPrompt else {
      throw RPCError(
        .invalidArgument,
        "the prompt has \(request.prompt.utf8.count) bytes; at most \(Self.longestPrompt) are read")
    }
    return .with {
      $0.tokens = words(of: request.prompt).map { word in .with { $0.text = word } }
      $0.maxTokens = request.maxTokens
      $0.seed = request.seed
    }
  }
}
