// Services and field paths of kinds.proto, written by protoc-gen-martlet. Do not edit.
// swift-format-ignore-file
internal import MartletCore
internal import MartletRPC
internal import SwiftProtobuf

/// One method of each kind.
enum Test_Kinds_V1_Kinds: ServiceNamespace {
  static let name = "test.kinds.v1.Kinds"
  static var descriptorSet: DescriptorSet { martletDescriptors_kinds_proto }

  static let double = UnaryMethod<Test_Kinds_V1_Text, Test_Kinds_V1_Text>(
    service: name, method: "Double", descriptorSet: descriptorSet)
  static let join = ClientStreamingMethod<Test_Kinds_V1_Text, Test_Kinds_V1_Text>(
    service: name, method: "Join", descriptorSet: descriptorSet)
  static let split = ServerStreamingMethod<Test_Kinds_V1_Text, Test_Kinds_V1_Text>(
    service: name, method: "Split", descriptorSet: descriptorSet)
  static let echo = BidirectionalMethod<Test_Kinds_V1_Text, Test_Kinds_V1_Text>(
    service: name, method: "Echo", descriptorSet: descriptorSet)
  static let `return` = UnaryMethod<SwiftProtobuf.Google_Protobuf_Empty, SwiftProtobuf.Google_Protobuf_Empty>(
    service: name, method: "Return", descriptorSet: descriptorSet)
  static let name_ = UnaryMethod<Test_Kinds_V1_Text, Test_Kinds_V1_Text>(
    service: name, method: "Name", descriptorSet: descriptorSet)

  /// What a server of test.kinds.v1.Kinds does.
  protocol Service: RPCService {
    /// Answers with the text, doubled.
    func double(_ request: Test_Kinds_V1_Text, _ call: Call) async throws -> Test_Kinds_V1_Text

    /// Joins all texts.
    func join(_ requests: RPCStream<Test_Kinds_V1_Text>, _ call: Call) async throws -> Test_Kinds_V1_Text

    /// Answers with each word.
    func split(
      _ request: Test_Kinds_V1_Text, _ responses: RPCWriter<Test_Kinds_V1_Text>, _ call: Call
    ) async throws

    /// Answers each text at once.
    func echo(
      _ requests: RPCStream<Test_Kinds_V1_Text>, _ responses: RPCWriter<Test_Kinds_V1_Text>, _ call: Call
    ) async throws

    /// A name that Swift keeps for itself.
    func `return`(_ request: SwiftProtobuf.Google_Protobuf_Empty, _ call: Call) async throws -> SwiftProtobuf.Google_Protobuf_Empty

    /// A name that the namespace has.
    func name_(_ request: Test_Kinds_V1_Text, _ call: Call) async throws -> Test_Kinds_V1_Text
  }

  /// Calls test.kinds.v1.Kinds.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    /// Answers with the text, doubled.
    func double(
      _ request: Test_Kinds_V1_Text, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Test_Kinds_V1_Text {
      try await target.call(Test_Kinds_V1_Kinds.double, request, timeout: timeout, metadata: metadata)
    }

    /// Joins all texts.
    func join(
      timeout: Duration? = nil, metadata: Metadata = [:],
      _ send: (RPCWriter<Test_Kinds_V1_Text>) async throws -> Void
    ) async throws -> Test_Kinds_V1_Text {
      try await target.call(Test_Kinds_V1_Kinds.join, timeout: timeout, metadata: metadata, send)
    }

    /// Answers with each word.
    func split<Result>(
      _ request: Test_Kinds_V1_Text, timeout: Duration? = nil, metadata: Metadata = [:],
      _ receive: (RPCStream<Test_Kinds_V1_Text>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Test_Kinds_V1_Kinds.split, request, timeout: timeout, metadata: metadata, receive)
    }

    /// Answers each text at once.
    func echo<Result>(
      timeout: Duration? = nil, metadata: Metadata = [:],
      _ exchange: (RPCWriter<Test_Kinds_V1_Text>, RPCStream<Test_Kinds_V1_Text>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Test_Kinds_V1_Kinds.echo, timeout: timeout, metadata: metadata, exchange)
    }

    /// A name that Swift keeps for itself.
    func `return`(
      _ request: SwiftProtobuf.Google_Protobuf_Empty, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> SwiftProtobuf.Google_Protobuf_Empty {
      try await target.call(Test_Kinds_V1_Kinds.`return`, request, timeout: timeout, metadata: metadata)
    }

    /// A name that the namespace has.
    func name_(
      _ request: Test_Kinds_V1_Text, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Test_Kinds_V1_Text {
      try await target.call(Test_Kinds_V1_Kinds.name_, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Test_Kinds_V1_Kinds {
  /// Adds the methods of test.kinds.v1.Kinds to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Test_Kinds_V1_Kinds.self)
    binder.add(Test_Kinds_V1_Kinds.double) { try await $0.double($1, $2) }
    binder.add(Test_Kinds_V1_Kinds.join) { try await $0.join($1, $2) }
    binder.add(Test_Kinds_V1_Kinds.split) { try await $0.split($1, $2, $3) }
    binder.add(Test_Kinds_V1_Kinds.echo) { try await $0.echo($1, $2, $3) }
    binder.add(Test_Kinds_V1_Kinds.`return`) { try await $0.`return`($1, $2) }
    binder.add(Test_Kinds_V1_Kinds.name_) { try await $0.name_($1, $2) }
  }
}

extension Test_Kinds_V1_Kinds.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Test_Kinds_V1_Kinds.bind(&binder)
  }
}

extension Test_Kinds_V1_Text {
  /// The fields of test.kinds.v1.Text, for `Switch` and `ForEach`.
  enum fields {
    static let text = FieldPath<Test_Kinds_V1_Text, String>("text")
  }
}

extension Test_Kinds_V1_Fields {
  /// The fields of test.kinds.v1.Fields, for `Switch` and `ForEach`.
  enum fields {
    static let weight = FieldPath<Test_Kinds_V1_Fields, Double>("weight")
    static let weights = FieldPath<Test_Kinds_V1_Fields, [Float]>("weights")
    static let content = FieldPath<Test_Kinds_V1_Fields, [UInt8]>("content")
    static let colour = FieldPath<Test_Kinds_V1_Fields, Test_Kinds_V1_Fields.Colour>("colour")
    static let inner = FieldPath<Test_Kinds_V1_Fields, Test_Kinds_V1_Fields.Inner>("inner")
    static let inners = FieldPath<Test_Kinds_V1_Fields, [Test_Kinds_V1_Fields.Inner]>("inners")
    static let byName = FieldPath<Test_Kinds_V1_Fields, [String: Test_Kinds_V1_Fields.Inner]>("by_name")
    static let `default` = FieldPath<Test_Kinds_V1_Fields, Bool>("default")
    static let small = FieldPath<Test_Kinds_V1_Fields, UInt32>("small")
    static let large = FieldPath<Test_Kinds_V1_Fields, UInt64>("large")

    /// The members of choice.
    enum OneOf_Choice: String, OneofMember {
      case small = "small"
      case large = "large"
    }
    static let choice = OneofPath<Test_Kinds_V1_Fields, OneOf_Choice>("choice")
  }
}

extension Test_Kinds_V1_Fields.Inner {
  /// The fields of test.kinds.v1.Fields.Inner, for `Switch` and `ForEach`.
  enum fields {
    static let number = FieldPath<Test_Kinds_V1_Fields.Inner, Int64>("number")
  }
}

extension Test_Kinds_V1_Taken {
  /// The fields of test.kinds.v1.Taken, for `Switch` and `ForEach`.
  enum fieldPaths {
    static let fields = FieldPath<Test_Kinds_V1_Taken, [String]>("fields")
  }
}

/// kinds.proto and everything it imports.
private let martletDescriptors_kinds_proto = DescriptorSet(
  base64: """
    Cr4BChtnb29nbGUvcHJvdG9idWYvZW1wdHkucHJvdG8SD2dvb2dsZS5wcm90b2J1ZiIHCgVFbXB0eUJ9ChNjb20uZ29v\
    Z2xlLnByb3RvYnVmQgpFbXB0eVByb3RvUAFaLmdvb2dsZS5nb2xhbmcub3JnL3Byb3RvYnVmL3R5cGVzL2tub3duL2Vt\
    cHR5cGL4AQGiAgNHUEKqAh5Hb29nbGUuUHJvdG9idWYuV2VsbEtub3duVHlwZXNiBnByb3RvMwqHCAoLa2luZHMucHJv\
    dG8SDXRlc3Qua2luZHMudjEaG2dvb2dsZS9wcm90b2J1Zi9lbXB0eS5wcm90byIaCgRUZXh0EhIKBHRleHQYASABKAlS\
    BHRleHQivQQKBkZpZWxkcxIWCgZ3ZWlnaHQYASABKAFSBndlaWdodBIYCgd3ZWlnaHRzGAIgAygCUgd3ZWlnaHRzEhgK\
    B2NvbnRlbnQYAyABKAxSB2NvbnRlbnQSNAoGY29sb3VyGAQgASgOMhwudGVzdC5raW5kcy52MS5GaWVsZHMuQ29sb3Vy\
    UgZjb2xvdXISMQoFaW5uZXIYBSABKAsyGy50ZXN0LmtpbmRzLnYxLkZpZWxkcy5Jbm5lclIFaW5uZXISMwoGaW5uZXJz\
    GAYgAygLMhsudGVzdC5raW5kcy52MS5GaWVsZHMuSW5uZXJSBmlubmVycxI6CgdieV9uYW1lGAcgAygLMiEudGVzdC5r\
    aW5kcy52MS5GaWVsZHMuQnlOYW1lRW50cnlSBmJ5TmFtZRIYCgdkZWZhdWx0GAggASgIUgdkZWZhdWx0EhYKBXNtYWxs\
    GAkgASgNSABSBXNtYWxsEhYKBWxhcmdlGAogASgGSABSBWxhcmdlGi8KBUlubmVyEhsKBm51bWJlchgBIAEoEkgAUgZu\
    dW1iZXKIAQFCCQoHX251bWJlchpWCgtCeU5hbWVFbnRyeRIQCgNrZXkYASABKAlSA2tleRIxCgV2YWx1ZRgCIAEoCzIb\
    LnRlc3Qua2luZHMudjEuRmllbGRzLklubmVyUgV2YWx1ZToCOAEiMAoGQ29sb3VyEhYKEkNPTE9VUl9VTlNQRUNJRklF\
    RBAAEg4KCkNPTE9VUl9SRUQQAUIICgZjaG9pY2UiHwoFVGFrZW4SFgoGZmllbGRzGAEgAygJUgZmaWVsZHMyxgIKBUtp\
    bmRzEjIKBkRvdWJsZRITLnRlc3Qua2luZHMudjEuVGV4dBoTLnRlc3Qua2luZHMudjEuVGV4dBIyCgRKb2luEhMudGVz\
    dC5raW5kcy52MS5UZXh0GhMudGVzdC5raW5kcy52MS5UZXh0KAESMwoFU3BsaXQSEy50ZXN0LmtpbmRzLnYxLlRleHQa\
    Ey50ZXN0LmtpbmRzLnYxLlRleHQwARI0CgRFY2hvEhMudGVzdC5raW5kcy52MS5UZXh0GhMudGVzdC5raW5kcy52MS5U\
    ZXh0KAEwARI4CgZSZXR1cm4SFi5nb29nbGUucHJvdG9idWYuRW1wdHkaFi5nb29nbGUucHJvdG9idWYuRW1wdHkSMAoE\
    TmFtZRITLnRlc3Qua2luZHMudjEuVGV4dBoTLnRlc3Qua2luZHMudjEuVGV4dGIGcHJvdG8z
    """)
