// A real deployment for tests, and ways to look at a replica of it.
import Foundation
import MartletCore
import MartletNet
import MartletRPC
import SwiftProtobuf
import Testing

@testable import MartletReplica

typealias Text = Google_Protobuf_StringValue

/// Answers with what the test that made it wants to know. `user_config` says how it behaves.
struct Probe: DeploymentService {
  static let say = UnaryMethod<Text, Text>(
    service: "test.Probe", method: "Say", descriptorSet: DescriptorSet(bytes: []))
  static let relay = UnaryMethod<Text, Text>(
    service: "test.Probe", method: "Relay", descriptorSet: DescriptorSet(bytes: []))

  /// Opens when probes with `"waits": true` may finish loading.
  static let loading = Gate()

  let other: CallTarget

  init(_ context: ReplicaContext) async throws {
    if context.config["fails"] == .bool(true) { throw RPCError(.dataLoss, "no weights") }
    if context.config["waits"] == .bool(true) { await Self.loading.wait() }
    other = context.handle(Raw.self, on: "other").target
  }

  static func bind(_ binder: inout ServiceBinder<Probe>) {
    binder.add(Raw.self)
    binder.add(say) { _, request, _ in .init("\(request.value) on \(threadName())") }
    binder.add(relay) { probe, request, _ in
      try await probe.other.call(say, request, timeout: nil, metadata: ["own": "set"])
    }
  }

  enum Raw: ServiceNamespace {
    static let name = "test.Probe"
    static var descriptorSet: DescriptorSet { DescriptorSet(bytes: []) }

    struct Client: ServiceClient {
      let target: CallTarget
      init(_ target: CallTarget) { self.target = target }
    }
  }
}

/// The kernel's name of the calling thread (proc(5)).
func threadName() -> String {
  let name = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
  return name?.trimmingCharacters(in: .newlines) ?? "?"
}

extension CallTarget {
  func say(
    _ method: UnaryMethod<Text, Text>, _ text: String, timeout: Duration? = .seconds(10),
    metadata: Metadata = [:]
  ) async throws(RPCError) -> String {
    try await call(method, .init(text), timeout: timeout, metadata: metadata).value
  }
}
