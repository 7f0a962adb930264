// Windows, credit and back-pressure.

import MartletCore
import MartletWire
import Testing

@Suite struct FlowControlTests {
  private static var small: Limits {
    var limits = Limits()
    limits.initialStreamWindowBytes = 1000
    limits.initialConnectionWindowBytes = 100_000
    return limits
  }

  @Test func senderStopsAtTheStreamWindowUntilTheReaderConsumes() throws {
    let pair = try SessionPair.connected(server: Self.small)
    let stream = try #require(pair.client.session.open(.echo))
    let payload = (0..<5000).map { UInt8(truncatingIfNeeded: $0) }
    pair.client.session.write(payload, on: stream)
    pair.client.session.finish(stream)
    try pair.exchange()
    let inbound = try #require(pair.server.seen.requests.first)
    #expect(pair.server.seen.payload(of: inbound).count == 1000)
    #expect(pair.client.session.backlog(of: stream) == 4000)
    var consumed = 0
    for _ in 0..<20 {
      let arrived = pair.server.seen.payload(of: inbound).count
      pair.server.session.consumed(arrived - consumed, on: inbound)
      consumed = arrived
      try pair.exchange()
    }
    #expect(pair.server.seen.payload(of: inbound) == payload)
    #expect(pair.server.seen.events.last == .end(inbound))
  }

  @Test func oneStreamsWindowDoesNotStopAnother() throws {
    let pair = try SessionPair.connected(server: Self.small)
    let blocked = try #require(pair.client.session.open(.echo))
    pair.client.session.write(Array(repeating: 1, count: 5000), on: blocked)
    try pair.exchange()
    let free = try #require(pair.client.session.open(.echo))
    pair.client.session.write([2], on: free)
    pair.client.session.finish(free)
    try pair.exchange()
    let second = pair.server.seen.requests[1]
    #expect(pair.server.seen.payload(of: second) == [2])
  }

  @Test func connectionWindowBoundsAllStreamsTogether() throws {
    var limits = Limits()
    limits.initialStreamWindowBytes = 100_000
    limits.initialConnectionWindowBytes = 100_000
    let pair = try SessionPair.connected(server: limits)
    let streams = try (0..<4).map { _ in try #require(pair.client.session.open(.echo)) }
    for stream in streams {
      pair.client.session.write(Array(repeating: 1, count: 50_000), on: stream)
      pair.client.session.finish(stream)
    }
    try pair.exchange()
    let inbound = pair.server.seen.requests
    func arrived() -> Int {
      inbound.reduce(0) { $0 + pair.server.seen.payload(of: $1).count }
    }
    #expect(arrived() == 100_000)
    var consumed = [0, 0, 0, 0]
    for _ in 0..<3 {
      for (index, stream) in inbound.enumerated() {
        let count = pair.server.seen.payload(of: stream).count
        pair.server.session.consumed(count - consumed[index], on: stream)
        consumed[index] = count
      }
      try pair.exchange()
    }
    #expect(arrived() == 200_000)
  }

  /// What waits for one reader of a client must not keep the others from their answers.
  @Test func readersThatDoNotReadHoldUpNobodyElse() throws {
    var limits = Limits()
    limits.initialStreamWindowBytes = 60_000
    limits.initialConnectionWindowBytes = 100_000
    let pair = try SessionPair.connected(client: limits)
    func answered(_ count: Int) throws -> HTTP2StreamID {
      let stream = try #require(pair.client.session.open(.echo, endOfStream: true))
      try pair.exchange()
      let inbound = try #require(pair.server.seen.requests.last)
      pair.server.session.respond(on: inbound, .grpcResponse)
      pair.server.session.write(Array(repeating: 1, count: count), on: inbound)
      pair.server.session.finish(inbound, trailers: .grpcSuccess)
      try pair.exchange()
      return stream
    }
    let stalled = try (0..<5).map { _ in try answered(80_000) }
    for stream in stalled { #expect(pair.client.seen.payload(of: stream).count == 60_000) }
    let other = try answered(1000)
    #expect(pair.client.seen.payload(of: other).count == 1000)
    // Their own windows still hold, and open again.
    for stream in stalled { pair.client.session.consumed(60_000, on: stream) }
    try pair.exchange()
    for stream in stalled { #expect(pair.client.seen.payload(of: stream).count == 80_000) }
    #expect(pair.client.session.openStreams == 0)
  }

  @Test(arguments: [true, false])
  func writersOfASharedConnectionHoldUpNobodyElse(isShared: Bool) throws {
    var limits = Limits()
    limits.initialStreamWindowBytes = 60_000
    limits.initialConnectionWindowBytes = 100_000
    limits.connectionsAreShared = isShared
    let pair = try SessionPair.connected(server: limits)
    for _ in 0..<5 {
      let stream = try #require(pair.client.session.open(.echo))
      pair.client.session.write(Array(repeating: 1, count: 80_000), on: stream)
      try pair.exchange()
    }
    let arrived = pair.server.seen.requests.map { pair.server.seen.payload(of: $0).count }
    #expect(arrived.reduce(0, +) == (isShared ? 300_000 : 100_000))
  }

  @Test func closedStreamsGiveTheirCreditBack() throws {
    var limits = Limits()
    limits.initialStreamWindowBytes = 60_000
    limits.initialConnectionWindowBytes = 100_000
    let pair = try SessionPair.connected(server: limits)
    // Nobody consumes; each call takes half the connection's window and is then reset.
    for _ in 0..<20 {
      let stream = try #require(pair.client.session.open(.echo))
      pair.client.session.write(Array(repeating: 1, count: 50_000), on: stream)
      try pair.exchange()
      #expect(pair.client.session.backlog(of: stream) == 0)
      pair.client.session.reset(stream, .cancel)
      try pair.exchange()
    }
    #expect(pair.server.session.openStreams == 0)
  }

  /// nghttp2 has made the next DATA frame when an output is full; it must still find its bytes.
  @Test(arguments: [64, 300, 1000, 5000])
  func aStreamMayBeResetWhileItsDataWaitsForRoom(outputBytes: Int) throws {
    let pair = try SessionPair.connected()
    let streams = try (0..<4).map { _ in
      let stream = try #require(pair.client.session.open(.echo))
      pair.client.session.write(Array(repeating: 1, count: 3000), on: stream)
      return stream
    }
    let written = try [UInt8](unsafeUninitializedCapacity: outputBytes) { buffer, count in
      count = try pair.client.session.output(
        into: UnsafeMutableRawBufferPointer(buffer), pair.client.seen)
    }
    #expect(written.count == outputBytes)
    try pair.server.receive(written)
    for stream in streams { pair.client.session.reset(stream, .cancel) }
    try pair.exchange()
    #expect(pair.client.session.openStreams == 0)
    #expect(pair.server.session.openStreams == 0)
    #expect(pair.client.seen.closings.count == 4)
  }

  @Test func consumingTooMuchIsHarmless() throws {
    let pair = try SessionPair.connected(server: Self.small)
    let stream = try #require(pair.client.session.open(.echo))
    pair.client.session.write([1, 2, 3], on: stream)
    try pair.exchange()
    let inbound = try #require(pair.server.seen.requests.first)
    pair.server.session.consumed(1_000_000, on: inbound)
    pair.client.session.write(Array(repeating: 1, count: 2000), on: stream)
    try pair.exchange()
    #expect(pair.server.seen.payload(of: inbound).count <= 1003)
  }

  @Test func writerIsToldWhenItsBacklogFell() throws {
    var limits = Limits()
    limits.maxStreamBacklogBytes = 1000
    let pair = try SessionPair.connected(client: limits, server: Self.small)
    let stream = try #require(pair.client.session.open(.echo))
    #expect(pair.client.session.isWritable(stream))
    pair.client.session.write(Array(repeating: 1, count: 999), on: stream)
    #expect(pair.client.session.isWritable(stream))
    pair.client.session.write(Array(repeating: 1, count: 1001), on: stream)
    #expect(!pair.client.session.isWritable(stream))
    try pair.exchange()
    // 1,000 of 2,000 bytes left; half of the limit is 500.
    #expect(!pair.client.seen.events.contains(.writable(stream)))
    let inbound = try #require(pair.server.seen.requests.first)
    pair.server.session.consumed(1000, on: inbound)
    try pair.exchange()
    #expect(pair.client.seen.events == [.writable(stream)])
    #expect(pair.client.session.isWritable(stream))
  }

  @Test func manyLargeAnswersShareTheConnection() throws {
    let pair = try SessionPair.connected()
    let streams = try (0..<2).map { _ in
      try #require(pair.client.session.open(.echo, endOfStream: true))
    }
    try pair.exchange()
    for stream in pair.server.seen.requests {
      pair.server.session.respond(on: stream, .grpcResponse)
      pair.server.session.write(Array(repeating: 1, count: 500_000), on: stream)
    }
    _ = streams
    // The first 200,000 bytes carry some of both.
    var buffer = [UInt8](repeating: 0, count: 200_000)
    let count = try buffer.withUnsafeMutableBytes {
      try pair.server.session.output(into: $0, pair.server.seen)
    }
    try pair.client.receive(buffer[..<count])
    for stream in streams {
      #expect(pair.client.seen.payload(of: stream).count > 50_000)
    }
  }
}
