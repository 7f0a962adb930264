// Calls by gRPC-Web on their way through the router.
import MartletCore
import MartletNet
import MartletWire
import Testing

@testable import MartletRouter

@Suite(.timeLimit(.minutes(1))) struct GRPCWebTests {
  private static let type: HeaderBlock = ["content-type": "application/grpc-web+proto"]

  @Test func answersPassAsTheyAreCompressed() async throws {
    try await Mesh.run { mesh in
      var table = HandlerTable()
      table.unary(Mesh.echo) { request, call in
        call.compressResponses(with: .gzip)
        return request
      }
      try await mesh.deploy(Mesh.echoApp(), ["echo": [try await mesh.start("r", table)]])
      var fields = Self.type
      fields.append(.grpcAcceptEncoding, "gzip")
      let message = [UInt8](repeating: 7, count: 100_000)
      let reply = await mesh.ask("/test.Echo/Say", fields, body: GRPCMessage.framed(message))
      #expect(reply.head[.grpcEncoding] == "gzip")
      #expect(reply.body.first == 1)
      #expect(reply.body.count < 1000)
    }
  }

  @Test func anAppNeedsNoProtos() async throws {
    try await Mesh.run { mesh in
      try await mesh.deploy(Mesh.echoApp(), ["echo": [try await mesh.startEcho("r")]])
      let reply = await mesh.ask("/test.Echo/Say", Self.type, body: GRPCMessage.framed([1, 2]))
      let trailers: HeaderBlock = ["grpc-status": "0"]
      #expect(reply.body == GRPCMessage.framed([1, 2]) + trailers.grpcWebTrailers)
    }
  }

  /// The replica's words in HTTP become a status.
  @Test(arguments: [("503", "14"), ("200", "2")])
  func aReplicaThatDoesNotSpeakGRPC(status: String, code: String) async throws {
    try await Mesh.run { mesh in
      let replica = try await mesh.startPage("r", status: status)
      try await mesh.deploy(Mesh.echoApp(), ["echo": [replica]])
      let reply = await mesh.ask("/test.Echo/Say", Self.type, body: GRPCMessage.framed([]))
      #expect(reply.status == 200)
      #expect(reply.head[.grpcStatus] == code)
      #expect(reply.body.isEmpty)
    }
  }

  @Test func aReplicaThatDiesIsTold() async throws {
    try await Mesh.run { mesh in
      let replica = try await mesh.startMortal("r")
      try await mesh.deploy(Mesh.echoApp(), ["echo": [replica]])
      let reply = await mesh.ask("/test.Echo/Say", Self.type, body: GRPCMessage.framed([]))
      #expect(reply.head[.grpcStatus] == "14")
      #expect(reply.closure == .finished)
    }
  }
}
