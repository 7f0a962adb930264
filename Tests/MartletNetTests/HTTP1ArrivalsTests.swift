// What waits behind the request that is being answered, and the bodies of requests.
import MartletCore
import NIOCore
import NIOHTTP1
import Testing

@testable import MartletNet

@Suite struct HTTP1ArrivalsTests {
  private func head(_ path: String = "/") -> HTTP1Arrival {
    .part(.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: path)))
  }

  private func body(_ count: Int) -> HTTP1Arrival {
    .part(.body(ByteBuffer(repeating: 0, count: count)))
  }

  private func kinds(_ arrivals: [HTTP1Arrival]) -> [String] {
    arrivals.map { arrival in
      switch arrival {
      case .part(.head): "head"
      case .part(.body): "body"
      case .part(.end): "end"
      case .broken: "broken"
      case .ended: "ended"
      }
    }
  }

  @Test func theyKeepTheirOrder() {
    var arrivals = HTTP1Arrivals(maxBytes: 1000)
    for arrival in [head(), body(3), .part(.end(nil)), .broken(.invalidMethod), .ended] {
      let isKept = arrivals.keep(arrival)
      #expect(isKept)
    }
    let taken = arrivals.takeAll()
    #expect(kinds(taken) == ["head", "body", "end", "broken", "ended"])
    let rest = arrivals.takeAll()
    #expect(rest.isEmpty)
  }

  @Test func theyAreLimitedByWhatTheyTake() {
    var arrivals = HTTP1Arrivals(maxBytes: 600)
    let first = [arrivals.keep(head()), arrivals.keep(body(343)), arrivals.keep(body(1))]
    #expect(first == [true, true, false])
    // What ends the connection takes nothing.
    let end = arrivals.keep(.ended)
    #expect(end)
    let count = arrivals.takeAll().count
    #expect(count == 3)
    let next = [arrivals.keep(body(600)), arrivals.keep(body(1))]
    #expect(next == [true, false])
  }

  @Test func anEndIsNoRequest() {
    var arrivals = HTTP1Arrivals(maxBytes: 1000)
    #expect(!arrivals.hasMore)
    _ = arrivals.keep(.ended)
    #expect(!arrivals.hasMore)
    _ = arrivals.keep(.broken(.invalidMethod))
    #expect(arrivals.hasMore)
  }

  @Test func longBodiesComeInSteps() {
    var body = HTTP1Body(maxBytes: 200_000)
    let intakes = [65_535, 1, 134_464, 1].map { body.take(ByteBuffer(repeating: 1, count: $0)) }
    #expect(intakes == [.taken, .stepDone, .stepDone, .tooMuch])
    #expect(body.bytes.count == 200_000)
    let all = body.takeAll()
    #expect(all.count == 200_000 && body.bytes.isEmpty)
  }

  @Test func theTimesOfAPortAreReadAndWritten() throws {
    #expect(try PortTimes(minPingInterval: nil, keepAlive: nil) == PortTimes())
    for text in ["0", "1.5", "75", "86400"] {
      let times = try PortTimes(minPingInterval: nil, keepAlive: text)
      #expect(
        try PortTimes(minPingInterval: nil, keepAlive: times.arguments.last) == times)
      #expect(times.limits.keepAliveTimeout == times.keepAlive)
    }
    for text in ["", "soon", "-1", "nan", "inf", "86401"] {
      #expect(throws: InvalidPortTime.self) {
        try PortTimes(minPingInterval: nil, keepAlive: text)
      }
    }
    #expect(PortTimes().limits.keepAliveTimeout == .seconds(75))
  }
}
