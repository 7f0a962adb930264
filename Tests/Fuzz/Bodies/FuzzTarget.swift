// The fuzz targets: what each does with an input.

/// One way to use bytes that somebody else made. The name is that of its folder in `corpora`.
public enum FuzzTarget: String, CaseIterable, Sendable {
  case serverSession = "server-session"
  case clientSession = "client-session"
  case sessionPair = "session-pair"
  case framing
  case grpcWeb = "grpc-web"
  case metadata
  case messages
  case fieldCopies = "field-copies"
  case descriptors
  case appFile = "app-file"
  case conversion

  /// Does with `bytes` what the target is for. Must neither crash nor throw, whatever they are.
  public func run(_ bytes: UnsafeRawBufferPointer) throws(BrokenClaim) {
    switch self {
    case .serverSession: try fuzzServerSession(bytes)
    case .clientSession: try fuzzClientSession(bytes)
    case .sessionPair: try fuzzSessionPair(bytes)
    case .framing: try fuzzFraming(bytes)
    case .grpcWeb: try fuzzGRPCWeb(bytes)
    case .metadata: try fuzzMetadata(bytes)
    case .messages: try fuzzMessages(bytes)
    case .fieldCopies: try fuzzFieldCopies(bytes)
    case .descriptors: try fuzzDescriptors(bytes)
    case .appFile: try fuzzAppFile(bytes)
    case .conversion: try fuzzConversion(bytes)
    }
  }
}
