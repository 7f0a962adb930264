// Calls over TLS: who is let in, who is believed, and certificates that are replaced.
import Foundation
import MartletCore
import MartletNet
import Testing

@Suite(.timeLimit(.minutes(1))) struct TLSTests {
  private static let who = MethodName(service: "test.TLS", method: "Who")

  /// A server with a certificate for localhost.
  private func with<R: Sendable>(
    names: String = "DNS:localhost,IP:127.0.0.1", clientCA: String? = nil,
    kind: TransportKind = .tcp,
    _ body: (_ files: TestCertificates, _ server: Endpoint) async throws -> R
  ) async throws -> R {
    try await TestCertificates.with { files in
      try files.issue("server", for: names)
      let tls = try ServerTLS(files.server("server", clientCA: clientCA))
      var table = HandlerTable.example
      table.unary(Self.who) { _, call in
        Array("\(call.peerIdentity?.uris ?? ["nobody"])".utf8)
      }
      let loops = LoopGroup(count: 1)
      let server = GRPCServer(loops: loops, handlers: table, tls: tls)
      let endpoint = try await server.listen(
        on: kind == .tcp ? .tcp(host: "127.0.0.1", port: 0) : .unix(path: "\(files.folder)/s"))
      let result: Result<R, any Error>
      do { result = .success(try await body(files, endpoint)) } catch { result = .failure(error) }
      await server.drain(within: .seconds(1))
      await loops.shutdown()
      return try result.get()
    }
  }

  /// One call over a connection of its own.
  private func call(
    _ endpoint: Endpoint, _ options: ClientTLSFiles?, _ method: MethodName = .echo
  ) async throws -> String {
    let loops = LoopGroup(count: 1)
    let channel = GRPCChannel(
      endpoint: endpoint, tls: try options.map { try ClientTLS($0) }, loops: loops)
    let result: Result<UnaryResponse, any Error>
    do {
      result = .success(
        try await channel.unary(
          method, Array("hello".utf8), deadline: Deadline(Loop.now + .seconds(10))))
    } catch { result = .failure(error) }
    await channel.close()
    await loops.shutdown()
    return String(decoding: try result.get().message, as: UTF8.self)
  }

  private func options(_ files: TestCertificates, client: String? = nil) -> ClientTLSFiles {
    ClientTLSFiles(
      serverCA: files.path("ca"), certificate: client.map(files.path),
      key: client.map { files.path("\($0)-key") })
  }

  private func local(_ endpoint: Endpoint) -> Endpoint {
    guard case .tcp(_, let port) = endpoint else { return endpoint }
    return .tcp(host: "localhost", port: port)
  }

  @Test(arguments: TransportKind.allCases)
  func callsGoThrough(kind: TransportKind) async throws {
    try await with(kind: kind) { files, endpoint in
      let byAddress = try await call(endpoint, options(files))
      let byName = try await call(local(endpoint), options(files))
      let caller = try await call(endpoint, options(files), Self.who)
      #expect(byAddress == "hello")
      #expect(byName == "hello")
      #expect(caller == #"["nobody"]"#)
    }
  }

  @Test func largeMessagesGoThroughBothWays() async throws {
    try await with { files, endpoint in
      let loops = LoopGroup(count: 1)
      let channel = GRPCChannel(
        endpoint: endpoint, tls: try ClientTLS(options(files)), loops: loops)
      let message = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) }
      #expect(try await channel.unary(.echo, message).message == message)
      try await channel.stream(.chat) { requests, responses in
        var responses = responses.makeAsyncIterator()
        for _ in 0..<20 {
          try await requests.write(message)
          #expect(try await responses.next() == message)
        }
      }
      await channel.close()
      await loops.shutdown()
    }
  }

  @Test func anAuthorityThatIsNotTrustedIsRefused() async throws {
    try await with { files, endpoint in
      try files.makeAuthority("other")
      var options = options(files)
      options.serverCA = files.path("other")
      let refused = await status { _ = try await call(endpoint, options) }
      #expect(refused?.code == .unavailable)
      #expect(refused?.message.contains("certificate verify failed") == true, "\(refused as Any)")
    }
  }

  @Test func anotherNameIsRefused() async throws {
    try await with(names: "DNS:mesh.example") { files, endpoint in
      var options = options(files)
      options.serverName = "mesh.example"
      let right = try await call(endpoint, options)
      #expect(right == "hello")
      options.serverName = "elsewhere.example"
      let wrong = await status { _ = try await call(endpoint, options) }
      #expect(wrong?.code == .unavailable)
      #expect(wrong?.message.contains("elsewhere.example") == true, "\(wrong as Any)")
      // Without a name it is the address that counts.
      options.serverName = nil
      let bare = await status { _ = try await call(endpoint, options) }
      #expect(bare?.code == .unavailable)
    }
  }

  @Test func plainTextIsRefusedWithTheReason() async throws {
    try await with { _, endpoint in
      let refused = await status { _ = try await call(endpoint, nil) }
      #expect(refused?.code == .unavailable)
    }
  }

  @Test func handlersSeeWhoCalls() async throws {
    try await with(clientCA: "ca") { files, endpoint in
      try files.issue("client", for: "URI:spiffe://example.org/reader,DNS:reader")
      let seen = try await call(endpoint, options(files, client: "client"), Self.who)
      #expect(seen == #"["spiffe://example.org/reader"]"#)
    }
  }

  @Test func withoutARightCertificateNobodyGetsIn() async throws {
    try await with(clientCA: "ca") { files, endpoint in
      let bare = await status { _ = try await call(endpoint, options(files)) }
      #expect(bare?.code == .unavailable)
      try files.makeAuthority("other")
      try files.issue("stranger", for: "URI:spiffe://example.org/reader", by: "other")
      let stranger = await status {
        _ = try await call(endpoint, options(files, client: "stranger"))
      }
      #expect(stranger?.code == .unavailable)
    }
  }

  // MARK: Files

  @Test func newFilesAreForNewConnections() async throws {
    try await with { files, endpoint in
      let loops = LoopGroup(count: 1)
      let old = GRPCChannel(endpoint: endpoint, tls: try ClientTLS(options(files)), loops: loops)
      _ = try await old.unary(.echo, [1])
      try files.makeAuthority("next")
      try files.issue("server", for: "IP:127.0.0.1", by: "next")
      var options = options(files)
      options.serverCA = files.path("next")
      try await Task.sleep(for: .milliseconds(1100))
      #expect(try await call(endpoint, options) == "hello")
      #expect(try await old.unary(.echo, [2]).message == [2])
      // Half-written and wrong files change nothing.
      try Data("nonsense".utf8).write(to: URL(filePath: files.path("server")))
      try await Task.sleep(for: .milliseconds(1100))
      #expect(try await call(endpoint, options) == "hello")
      await old.close()
      await loops.shutdown()
    }
  }

  @Test func filesThatCannotBeUsedAreNamed() async throws {
    try await TestCertificates.with { files in
      try files.issue("a", for: "DNS:a")
      try files.issue("b", for: "DNS:b")
      try Data("nonsense".utf8).write(to: URL(filePath: files.path("none")))
      let a = files.path("a")
      for (tls, culprit) in [
        (ServerTLSFiles(certificate: "/nowhere", key: a), "/nowhere: No such file"),
        (ServerTLSFiles(certificate: files.path("none"), key: a), files.path("none")),
        (ServerTLSFiles(certificate: a, key: files.path("none")), files.path("none")),
        (ServerTLSFiles(certificate: a, key: files.path("b-key")), "does not fit"),
        (files.server("a", clientCA: "none"), files.path("none")),
      ] {
        let refused = await status { _ = try ServerTLS(tls) }
        #expect(refused?.code == .invalidArgument)
        #expect(refused?.message.contains(culprit) == true, "\(refused as Any)")
      }
    }
  }
}
