// A session that begins with a request that came as HTTP/1.1.

import MartletCore
import MartletWire
import Testing

@Suite struct UpgradeTests {
  private static let request: HeaderBlock = [":method": "POST", ":path": "/a", "x": "y"]

  /// Types and streams of the frames in a session's output.
  private func frames(_ bytes: [UInt8]) -> [String] {
    var found: [String] = []
    var at = 0
    while at + 9 <= bytes.count {
      let count = Int(bytes[at]) << 16 | Int(bytes[at + 1]) << 8 | Int(bytes[at + 2])
      found.append("\(bytes[at + 3])@\(bytes[at + 8])")
      at += 9 + count
    }
    return found
  }

  @Test func theRequestIsStreamOne() throws {
    let server = Side(.server)
    let stream = try server.session.upgrade(settings: [0, 4, 0, 0, 0, 2], isHead: false)
    server.session.receiveUpgraded(Self.request, body: [1, 2], on: stream, server.seen)
    #expect(
      server.seen.events == [
        .headers(.request, [":method: POST", ":path: /a", "x: y"], stream, end: false),
        .data([1, 2], stream), .end(stream),
      ])
    #expect(stream.number == 1)
    #expect(server.session.openStreams == 1)
    // Given back though it was never counted.
    server.session.consumed(2, on: stream)
    server.session.respond(on: stream, [":status": "200"])
    server.session.write([1, 2, 3, 4], on: stream)
    server.session.finish(stream)
    // SETTINGS and WINDOW_UPDATE of the preface, HEADERS, and DATA as far as the client's window goes.
    #expect(frames(try server.output()) == ["4@0", "8@0", "1@1", "0@1"])
    // The client's preface is still to come, and its settings count as in any other.
    try server.receive(try Side(.client).output())
    #expect(server.seen.events.last == .settings)
    #expect(frames(try server.output()) == ["4@0", "0@1"])
    #expect(server.seen.closings == ["1 NO_ERROR"])
  }

  @Test func aRequestThatIsResetAtOnceBringsNoMore() throws {
    let server = Side(.server)
    let stream = try server.session.upgrade(settings: [], isHead: false)
    server.seen.onEvent = { _ in server.session.reset(stream, .refusedStream) }
    server.session.receiveUpgraded(Self.request, body: [1], on: stream, server.seen)
    #expect(server.seen.events.count == 1)
    _ = try server.output()
    #expect(server.seen.closings == ["1 REFUSED_STREAM"])
  }

  @Test func settingsThatAreNoneAreRefused() {
    let server = Side(.server)
    #expect(throws: HTTP2SessionError.self) {
      try server.session.upgrade(settings: [0, 4, 0], isHead: false)
    }
    #expect(server.session.openStreams == 0)
  }
}
