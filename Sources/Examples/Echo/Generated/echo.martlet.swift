// Services and field paths of echo/v1/echo.proto, written by protoc-gen-martlet. Do not edit.
// swift-format-ignore-file
internal import Martlet

enum Echo_V1_Echo: ServiceNamespace {
  static let name = "echo.v1.Echo"
  static var descriptorSet: DescriptorSet { martletDescriptors_echo_v1_echo_proto }

  static let echo = UnaryMethod<Echo_V1_Message, Echo_V1_Message>(
    service: name, method: "Echo", descriptorSet: descriptorSet)

  /// What a server of echo.v1.Echo does.
  protocol Service: DeploymentService {
    func echo(_ request: Echo_V1_Message, _ call: Call) async throws -> Echo_V1_Message
  }

  /// Calls echo.v1.Echo.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    func echo(
      _ request: Echo_V1_Message, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Echo_V1_Message {
      try await target.call(Echo_V1_Echo.echo, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Echo_V1_Echo {
  /// Adds the methods of echo.v1.Echo to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Echo_V1_Echo.self)
    binder.add(Echo_V1_Echo.echo) { try await $0.echo($1, $2) }
  }
}

extension Echo_V1_Echo.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Echo_V1_Echo.bind(&binder)
  }
}

extension Echo_V1_Message {
  /// The fields of echo.v1.Message, for `Switch` and `ForEach`.
  enum fields {
    static let payload = FieldPath<Echo_V1_Message, [UInt8]>("payload")
  }
}

/// echo/v1/echo.proto and everything it imports.
private let martletDescriptors_echo_v1_echo_proto = DescriptorSet(
  base64: """
    Cn4KEmVjaG8vdjEvZWNoby5wcm90bxIHZWNoby52MSIjCgdNZXNzYWdlEhgKB3BheWxvYWQYASABKAxSB3BheWxvYWQy\
    MgoERWNobxIqCgRFY2hvEhAuZWNoby52MS5NZXNzYWdlGhAuZWNoby52MS5NZXNzYWdlYgZwcm90bzM=
    """)
