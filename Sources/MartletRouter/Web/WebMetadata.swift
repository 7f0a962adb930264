// Metadata between gRPC's heads and those of plain HTTP.
internal import MartletCore
internal import MartletNet
internal import MartletWire

extension WebRequest {
  /// The head of the gRPC request that this one stands for, without `grpc-timeout`: its metadata, and who sent it. A
  /// page in a browser cannot set `user-agent`, so clients of gRPC-Web say `x-user-agent`.
  func grpcHead(to path: String, _ format: GRPCWebFormat? = nil) -> HeaderBlock {
    var head = HeaderBlock.grpcRequest(
      path: path, authority: "localhost", contentType: format?.grpcContentType)
    if format != nil {
      // How its messages may be compressed is said as in gRPC.
      head.append(contentsOf: fields) { index in
        [.grpcEncoding, .grpcAcceptEncoding].contains(fields.name(at: index))
      }
    }
    if let agent = fields["x-user-agent"] ?? fields[.userAgent] { head.append(.userAgent, agent) }
    head.append(contentsOf: fields) { index in
      // HTTP has names that gRPC has not, at which a replica would fail.
      guard fields.isCustom(at: index), fields.hasMetadataName(at: index) else { return false }
      return fields.withField(at: index) { name, _ in
        !WebFields.areOfHTTP(String(decoding: name, as: UTF8.self))
      }
    }
    return head
  }
}

extension HeaderBlock {
  /// Whether the field at `index` of a gRPC answer is metadata that a client of plain HTTP gets as a field.
  func isWebMetadata(at index: Int) -> Bool {
    guard isCustom(at: index), name(at: index) != .grpcStatusDetails else { return false }
    return withField(at: index) { name, _ in
      !WebFields.frame(String(decoding: name, as: UTF8.self))
    }
  }

  /// The metadata of an answer; values of `-bin` names stay in base64.
  var webMetadata: [Page.Field] {
    (0..<count).filter { isWebMetadata(at: $0) }.map { index in
      withField(at: index) { name, value in
        Page.Field(
          name: String(decoding: name, as: UTF8.self),
          value: String(decoding: value, as: UTF8.self))
      }
    }
  }
}

/// Names of fields that are HTTP's own.
private enum WebFields {
  /// What a request says to HTTP, and not to a method.
  static func areOfHTTP(_ name: String) -> Bool {
    ofRequests.contains(name) || name.hasPrefix("connect-") || name.hasPrefix("sec-")
      || name.hasPrefix("proxy-") || name.hasPrefix("access-control-")
  }

  private static let ofRequests: Set<String> = [
    "accept", "accept-charset", "accept-encoding", "accept-language", "cache-control",
    "content-encoding", "content-language", "dnt", "expect", "origin", "pragma", "priority",
    "referer", "trailer", "upgrade-insecure-requests", "x-grpc-web", "x-user-agent",
  ]

  /// What would change how an answer is read, or who may read it.
  static func frame(_ name: String) -> Bool {
    ofAnswers.contains(name) || name.hasPrefix("access-control-")
  }

  private static let ofAnswers: Set<String> = [
    "connection", "content-encoding", "content-language", "date", "keep-alive", "trailer",
    "transfer-encoding", "upgrade", "vary",
  ]
}
