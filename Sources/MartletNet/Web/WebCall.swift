// Calls by plain HTTP: a whole request in, a page out.
package import MartletWire

/// A request of plain HTTP that is no page.
package struct WebRequest: Sendable {
  /// `POST`
  package let method: String
  /// In origin form, with its query.
  package let target: String
  /// All fields, without those of a single connection; HTTP/2's pseudo-header fields may be among them.
  package let fields: HeaderBlock
  /// One field, `x-forwarded-client-cert`, where the client had to prove who it is.
  package let identity: HeaderBlock?

  /// What the body is said to be.
  package var media: RequestMedia { RequestMedia(fields[.contentType]) }

  /// The target without its query.
  package var path: String { String(target.prefix { $0 != "?" }) }
}

/// A call that is being answered. On its connection's loop only.
package protocol WebCall: AnyObject {
  /// The client has gone: nobody hears the answer.
  func abandon()
}

/// Answers calls by plain HTTP. All calls come on the connection's loop.
package protocol WebCallAcceptor: AnyObject {
  /// What is wrong with a request as far as its head shows; nil: its body is wanted.
  func refusal(of request: WebRequest) -> Page?

  /// Answers a request, once, now or later, unless the call that is returned is abandoned before.
  func call(
    _ request: WebRequest, _ body: [UInt8], _ answer: @escaping (Page) -> Void
  ) -> (any WebCall)?
}

extension Page {
  /// A body that is longer than a message may be.
  static func tooLong(_ limit: Int) -> Page {
    Page(status: 413, "the body has more than \(limit) bytes, which is the limit of a message")
  }
}
