// What a port tells browsers of pages that came from elsewhere (Fetch Standard, "CORS protocol").
package import MartletCore
package import MartletWire

/// Answers browsers that ask before they send a request, and marks answers that a page may read. A browser keeps
/// every page from what is not marked for it.
package struct CrossOrigin: Sendable {
  /// Seconds for which a browser need not ask again. Chromium takes no more.
  private static let maxAge = 7200

  private static let methods = "GET, POST, PUT, PATCH, DELETE"

  /// What clients of gRPC-Web and Connect send, beside what a request asks for.
  private static let requestFields = [
    "content-type", "authorization", "x-grpc-web", "x-user-agent", "grpc-timeout", "grpc-encoding",
    "grpc-accept-encoding", "connect-protocol-version", "connect-timeout-ms", "content-encoding",
  ]

  /// What carries a status, beside the fields that an answer has.
  private static let answerFields = ["grpc-status", "grpc-message", "grpc-status-details-bin"]

  /// A page reads these without being told that it may ("CORS-safelisted response-header name").
  private static let safelisted: Set<String> = [
    "cache-control", "content-language", "content-length", "content-type", "expires", "pragma",
    "vary", "connection", "date", "set-cookie",
  ]

  private let origins: AllowedOrigins

  /// Nil when no other origin is allowed: then browsers hear nothing of this.
  package init?(_ origins: AllowedOrigins) {
    guard !origins.isEmpty else { return nil }
    self.origins = origins
  }

  // MARK: Before a request

  /// The answer to a browser that asks whether it may send a request ("CORS-preflight request"); nil when the request
  /// asks nothing like that.
  package func preflight(_ request: borrowing HeaderBlock) -> Page? {
    let asks = request.withValue(of: .method) { $0.elementsEqual("OPTIONS".utf8) } ?? false
    guard asks, let origin = request["origin"],
      request["access-control-request-method"] != nil
    else { return nil }
    let vary = "origin, access-control-request-method, access-control-request-headers"
    guard let fields = fields(for: origin) else {
      return Page(status: 403, "pages of \(origin) may not call this port; see --cors-origin")
        .with("vary", vary)
    }
    var page = Page(status: 204, contentType: "", body: "")
    page.fields = fields.filter { $0.name != "vary" }
    return page.with("access-control-allow-methods", Self.methods)
      .with("access-control-allow-headers", allowedFields(request))
      .with("access-control-max-age", "\(Self.maxAge)")
      .with("vary", vary)
  }

  /// Metadata has any name, so whatever is a name may be sent.
  private func allowedFields(_ request: borrowing HeaderBlock) -> String {
    var names = Self.requestFields
    let asked = request["access-control-request-headers"]?.lowercased() ?? ""
    for name in asked.split(separator: ",").map({ $0.filter { $0 != " " && $0 != "\t" } })
    where !name.isEmpty && name.utf8.allSatisfy(Self.isTokenByte) && !names.contains(name) {
      names.append(name)
    }
    return names.joined(separator: ", ")
  }

  /// RFC 9110 §5.6.2.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  // MARK: Answers

  /// The page as it goes to whoever asked from `origin`.
  package func mark(_ page: Page, for origin: String?) -> Page {
    var page = page
    page.fields += marks(for: origin, on: page.fields.map(\.name))
    return page
  }

  /// The same for the head of an answer that comes in pieces.
  package func mark(_ head: HeaderBlock, for origin: String?) -> HeaderBlock {
    var head = head
    for field in marks(for: origin, on: head.pairs.map(\.name)) {
      head.append(name: field.name, value: field.value)
    }
    return head
  }

  private func marks(for origin: String?, on names: [String]) -> [Page.Field] {
    guard let origin, var fields = fields(for: origin) else {
      return origins.named.isEmpty ? [] : [Page.Field(name: "vary", value: "origin")]
    }
    var exposed = Self.answerFields
    for name in names
    where !name.hasPrefix(":") && !Self.safelisted.contains(name) && !exposed.contains(name) {
      exposed.append(name)
    }
    fields.append(
      Page.Field(
        name: "access-control-expose-headers", value: exposed.joined(separator: ", ")))
    return fields
  }

  /// Nil for an origin that is not allowed. An answer that is not the same for all says so to caches.
  private func fields(for origin: String) -> [Page.Field]? {
    let isNamed = origins.named.contains(origin.lowercased())
    guard isNamed || origins.allowsAny else { return nil }
    var fields = [
      Page.Field(name: "access-control-allow-origin", value: isNamed ? origin : "*")
    ]
    if isNamed {
      fields.append(Page.Field(name: "access-control-allow-credentials", value: "true"))
    }
    if !origins.named.isEmpty { fields.append(Page.Field(name: "vary", value: "origin")) }
    return fields
  }
}
