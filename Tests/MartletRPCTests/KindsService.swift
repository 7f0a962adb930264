// A real service with one method of each kind, for tests.
import MartletCore
import MartletRPC
import SwiftProtobuf

/// Answers as kinds.proto says.
struct KindsService: Test_Kinds_V1_Kinds.Service {
  func double(_ request: Test_Kinds_V1_Text, _ call: Call) async throws -> Test_Kinds_V1_Text {
    if request.text == "throw" {
      throw RPCError(.notFound, "no such text", metadata: ["why": "told"])
    }
    call.setTrailingMetadata(["seen": call.metadata["hello"] ?? "nothing"])
    return .with { $0.text = request.text + request.text }
  }

  func join(
    _ requests: RPCStream<Test_Kinds_V1_Text>, _ call: Call
  ) async throws -> Test_Kinds_V1_Text {
    var joined = Test_Kinds_V1_Text()
    for try await request in requests { joined.text += request.text }
    return joined
  }

  func split(
    _ request: Test_Kinds_V1_Text, _ responses: RPCWriter<Test_Kinds_V1_Text>, _ call: Call
  ) async throws {
    for word in request.text.split(separator: " ") {
      try await responses.write(.with { $0.text = String(word) })
    }
  }

  func echo(
    _ requests: RPCStream<Test_Kinds_V1_Text>, _ responses: RPCWriter<Test_Kinds_V1_Text>,
    _ call: Call
  ) async throws {
    for try await request in requests { try await responses.write(request) }
  }

  func `return`(
    _ request: Google_Protobuf_Empty, _ call: Call
  ) async throws -> Google_Protobuf_Empty {
    request
  }

  /// Says what the current call is, and how much time it has.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  func name_(_ request: Test_Kinds_V1_Text, _ call: Call) async throws -> Test_Kinds_V1_Text {
    .with {
      $0.text =
        "\(Call.current?.method.method ?? "none") \(call.timeRemaining == nil ? "∞" : "timed")"
    }
  }
}
