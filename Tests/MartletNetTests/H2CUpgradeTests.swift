// Which HTTP/1.1 requests ask for HTTP/2, and what becomes of them there.
import MartletWire
import NIOHTTP1
import Testing

@testable import MartletNet

@Suite struct H2CUpgradeTests {
  private func head(
    _ method: HTTPMethod = .GET, _ uri: String = "/-/routes",
    _ change: (inout HTTPHeaders) -> Void = { _ in }
  ) -> HTTPRequestHead {
    var headers: HTTPHeaders = [
      "Host": "mesh:8000", "Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c",
      "HTTP2-Settings": "AAMAAABkAAQAAP__",
    ]
    change(&headers)
    return HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: headers)
  }

  @Test func theRequestLosesWhatBelongsToTheConnection() throws {
    let upgrade = try #require(
      H2CUpgrade(
        head(.GET, "http://other/-/routes?x=1") {
          $0.add(name: "Connection", value: "X-Hop")
          $0.add(name: "X-Hop", value: "1")
          $0.add(name: "TE", value: "gzip")
          $0.add(name: "X-Kept", value: "Yes")
        }))
    #expect(upgrade.settings == [0, 3, 0, 0, 0, 100, 0, 4, 0, 0, 255, 255])
    #expect(
      upgrade.request.pairs.map { "\($0.name): \($0.value)" } == [
        ":method: GET", ":scheme: http", ":authority: mesh:8000", ":path: /-/routes?x=1",
        "x-kept: Yes",
      ])
    #expect(!upgrade.isHead)
  }

  @Test func whatDoesNotAskRightlyStaysHTTP1() {
    #expect(H2CUpgrade(head()) != nil)
    #expect(H2CUpgrade(head(.CONNECT)) == nil)
    #expect(H2CUpgrade(head { $0.replaceOrAdd(name: "upgrade", value: "websocket") }) == nil)
    #expect(H2CUpgrade(head { $0.replaceOrAdd(name: "connection", value: "Upgrade") }) == nil)
    #expect(H2CUpgrade(head { $0.add(name: "HTTP2-Settings", value: "") }) == nil)
    #expect(H2CUpgrade(head { $0.replaceOrAdd(name: "HTTP2-Settings", value: "A*") }) == nil)
    #expect(H2CUpgrade(head { $0.remove(name: "Host") }) == nil)
    var old = head()
    old.version = .http1_0
    #expect(H2CUpgrade(old) == nil)
  }
}
