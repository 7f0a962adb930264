// A prompt in, the text that follows out, piece by piece.
import Martlet
import SwiftProtobuf

/// Takes tokens from the generator and hands each on as it is written.
struct Writer: Text_V1_Writer.Service {
  private let tokenizer: Text_V1_Tokenizer.Client
  private let generator: Text_V1_Generator.Client

  init(_ context: ReplicaContext) {
    tokenizer = context.handle(Text_V1_Tokenizer.self, on: "tokenizer")
    generator = context.handle(Text_V1_Generator.self, on: "generator")
  }

  func write(
    _ request: Text_V1_WriteRequest, _ pieces: RPCWriter<Text_V1_Piece>, _ call: Call
  ) async throws {
    let prompt = try await tokenizer.tokenize(request)
    var spelling = Spelling(after: prompt.tokens.last?.text)
    // Leaving the loop, because the client has gone or is late, cancels the call of the generator.
    try await generator.generate(prompt) { tokens in
      for try await token in tokens {
        let text = spelling.written(token.text)
        try await pieces.write(.with { $0.text = text })
      }
    }
  }
}
