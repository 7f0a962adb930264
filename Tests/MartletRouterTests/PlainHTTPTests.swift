// What becomes of requests that are not gRPC.
import MartletCore
import MartletNet
import MartletWire
import Testing

@testable import MartletRouter

@Suite(.timeLimit(.minutes(1))) struct PlainHTTPTests {
  /// Also when the body is framed as gRPC's is: a page of another site may send these types without asking.
  @Test(arguments: ["application/protobuf", "application/json-seq", "text/plain"])
  func otherTypesReachNoReplica(type: String) async throws {
    try await Mesh.run { mesh in
      try await mesh.deploy(Mesh.echoApp(), ["echo": [try await mesh.startEcho("r")]])
      let body = GRPCMessage.framed([1])
      let reply = await mesh.ask("/test.Echo/Say", ["content-type": type], body: body)
      #expect(reply.status == 415)
      #expect(reply.head["accept-post"] == "application/json, application/proto")
      #expect(reply.text.contains("calls are application/json, application/proto, gRPC-Web"))
    }
  }

  @Test(arguments: ["GET", "PUT", "PATCH", "DELETE", "post"])
  func callsByGRPCAreToPost(method: String) async throws {
    try await Mesh.run { mesh in
      try await mesh.deploy(Mesh.echoApp(), ["echo": [try await mesh.startEcho("r")]])
      let fields: HeaderBlock = ["te": "trailers", "content-type": "application/grpc"]
      let body = GRPCMessage.framed([1])
      let reply = await mesh.ask("/test.Echo/Say", fields, method: method, body: body)
      #expect(reply.status == 405)
      #expect(reply.head["allow"] == "POST")
      #expect(reply.text.contains("not to \(method)"))
      #expect(reply.head[.grpcStatus] == nil)
    }
  }

  @Test func aMethodIsNotThereToGet() async throws {
    try await Mesh.run { mesh in
      try await mesh.deploy(Mesh.echoApp(), ["echo": [try await mesh.startEcho("r")]])
      let reply = await mesh.ask("/test.Echo/Say", method: "GET")
      #expect(reply.status == 405)
      #expect(reply.head["allow"] == "POST")
    }
  }

  @Test(arguments: ["application/json", "application/proto; charset=utf-8", "APPLICATION/JSON"])
  func knownTypesAreCalls(type: String) async throws {
    try await Mesh.run { mesh in
      let replica = try await mesh.startPage("r", status: "200")
      try await mesh.deploy(Mesh.echoApp(), ["echo": [replica]])
      let reply = await mesh.ask("/test.Echo/Say", ["content-type": type], body: [1])
      #expect(reply.status == 501)
      #expect(reply.text.contains("the app has no protos"))
    }
  }
}
