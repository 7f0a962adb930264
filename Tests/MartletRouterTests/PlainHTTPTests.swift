// What becomes of requests that are not gRPC.
import MartletCore
import MartletNet
import MartletWire
import Testing

@testable import MartletRouter

@Suite(.timeLimit(.minutes(1))) struct PlainHTTPTests {
  @Test(arguments: ["application/protobuf", "application/json-seq", "text/plain"])
  func otherTypesReachTheDeployment(type: String) async throws {
    try await Mesh.run { mesh in
      let replica = try await mesh.startPage("r", status: "200")
      try await mesh.deploy(Mesh.echoApp(), ["echo": [replica]])
      let reply = await mesh.ask("/test.Echo/Say", ["content-type": type], body: [1])
      #expect(reply.status == 200)
      #expect(reply.text == "<html>")
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
