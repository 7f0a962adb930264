// Plain HTTP's part of a server: a few pages for people, health checks and load balancers.
internal import MartletWire

/// Knows the pages of a server. All calls come on the connection's loop.
package protocol PageSource: AnyObject {
  /// The page at `path`, which has no query; nil when there is none.
  func page(at path: String) -> Page?
}

/// A whole answer to a plain HTTP request.
package struct Page: Sendable, Hashable {
  package var status: Int
  package var contentType: String
  package var body: [UInt8]
  /// Fields beside those that describe the body.
  package var fields: [Field] = []

  package struct Field: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package init(status: Int = 200, contentType: String, body: String) {
    self.status = status
    self.contentType = contentType
    self.body = Array(body.utf8)
  }

  /// A line of text.
  package init(status: Int, _ text: String) {
    self.init(status: status, contentType: "text/plain; charset=utf-8", body: text + "\n")
  }

  package func with(_ name: String, _ value: String) -> Page {
    var page = self
    page.fields.append(Field(name: name, value: value))
    return page
  }
}

extension PageSource {
  /// The answer to a request for `target`; nil when there is no such page.
  package func answer(_ method: String, _ target: String) -> Page? {
    guard let page = page(at: String(target.prefix { $0 != "?" })) else { return nil }
    guard method == "GET" || method == "HEAD" else {
      return Page(status: 405, "this page is there to GET").with("allow", "GET, HEAD")
    }
    return page
  }
}

extension ServerStream {
  /// Answers with a page, without its body when the request is HEAD.
  package func answer(_ page: Page, isHead: Bool) {
    var head = HeaderBlock()
    head.append(.status, "\(page.status)")
    let hasBody = page.status != 204
    if hasBody {
      head.append(.contentType, page.contentType)
      head.append(.contentLength, "\(page.body.count)")
    }
    for field in page.fields { head.append(name: field.name, value: field.value) }
    sendHead(head, endOfStream: isHead || !hasBody)
    guard !isHead, hasBody else { return }
    sendData(page.body)
    sendEnd()
  }
}
