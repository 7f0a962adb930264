// Connections that grow old, fall silent or never say what they want, over real sockets.
import Foundation
import MartletCore
import MartletNet
import Testing

@Suite(.timeLimit(.minutes(1))) struct ConnectionLifeTests {
  private static let goAway: UInt8 = 7

  /// The code and the debug data of the last GOAWAY before the end.
  private func farewell(to peer: RawPeer) -> String? {
    let last = peer.framesUntilTheEnd().last { $0.type == Self.goAway }
    return last.map { "\($0.payload[7]) \(String(decoding: $0.payload[8...], as: UTF8.self))" }
  }

  @Test func callsGoOnWhileConnectionsGrowOld() async throws {
    var limits = Limits()
    limits.keepalive.maxAge = .milliseconds(50)
    try await Mesh.with(limits: limits, handlers: { $0 = .example }) { mesh in
      let end = Loop.now + .milliseconds(600)
      var answered = 0
      while Loop.now < end {
        let answer = try await mesh.channel.unary(.echo, [1], waitForReady: true).message
        #expect(answer == [1])
        answered += 1
      }
      #expect(answered > 10)
      // A call that outlives its connection's age has its time.
      let long = try await mesh.channel.stream(.chat) { requests, responses in
        try await Task.sleep(for: .milliseconds(200))
        try await requests.write([9])
        var answers = responses.makeAsyncIterator()
        return try await answers.next()
      }
      #expect(long == [9])
    }
  }

  @Test func anOldConnectionIsToldWhyAndWhen() async throws {
    var limits = Limits()
    limits.keepalive.maxAge = .milliseconds(50)
    limits.keepalive.maxAgeGrace = .milliseconds(100)
    try await Mesh.with(limits: limits) { mesh in
      let peer = try RawPeer(to: mesh.endpoint)
      peer.send(RawPeer.preface + .frame(4))
      // It does not answer the ping behind the notice, so the grace ends its life.
      #expect(farewell(to: peer) == "0 ")
      let polite = try RawPeer(to: mesh.endpoint)
      polite.send(RawPeer.preface + .frame(4))
      polite.skip(until: Self.goAway)
      polite.send(.frame(6, flags: 1, [0x6d, 0x61, 0x72, 0x74, 0x6c, 0x65, 0x74, 1]))
      #expect(farewell(to: polite) == "0 max_age")
    }
  }

  @Test func idleConnectionsEnd() async throws {
    var limits = Limits()
    limits.keepalive.maxIdle = .milliseconds(50)
    limits.keepalive.timeout = .milliseconds(50)
    try await Mesh.with(limits: limits) { mesh in
      let peer = try RawPeer(to: mesh.endpoint)
      peer.send(RawPeer.preface + .frame(4))
      let started = Loop.now
      #expect(farewell(to: peer) == "0 ")
      #expect(Loop.now.duration(since: started) >= .milliseconds(100))
    }
  }

  @Test func aClientThatIsGoneIsFoundOut() async throws {
    var limits = Limits()
    limits.keepalive.serverTime = .milliseconds(50)
    limits.keepalive.timeout = .milliseconds(50)
    try await Mesh.with(limits: limits) { mesh in
      let silent = try RawPeer(to: mesh.endpoint)
      silent.send(RawPeer.preface + .frame(4))
      let frames = silent.framesUntilTheEnd()
      #expect(frames.filter { $0.type == 6 }.count == 1)
      // One that answers stays, however quiet it is.
      let quiet = try RawPeer(to: mesh.endpoint)
      quiet.send(RawPeer.preface + .frame(4))
      for _ in 0..<4 {
        #expect(quiet.skip(until: 6))
        quiet.send(.frame(6, flags: 1, [0x6d, 0x61, 0x72, 0x74, 0x6c, 0x65, 0x74, 2]))
      }
    }
  }

  @Test func slowHeadersEndTheConnection() async throws {
    var limits = Limits()
    limits.headerSectionTime = .milliseconds(100)
    try await Mesh.with(limits: limits) { mesh in
      let slow = try RawPeer(to: mesh.endpoint)
      slow.send(RawPeer.preface + .frame(4) + .frame(1, on: 1, [0x83]))
      #expect(farewell(to: slow) == "11 a header section was not whole in time")
    }
  }

  @Test func aConnectionMustBecomeUseful() async throws {
    var limits = Limits()
    limits.firstRequestTime = .milliseconds(50)
    limits.keepalive.timeout = .milliseconds(50)
    try await Mesh.with(.tcp, limits: limits) { mesh in
      let idle = try RawPeer(to: mesh.endpoint)
      idle.send(RawPeer.preface + .frame(4))
      #expect(farewell(to: idle) == "0 ")
    }
  }

  @Test func oneAddressDoesNotTakeEveryPlace() async throws {
    var limits = Limits()
    limits.maxConnectionsPerPeer = 2
    try await Mesh.with(.tcp, limits: limits) { mesh in
      let peers = try (0..<3).map { _ in try RawPeer(to: mesh.endpoint) }
      for peer in peers { peer.send(RawPeer.preface + .frame(4)) }
      #expect(peers.map { $0.skip(until: 4) } == [true, true, false])
      peers[0].hangUp()
      let answer = try await mesh.channel.unary(.echo, [1], waitForReady: true).message
      #expect(answer == [1])
    }
    try await Mesh.with(.unix, limits: limits) { mesh in
      for _ in 0..<2 {
        let peers = try (0..<5).map { _ in try RawPeer(to: mesh.endpoint) }
        #expect(peers.allSatisfy { $0.skip(until: 4) })
      }
    }
  }

  @Test func aServerThatIsGoneIsFoundOut() async throws {
    let path = temporarySocketPath()
    let listener = RawPeer.listen(at: path)
    defer {
      close(listener)
      unlink(path)
    }
    var limits = Limits()
    limits.keepalive.clientTime = .milliseconds(50)
    limits.keepalive.leastClientTime = .zero
    limits.keepalive.timeout = .milliseconds(50)
    let loops = LoopGroup()
    let channel = GRPCChannel(endpoint: .unix(path: path), loops: loops, limits: limits)
    let call = Task { await status { _ = try await channel.unary(.echo, []) } }
    let server = await Task.detached { RawPeer.accept(on: listener) }.value
    server.send(.frame(4) + .frame(4, flags: 1))
    let failure = await call.value
    #expect(
      failure
        == RPCStatus(.unavailable, "unix:\(path): the server does not answer pings"))
    await channel.close()
    await loops.shutdown()
  }

  @Test func aClientThatPingsTooOftenHearsItAndPingsLess() async throws {
    var limits = Limits()
    limits.keepalive.clientTime = .milliseconds(10)
    limits.keepalive.leastClientTime = .zero
    let started = Loop.now
    try await Mesh.with(clientLimits: limits) { mesh in
      let failure = await status { _ = try await mesh.channel.unary(.hang, []) }
      #expect(failure?.code == .unavailable)
      #expect(failure?.message.contains("too_many_pings") == true)
      // Four pings, then twice the time between four more.
      #expect(Loop.now.duration(since: started) >= .milliseconds(40))
      let again = Loop.now
      _ = await status { _ = try await mesh.channel.unary(.hang, []) }
      #expect(Loop.now.duration(since: again) >= .milliseconds(80))
    }
  }
}
