// Calls by plain HTTP: a whole request in, a page or an answer in pieces out.
package import MartletCore
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
  /// When its head had come.
  package let arrived: Timestamp
  /// What the body is said to be.
  package let media: RequestMedia

  init(
    method: String, target: String, fields: HeaderBlock, identity: HeaderBlock?,
    arrived: Timestamp
  ) {
    self.method = method
    self.target = target
    self.fields = fields
    self.identity = identity
    self.arrived = arrived
    media = RequestMedia(fields[.contentType])
  }

  /// Whether the client waits to be told before it sends the body (RFC 9110 §10.1.1).
  var expectsContinue: Bool { fields["expect"]?.lowercased() == "100-continue" }

  /// The length that the body is announced with; 0 where none is.
  var announcedBytes: Int { fields["content-length"].flatMap { Int($0) } ?? 0 }

  /// The target without its query.
  package var path: String { String(target.prefix { $0 != "?" }) }

  /// What stands behind the target's first question mark.
  package var query: Substring { target.drop { $0 != "?" }.dropFirst() }
}

/// Where the answer to a call goes: one page, or a head and then its body in pieces. On its connection's loop only.
package protocol WebAnswer: MemoryHolder {
  /// The whole answer.
  func send(_ page: Page)

  /// The head of an answer, as HTTP/2 has it; the length of the body is not known yet. With `endOfStream` there is
  /// none, and nothing follows.
  func begin(_ head: HeaderBlock, endOfStream: Bool)

  /// A piece of the body, retained.
  func send(_ bytes: [UInt8])

  /// The body is whole.
  func end()

  /// False while more waits for a slow client than should, until `WebCall.becameWritable`.
  var isWritable: Bool { get }
}

/// A call that is being answered. On its connection's loop only.
package protocol WebCall: AnyObject {
  /// The client has taken what it was sent.
  func becameWritable()

  /// The client has gone: nobody hears the answer.
  func abandon()
}

/// What becomes of a request, as far as its head shows.
package enum WebVerdict {
  case answer(Page)
  /// The body is wanted, of so many bytes at most; the pages are for longer ones, and where there is no memory for it.
  case takeBody(maxBytes: Int, tooLong: Page, refused: (RPCError) -> Page)
}

/// Answers calls by plain HTTP. All calls come on the connection's loop.
package protocol WebCallAcceptor: AnyObject {
  /// What browsers are told; nil for nothing.
  var crossOrigin: CrossOrigin? { get }

  func examine(_ request: WebRequest) -> WebVerdict

  /// Answers a request, once, now or later, unless the call that is returned is abandoned before.
  func call(_ request: WebRequest, _ body: [UInt8], _ answer: any WebAnswer) -> (any WebCall)?
}
