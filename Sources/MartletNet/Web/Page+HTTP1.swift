// Pages as HTTP/1.1 writes them.
internal import Glibc
internal import NIOHTTP1

extension Page {
  /// Status line, fields and, unless the request was HEAD, the body.
  func http1(isHead: Bool) -> [UInt8] {
    let reason = HTTPResponseStatus(statusCode: status).reasonPhrase
    var head = "HTTP/1.1 \(status) \(reason)\r\ndate: \(Page.date())\r\n"
    head += "content-type: \(contentType)\r\ncontent-length: \(body.count)\r\n"
    for field in fields { head += "\(field.name): \(field.value)\r\n" }
    head += "\r\n"
    return Array(head.utf8) + (isHead ? [] : body)
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
