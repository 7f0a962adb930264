// Refusals of calls by plain HTTP.
internal import MartletCore
internal import MartletNet

/// Why a request is answered without being a call.
struct WebRefusal: Error {
  var status: RPCStatus
  /// Nil for what Connect gives the status.
  var http: Int?
  var fields: [Page.Field]

  init(_ status: RPCStatus, http: Int? = nil, fields: [Page.Field] = []) {
    self.status = status
    self.http = http
    self.fields = fields
  }

  init(_ code: RPCStatus.Code, _ message: String, http: Int? = nil, fields: [Page.Field] = []) {
    self.init(RPCStatus(code, message), http: http, fields: fields)
  }

  /// The path is there for other methods of HTTP.
  static func notAllowed(_ request: WebRequest, but verbs: [HTTPName.Verb]) -> WebRefusal {
    // HEAD is there wherever GET is.
    let methods = verbs.map(\.rawValue) + (verbs.contains(.get) ? ["HEAD"] : [])
    let allowed = methods.sorted().joined(separator: ", ")
    return WebRefusal(
      .unimplemented, "\(request.path) is there to \(allowed), not to \(request.method)", http: 405,
      fields: [Page.Field(name: "allow", value: allowed)])
  }

  static func unsupportedMedia(_ message: String, accepted: String) -> WebRefusal {
    WebRefusal(
      .unimplemented, message, http: 415,
      fields: [Page.Field(name: "accept-post", value: accepted)])
  }

  /// The refusal in the words of the request's protocol.
  func page(for request: WebRequest) -> Page {
    if case .grpcWeb(let format) = request.media {
      return Page(status, request.answerFormat(to: format))
    }
    var page = Page(status, http: http)
    page.fields += fields
    return page
  }
}
