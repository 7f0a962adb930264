// Services and field paths of text/v1/text.proto, written by protoc-gen-martlet. Do not edit.
// swift-format-ignore-file
internal import Martlet

/// The front door; a graph of the services below answers it.
enum Text_V1_Text: ServiceNamespace {
  static let name = "text.v1.Text"
  static var descriptorSet: DescriptorSet { martletDescriptors_text_v1_text_proto }

  static let write = ServerStreamingMethod<Text_V1_WriteRequest, Text_V1_Piece>(
    service: name, method: "Write", descriptorSet: descriptorSet)

  /// What a server of text.v1.Text does.
  protocol Service: DeploymentService {
    /// Goes on with a text and sends each piece as soon as it is made. INVALID_ARGUMENT when the prompt is
    /// too long or too many tokens are asked for.
    func write(
      _ request: Text_V1_WriteRequest, _ responses: RPCWriter<Text_V1_Piece>, _ call: Call
    ) async throws
  }

  /// Calls text.v1.Text.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    /// Goes on with a text and sends each piece as soon as it is made. INVALID_ARGUMENT when the prompt is
    /// too long or too many tokens are asked for.
    func write<Result>(
      _ request: Text_V1_WriteRequest, timeout: Duration? = nil, metadata: Metadata = [:],
      _ receive: (RPCStream<Text_V1_Piece>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Text_V1_Text.write, request, timeout: timeout, metadata: metadata, receive)
    }
  }
}

extension Text_V1_Text {
  /// Adds the methods of text.v1.Text to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Text_V1_Text.self)
    binder.add(Text_V1_Text.write) { try await $0.write($1, $2, $3) }
  }
}

extension Text_V1_Text.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Text_V1_Text.bind(&binder)
  }
}

/// What `Text/Write` does, by code in a deployment instead of a graph.
enum Text_V1_Writer: ServiceNamespace {
  static let name = "text.v1.Writer"
  static var descriptorSet: DescriptorSet { martletDescriptors_text_v1_text_proto }

  static let write = ServerStreamingMethod<Text_V1_WriteRequest, Text_V1_Piece>(
    service: name, method: "Write", descriptorSet: descriptorSet)

  /// What a server of text.v1.Writer does.
  protocol Service: DeploymentService {
    func write(
      _ request: Text_V1_WriteRequest, _ responses: RPCWriter<Text_V1_Piece>, _ call: Call
    ) async throws
  }

  /// Calls text.v1.Writer.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    func write<Result>(
      _ request: Text_V1_WriteRequest, timeout: Duration? = nil, metadata: Metadata = [:],
      _ receive: (RPCStream<Text_V1_Piece>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Text_V1_Writer.write, request, timeout: timeout, metadata: metadata, receive)
    }
  }
}

extension Text_V1_Writer {
  /// Adds the methods of text.v1.Writer to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Text_V1_Writer.self)
    binder.add(Text_V1_Writer.write) { try await $0.write($1, $2, $3) }
  }
}

extension Text_V1_Writer.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Text_V1_Writer.bind(&binder)
  }
}

enum Text_V1_Tokenizer: ServiceNamespace {
  static let name = "text.v1.Tokenizer"
  static var descriptorSet: DescriptorSet { martletDescriptors_text_v1_text_proto }

  static let tokenize = UnaryMethod<Text_V1_WriteRequest, Text_V1_Prompt>(
    service: name, method: "Tokenize", descriptorSet: descriptorSet)

  /// What a server of text.v1.Tokenizer does.
  protocol Service: DeploymentService {
    /// Cuts a prompt into tokens.
    func tokenize(_ request: Text_V1_WriteRequest, _ call: Call) async throws -> Text_V1_Prompt
  }

  /// Calls text.v1.Tokenizer.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    /// Cuts a prompt into tokens.
    func tokenize(
      _ request: Text_V1_WriteRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Text_V1_Prompt {
      try await target.call(Text_V1_Tokenizer.tokenize, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Text_V1_Tokenizer {
  /// Adds the methods of text.v1.Tokenizer to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Text_V1_Tokenizer.self)
    binder.add(Text_V1_Tokenizer.tokenize) { try await $0.tokenize($1, $2) }
  }
}

extension Text_V1_Tokenizer.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Text_V1_Tokenizer.bind(&binder)
  }
}

enum Text_V1_Generator: ServiceNamespace {
  static let name = "text.v1.Generator"
  static var descriptorSet: DescriptorSet { martletDescriptors_text_v1_text_proto }

  static let generate = ServerStreamingMethod<Text_V1_Prompt, Text_V1_Token>(
    service: name, method: "Generate", descriptorSet: descriptorSet)

  /// What a server of text.v1.Generator does.
  protocol Service: DeploymentService {
    /// Sends the tokens that follow a prompt, each as soon as it is made.
    func generate(
      _ request: Text_V1_Prompt, _ responses: RPCWriter<Text_V1_Token>, _ call: Call
    ) async throws
  }

  /// Calls text.v1.Generator.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    /// Sends the tokens that follow a prompt, each as soon as it is made.
    func generate<Result>(
      _ request: Text_V1_Prompt, timeout: Duration? = nil, metadata: Metadata = [:],
      _ receive: (RPCStream<Text_V1_Token>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Text_V1_Generator.generate, request, timeout: timeout, metadata: metadata, receive)
    }
  }
}

extension Text_V1_Generator {
  /// Adds the methods of text.v1.Generator to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Text_V1_Generator.self)
    binder.add(Text_V1_Generator.generate) { try await $0.generate($1, $2, $3) }
  }
}

extension Text_V1_Generator.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Text_V1_Generator.bind(&binder)
  }
}

enum Text_V1_Speller: ServiceNamespace {
  static let name = "text.v1.Speller"
  static var descriptorSet: DescriptorSet { martletDescriptors_text_v1_text_proto }

  static let spell = BidirectionalMethod<Text_V1_Token, Text_V1_Piece>(
    service: name, method: "Spell", descriptorSet: descriptorSet)

  /// What a server of text.v1.Speller does.
  protocol Service: DeploymentService {
    /// Writes tokens down as a text of their own, each as soon as it comes.
    func spell(
      _ requests: RPCStream<Text_V1_Token>, _ responses: RPCWriter<Text_V1_Piece>, _ call: Call
    ) async throws
  }

  /// Calls text.v1.Speller.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    /// Writes tokens down as a text of their own, each as soon as it comes.
    func spell<Result>(
      timeout: Duration? = nil, metadata: Metadata = [:],
      _ exchange: (RPCWriter<Text_V1_Token>, RPCStream<Text_V1_Piece>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Text_V1_Speller.spell, timeout: timeout, metadata: metadata, exchange)
    }
  }
}

extension Text_V1_Speller {
  /// Adds the methods of text.v1.Speller to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Text_V1_Speller.self)
    binder.add(Text_V1_Speller.spell) { try await $0.spell($1, $2, $3) }
  }
}

extension Text_V1_Speller.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Text_V1_Speller.bind(&binder)
  }
}

extension Text_V1_WriteRequest {
  /// The fields of text.v1.WriteRequest, for `Switch` and `ForEach`.
  enum fields {
    static let prompt = FieldPath<Text_V1_WriteRequest, String>("prompt")
    static let maxTokens = FieldPath<Text_V1_WriteRequest, UInt32>("max_tokens")
    static let seed = FieldPath<Text_V1_WriteRequest, UInt64>("seed")
  }
}

extension Text_V1_Prompt {
  /// The fields of text.v1.Prompt, for `Switch` and `ForEach`.
  enum fields {
    static let tokens = FieldPath<Text_V1_Prompt, [Text_V1_Token]>("tokens")
    static let maxTokens = FieldPath<Text_V1_Prompt, UInt32>("max_tokens")
    static let seed = FieldPath<Text_V1_Prompt, UInt64>("seed")
  }
}

extension Text_V1_Token {
  /// The fields of text.v1.Token, for `Switch` and `ForEach`.
  enum fields {
    static let text = FieldPath<Text_V1_Token, String>("text")
  }
}

extension Text_V1_Piece {
  /// The fields of text.v1.Piece, for `Switch` and `ForEach`.
  enum fields {
    static let text = FieldPath<Text_V1_Piece, String>("text")
  }
}

/// text/v1/text.proto and everything it imports.
private let martletDescriptors_text_v1_text_proto = DescriptorSet(
  base64: """
    CsoEChJ0ZXh0L3YxL3RleHQucHJvdG8SB3RleHQudjEiWQoMV3JpdGVSZXF1ZXN0EhYKBnByb21wdBgBIAEoCVIGcHJv\
    bXB0Eh0KCm1heF90b2tlbnMYAiABKA1SCW1heFRva2VucxISCgRzZWVkGAMgASgEUgRzZWVkImMKBlByb21wdBImCgZ0\
    b2tlbnMYASADKAsyDi50ZXh0LnYxLlRva2VuUgZ0b2tlbnMSHQoKbWF4X3Rva2VucxgCIAEoDVIJbWF4VG9rZW5zEhIK\
    BHNlZWQYAyABKARSBHNlZWQiGwoFVG9rZW4SEgoEdGV4dBgBIAEoCVIEdGV4dCIbCgVQaWVjZRISCgR0ZXh0GAEgASgJ\
    UgR0ZXh0MjgKBFRleHQSMAoFV3JpdGUSFS50ZXh0LnYxLldyaXRlUmVxdWVzdBoOLnRleHQudjEuUGllY2UwATI6CgZX\
    cml0ZXISMAoFV3JpdGUSFS50ZXh0LnYxLldyaXRlUmVxdWVzdBoOLnRleHQudjEuUGllY2UwATI/CglUb2tlbml6ZXIS\
    MgoIVG9rZW5pemUSFS50ZXh0LnYxLldyaXRlUmVxdWVzdBoPLnRleHQudjEuUHJvbXB0MjoKCUdlbmVyYXRvchItCghH\
    ZW5lcmF0ZRIPLnRleHQudjEuUHJvbXB0Gg4udGV4dC52MS5Ub2tlbjABMjYKB1NwZWxsZXISKwoFU3BlbGwSDi50ZXh0\
    LnYxLlRva2VuGg4udGV4dC52MS5QaWVjZSgBMAFiBnByb3RvMw==
    """)
