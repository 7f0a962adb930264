// Pages as HTTP/1.1 writes them.
internal import Glibc
internal import MartletWire
internal import NIOHTTP1

extension Page {
  /// Status line, fields and, unless the request was HEAD, the body.
  func http1(isHead: Bool) -> [UInt8] {
    var head = Page.statusLine(status)
    // RFC 9110 §8.6: 204 has no body, not one of no bytes.
    if status != 204 {
      head += "content-type: \(contentType)\r\ncontent-length: \(body.count)\r\n"
    }
    for field in fields { head += "\(field.name): \(field.value)\r\n" }
    head += "\r\n"
    return Array(head.utf8) + (isHead ? [] : body)
  }

  /// The status line and the time.
  fileprivate static func statusLine(_ status: Int) -> String {
    let reason = HTTPResponseStatus(statusCode: status).reasonPhrase
    return "HTTP/1.1 \(status) \(reason)\r\ndate: \(date())\r\n"
  }

  /// The time in the form of RFC 9110 §5.6.7. The process never leaves the C locale, so the names are
  /// English.
  private static func date() -> String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    var text = [CChar](repeating: 0, count: 40)
    let count = strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
    return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension HeaderBlock {
  /// The head of an answer as HTTP/1.1 writes it, without what ends it.
  var http1Head: String {
    var head = Page.statusLine(httpStatus ?? 200)
    for field in pairs where !field.name.hasPrefix(":") {
      head += "\(field.name): \(field.value)\r\n"
    }
    return head
  }
}
