// Processes of a mesh on TCP: who is let in, whom they believe, and whose word on callers counts.
import Foundation
import MartletCore
import MartletNet
import Testing

@Suite(.timeLimit(.minutes(1))) struct MeshTLSTests {
  private static let who = MethodName(service: "test.Mesh", method: "Who")
  private static let domain = "spiffe://mesh.example"

  /// A replica's server with the identity `server`.
  private func with<R: Sendable>(
    server names: String = "URI:spiffe://mesh.example/replica",
    _ body: (_ files: TestCertificates, _ server: Endpoint) async throws -> R
  ) async throws -> R {
    try await TestCertificates.with { files in
      try files.issue("server", for: names)
      let listen = Endpoint.tcp(host: "127.0.0.1", port: 0)
      let loops = LoopGroup(count: 1)
      let server = GRPCServer(
        loops: loops, handlers: Self.table,
        tls: try MeshTLS(files.mesh("server")).server(at: listen))
      let endpoint = try await server.listen(on: listen)
      let result: Result<R, any Error>
      do { result = .success(try await body(files, endpoint)) } catch { result = .failure(error) }
      await server.drain(within: .seconds(1))
      await loops.shutdown()
      return try result.get()
    }
  }

  private static var table: HandlerTable {
    var table = HandlerTable()
    table.unary(who) { _, call in Array("\(call.peerIdentity?.uris ?? ["nobody"])".utf8) }
    return table
  }

  /// One call over a connection of its own.
  private func call(
    _ endpoint: Endpoint, _ tls: ClientTLS?, _ metadata: Metadata = [:]
  ) async throws -> String {
    let loops = LoopGroup(count: 1)
    let channel = GRPCChannel(endpoint: endpoint, tls: tls, loops: loops)
    let result: Result<UnaryResponse, any Error>
    do {
      result = .success(
        try await channel.unary(
          Self.who, [], metadata: metadata, deadline: Deadline(Loop.now + .seconds(10))))
    } catch { result = .failure(error) }
    await channel.close()
    await loops.shutdown()
    return String(decoding: try result.get().message, as: UTF8.self)
  }

  private func client(
    _ files: TestCertificates, _ name: String, to endpoint: Endpoint
  ) throws -> ClientTLS? {
    try MeshTLS(files.mesh(name)).client(to: endpoint)
  }

  @Test func membersOfATrustDomainReachEachOtherAtAnyAddress() async throws {
    try await with { files, endpoint in
      try files.issue("router", for: "URI:\(Self.domain)/router")
      let seen = try await call(endpoint, try client(files, "router", to: endpoint))
      #expect(seen == #"["spiffe://mesh.example/router"]"#)
    }
  }

  @Test func aServerOfAnotherTrustDomainIsNotSpokenTo() async throws {
    try await with { files, endpoint in
      try files.issue("router", for: "URI:spiffe://else.example/router,DNS:r")
      let refused = await status {
        _ = try await call(endpoint, try client(files, "router", to: endpoint))
      }
      #expect(refused?.code == .unavailable)
      #expect(
        refused?.message.contains(
          "no SPIFFE ID of trust domain else.example, but spiffe://mesh.example/replica") == true,
        "\(refused as Any)")
    }
  }

  @Test func aServerTurnsAnotherTrustDomainAway() async throws {
    try await with(server: "URI:spiffe://mesh.example/replica,IP:127.0.0.1") { files, endpoint in
      // Without a SPIFFE ID of its own the client goes by the server's address and is content.
      try files.issue("router", for: "DNS:router.example")
      let refused = await status {
        _ = try await call(endpoint, try client(files, "router", to: endpoint))
      }
      #expect(refused?.code == .unavailable)
      #expect(
        refused?.message.contains(
          "only processes of this mesh are let in: the certificate has no SPIFFE ID of trust domain "
            + "mesh.example, but router.example") == true, "\(refused as Any)")
    }
  }

  @Test func withoutSPIFFEIDsHostsMustHaveTheirNames() async throws {
    try await with(server: "IP:127.0.0.1") { files, endpoint in
      try files.issue("router", for: "DNS:router")
      let seen = try await call(endpoint, try client(files, "router", to: endpoint))
      #expect(seen == "[]")
    }
    try await with(server: "DNS:replica") { files, endpoint in
      try files.issue("router", for: "DNS:router")
      let refused = await status {
        _ = try await call(endpoint, try client(files, "router", to: endpoint))
      }
      #expect(refused?.code == .unavailable)
    }
  }

  @Test func strangersAndPlainTextAreTurnedAway() async throws {
    try await with { files, endpoint in
      try files.makeAuthority("other")
      try files.issue("stranger", for: "URI:\(Self.domain)/router", by: "other")
      var identity = files.mesh("stranger")
      let stranger = await status {
        _ = try await call(endpoint, try MeshTLS(identity).client(to: endpoint))
      }
      #expect(
        stranger?.message.contains("does not trust the authority") == true, "\(stranger as Any)")
      identity.identity?.authority = files.path("other")
      let own = await status {
        _ = try await call(endpoint, try MeshTLS(identity).client(to: endpoint))
      }
      #expect(own?.message.contains("certificate verify failed") == true, "\(own as Any)")
      let bare = await status {
        _ = try await call(
          endpoint, try ClientTLS(ClientTLSFiles(serverCA: files.path("ca"), serverName: "x")))
      }
      #expect(bare?.code == .unavailable)
      #expect(bare?.message.contains("x") == true, "\(bare as Any)")
      let plain = await status { _ = try await call(endpoint, nil) }
      #expect(
        plain?.message.contains("this port takes TLS only") == true, "\(plain as Any)")
    }
  }

  @Test func aPlainServerIsToldFromASecureOne() async throws {
    try await TestCertificates.with { files in
      try files.issue("router", for: "URI:\(Self.domain)/router")
      let loops = LoopGroup(count: 1)
      let server = GRPCServer(loops: loops, handlers: Self.table)
      let endpoint = try await server.listen(on: .tcp(host: "127.0.0.1", port: 0))
      let refused = await status {
        _ = try await call(endpoint, try client(files, "router", to: endpoint))
      }
      #expect(
        refused?.message.contains("the peer does not speak TLS") == true, "\(refused as Any)")
      // Its callers can say what they like.
      let forged: Metadata = ["x-forwarded-client-cert": "URI=\(Self.domain)/root"]
      #expect(try await call(endpoint, nil, forged) == #"["nobody"]"#)
      await server.drain(within: .seconds(1))
      await loops.shutdown()
    }
  }

  @Test func aRouterSaysWhoCallsAndIsNotTheCallerItself() async throws {
    try await with { files, endpoint in
      try files.issue("router", for: "URI:\(Self.domain)/router")
      let tls = try client(files, "router", to: endpoint)
      let forwarded: Metadata = [
        MeshHeader.version: "1", "x-forwarded-client-cert": "URI=spiffe://far.example/reader",
      ]
      #expect(try await call(endpoint, tls, forwarded) == #"["spiffe://far.example/reader"]"#)
      #expect(try await call(endpoint, tls, [MeshHeader.version: "1"]) == #"["nobody"]"#)
      let malformed: Metadata = [MeshHeader.version: "1", "x-forwarded-client-cert": "URI=\"x"]
      #expect(try await call(endpoint, tls, malformed) == #"["nobody"]"#)
    }
  }

  @Test func newFilesAreForNewConnectionsOfBothSides() async throws {
    try await with { files, endpoint in
      try files.issue("router", for: "URI:\(Self.domain)/router")
      let tls = try client(files, "router", to: endpoint)
      let loops = LoopGroup(count: 1)
      let old = GRPCChannel(endpoint: endpoint, tls: tls, loops: loops)
      _ = try await old.unary(Self.who, [])
      try files.makeAuthority("ca")
      try files.issue("router", for: "URI:\(Self.domain)/router2")
      try files.issue("server", for: "URI:\(Self.domain)/replica2")
      try await Task.sleep(for: .milliseconds(1100))
      #expect(try await call(endpoint, tls) == #"["spiffe://mesh.example/router2"]"#)
      let kept = try await old.unary(Self.who, []).message
      #expect(String(decoding: kept, as: UTF8.self) == #"["spiffe://mesh.example/router"]"#)
      await old.close()
      await loops.shutdown()
    }
  }

  // MARK: Where

  @Test func plainTextStaysOnThisMachine() async throws {
    let far = Endpoint.tcp(host: "10.0.0.1", port: 1)
    let plain = MeshTLS()
    let near = try plain.client(to: .tcp(host: "127.0.0.1", port: 1))
    #expect(near == nil)
    let onSocket = try plain.server(at: .unix(path: "/x"))
    #expect(onSocket == nil)
    for refused in [
      await status { _ = try plain.client(to: far) },
      await status { _ = try plain.server(at: far) },
    ] {
      #expect(refused?.code == .failedPrecondition)
      #expect(refused?.message.contains("MARTLET_TLS_CERT") == true)
    }
    try await TestCertificates.with { files in
      try files.issue("a", for: "URI:\(Self.domain)/a")
      let mesh = try MeshTLS(files.mesh("a"))
      let (secure, plain) = (try mesh.client(to: far), try mesh.server(at: .unix(path: "/x")))
      #expect(secure != nil)
      #expect(plain == nil)
      var broken = files.mesh("a")
      broken.identity?.key = "/nowhere"
      let missing = await status { _ = try MeshTLS(broken) }
      #expect(missing?.message.contains("/nowhere: No such file") == true)
    }
  }
}

extension TestCertificates {
  func mesh(_ name: String) -> MeshSecurity {
    MeshSecurity(
      identity: MeshIdentity(
        certificate: path(name), key: path("\(name)-key"), authority: path("ca")))
  }
}
