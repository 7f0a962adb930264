// Which protocol a connection's first bytes belong to.
import Testing

@testable import MartletNet

@Suite struct FirstBytesTests {
  private func spoken(_ text: String) -> SpokenProtocol? { SpokenProtocol(text.utf8) }

  @Test func fourBytesTellThePreface() {
    #expect(spoken("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == .http2)
    #expect(spoken("PRI ") == .http2)
  }

  @Test(arguments: ["", "P", "PR", "PRI"]) func fewerDoNot(_ text: String) {
    #expect(spoken(text) == nil)
  }

  @Test(arguments: ["G", "GET / HTTP/1.1", "POST", "PUT", "PRIX", "pRI ", " ", "\u{0}"])
  func everythingElseIsHTTP1(_ text: String) {
    #expect(spoken(text) == .http1)
  }

  @Test func aHandshakeRecordIsTLS() {
    #expect(SpokenProtocol([0x16]) == .tls)
    #expect(SpokenProtocol([0x16, 3, 1, 2]) == .tls)
    #expect(SpokenProtocol(Array("P".utf8) + [0x16]) == .http1)
  }
}
