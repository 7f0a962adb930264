// What headers say about compression.

package import MartletCore

extension HeaderBlock {
  /// The head of an answer as `grpcResponse`, to a client that mentioned compression.
  package static let grpcResponseAccepting: HeaderBlock = {
    var block = grpcResponse
    block.appendAcceptEncoding()
    return block
  }()

  /// Says which encodings are understood.
  package mutating func appendAcceptEncoding() {
    append(.grpcAcceptEncoding, literal: "identity,deflate,gzip")
  }

  /// Says how the messages that follow may be compressed.
  package mutating func append(encoding: Compression) {
    switch encoding {
    case .deflate: append(.grpcEncoding, literal: "deflate")
    case .gzip: append(.grpcEncoding, literal: "gzip")
    }
  }

  /// What a request says about compression; nil when it says nothing, as most do. Throws
  /// UNIMPLEMENTED for an encoding that is not understood; such an answer has to say which are.
  package var requestCompression: RequestCompression? {
    get throws(RPCError) {
      guard mentionsCompression else { return nil }
      let encoding = try encoding(elseFail: .unimplemented)
      return RequestCompression(encoding: encoding, accepted: acceptedEncodings)
    }
  }

  /// How a response's messages may be compressed; nil for not at all. Throws INTERNAL for an encoding
  /// that is not understood.
  package var responseEncoding: Compression? {
    get throws(RPCError) { try encoding(elseFail: .internalError) }
  }

  private var mentionsCompression: Bool {
    !names.isDisjoint(with: Self.compressionNames)
  }

  private static let compressionNames: HeaderNames = [
    HeaderNames(.grpcEncoding), HeaderNames(.grpcAcceptEncoding),
  ]

  private func encoding(elseFail code: RPCStatus.Code) throws(RPCError) -> Compression? {
    try unsafe withValue(of: .grpcEncoding) { value throws(RPCError) -> Compression? in
      let name = unsafe String(decoding: value, as: UTF8.self)
      guard name != "identity" else { return nil }
      guard let compression = Compression.allCases.first(where: { $0.name == name }) else {
        throw RPCError(
          code,
          "grpc-encoding \"\(name)\" is not supported; supported are identity, deflate and gzip")
      }
      return compression
    } ?? nil
  }

  private var acceptedEncodings: Set<Compression> {
    guard let list = self[.grpcAcceptEncoding] else { return [] }
    let names = list.split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\t" })
    return Set(Compression.allCases.filter { names.contains(Substring($0.name)) })
  }
}

/// A request's word about compression.
package struct RequestCompression: Sendable, Hashable {
  /// How its messages may be compressed; nil for not at all.
  package var encoding: Compression?
  /// What its sender understands.
  package var accepted: Set<Compression>
}
