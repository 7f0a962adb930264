// What browsers are told of pages that came from elsewhere.
import MartletCore
import MartletWire
import Testing

@testable import MartletNet

@Suite struct CrossOriginTests {
  private static let app = "https://app.example"

  private func policy(_ origins: String...) throws -> CrossOrigin {
    try #require(CrossOrigin(AllowedOrigins(origins)))
  }

  private func question(_ origin: String, _ headers: String? = nil) -> HeaderBlock {
    var block: HeaderBlock = [
      ":method": "OPTIONS", "origin": origin, "access-control-request-method": "POST",
    ]
    if let headers { block.append(name: "access-control-request-headers", value: headers) }
    return block
  }

  private func value(_ name: String, _ page: Page?) -> String? {
    page?.fields.first { $0.name == name }?.value
  }

  @Test func nothingIsAllowedByItself() throws {
    #expect(CrossOrigin(AllowedOrigins()) == nil)
    #expect(try AllowedOrigins(options: [], variable: nil).isEmpty)
    #expect(try AllowedOrigins(options: [], variable: "*, \(Self.app)").texts == ["*", Self.app])
    #expect(try AllowedOrigins(options: [Self.app], variable: "*").texts == [Self.app])
  }

  @Test(arguments: [
    "app.example", "https://", "https://a/", "https://a/b", "null", "", "https://a b", "://a",
    "https://u@a", "https://*.a",
  ]) func whatIsNoOriginIsRefused(text: String) {
    #expect(throws: InvalidPortSecurity.self) { try AllowedOrigins([text]) }
  }

  @Test func aQuestionOfAnAllowedPage() throws {
    let page = try policy(Self.app).preflight(question(Self.app, "X-Trace, bad name,x-raw-bin"))
    #expect(page?.status == 204)
    #expect(value("access-control-allow-origin", page) == Self.app)
    #expect(value("access-control-allow-credentials", page) == "true")
    #expect(value("access-control-allow-methods", page)?.contains("POST") == true)
    let allowed = value("access-control-allow-headers", page)?.split(separator: ", ") ?? []
    for name in ["x-trace", "x-raw-bin", "x-grpc-web", "grpc-timeout", "connect-timeout-ms"] {
      #expect(allowed.contains(Substring(name)))
    }
    #expect(!allowed.contains("bad name"))
    #expect(value("access-control-max-age", page) == "7200")
    #expect(value("vary", page)?.contains("origin") == true)
  }

  @Test func othersAreRefused() throws {
    let page = try policy(Self.app).preflight(question("https://evil.example"))
    #expect(page?.status == 403)
    #expect(value("access-control-allow-origin", page) == nil)
    var plain = question(Self.app)
    plain.removeLast()
    #expect(try policy(Self.app).preflight(plain) == nil)
  }

  @Test func everybodyIsAllowedWithoutCredentials() throws {
    let page = try policy("*").preflight(question("https://any.example"))
    #expect(value("access-control-allow-origin", page) == "*")
    #expect(value("access-control-allow-credentials", page) == nil)
    let both = try policy("*", Self.app)
    #expect(value("access-control-allow-origin", both.preflight(question(Self.app))) == Self.app)
  }

  @Test func answersNameTheirOrigin() throws {
    let answer = Page(status: 200, "x").with("x-model", "7")
    let marked = try policy(Self.app).mark(answer, for: Self.app)
    #expect(value("access-control-allow-origin", marked) == Self.app)
    #expect(
      value("access-control-expose-headers", marked)
        == "grpc-status, grpc-message, grpc-status-details-bin, x-model")
    #expect(value("vary", marked) == "origin")
    // Caches keep apart what differs by origin, whoever asked first.
    for origin in [nil, "https://evil.example"] {
      let marked = try policy(Self.app).mark(answer, for: origin)
      #expect(marked.fields.map(\.name) == ["x-model", "vary"])
    }
    #expect(value("vary", try policy("*").mark(answer, for: Self.app)) == nil)
  }
}
