// Tokens in, text out, piece by piece.
import Martlet
import SwiftProtobuf

/// Writes each token down as soon as it comes. Its reader holds back who sends the tokens.
struct Speller: Text_V1_Speller.Service {
  init(_ context: ReplicaContext) {}

  func spell(
    _ tokens: RPCStream<Text_V1_Token>, _ pieces: RPCWriter<Text_V1_Piece>, _ call: Call
  ) async throws {
    var spelling = Spelling(after: nil)
    for try await token in tokens {
      let text = spelling.written(token.text)
      try await pieces.write(.with { $0.text = text })
    }
  }
}
