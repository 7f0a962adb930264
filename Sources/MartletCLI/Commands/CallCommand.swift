// `martlet call`: a request written as JSON, and its answer as JSON.

internal import ArgumentParser
internal import MartletCore
internal import MartletNet
internal import MartletRPC
internal import MartletSchema
internal import SwiftProtobuf

struct CallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "call", abstract: "Call a method with a message written as JSON.",
    discussion: """
      Of a method that takes a stream each line of the request is a message; what a method streams is printed \
      as it comes. The types come from the deployed apps. With --address any gRPC server is called, with types that it \
      tells by server reflection, or from a descriptor set (--proto).
      """)

  private static let maxFileBytes = 64 << 20

  @Argument(help: "The method, such as content.v1.Understanding/Analyze.")
  var method: String

  @Argument(help: "The request: JSON, @FILE, or - for stdin.")
  var json = "{}"

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Metadata of the call; may be given again. A value of a name that ends in -bin is bytes, in base64.",
      valueName: "name=value"))
  var metadata: [String] = []

  @Option(
    help: ArgumentHelp("Give up after this long.", valueName: "seconds"), transform: Seconds.init)
  var timeout: Seconds?

  @Option(
    help: ArgumentHelp(
      "Types: a descriptor set or a .proto file.", valueName: "file"))
  var proto: [String] = []

  @Option(
    help: ArgumentHelp(
      "Call this server instead of the mesh: HOST:PORT, unix:PATH, http://HOST or https://HOST.",
      valueName: "address"))
  var address: String?

  @OptionGroup var security: ClientSecurityOptions

  @Flag(help: "Print the answer on one line.")
  var compact = false

  @Flag(
    help:
      "Tell on stderr what each node of the graph and each call of code did, and how long it took.")
  var trace = false

  @OptionGroup var options: MeshOptions

  func validate() throws {
    guard MethodName(method) != nil else {
      throw ValidationError("expected package.Service/Method, not \(method)")
    }
    if let address, ServerAddress(address) == nil {
      throw ValidationError(
        "--address takes HOST:PORT, unix:PATH, http://HOST or https://HOST, not \(address)")
    }
    try security.validate(for: address.flatMap { ServerAddress($0) })
    _ = try headers()
  }

  func run() throws {
    guard let name = MethodName(method) else { return }
    // Whoever names a server asks nothing of the mesh here.
    let directory = address == nil ? try options.runDirectory() : nil
    let schemas = try schemas(for: name, directory)
    guard let type = schemas.lazy.compactMap({ $0.method(name) }).first else {
      throw unknown(name, in: schemas)
    }
    let text = try text()
    guard type.isUnary else {
      let lines = text.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
      let requests =
        type.clientStreaming
        ? try lines.map { try encode(String($0), type) } : [try encode(text, type)]
      return try stream(type, requests, directory)
    }
    try Self.show(try call(type, try encode(text, type), directory), type, compact: compact)
  }

  private func encode(_ json: String, _ type: MethodType) throws(Failure) -> [UInt8] {
    do {
      return try type.input.encode(json: json)
    } catch {
      throw Failure(
        Failure.usage, "the request is not the JSON of a \(type.input.fullName): \(error)")
    }
  }

  private static func show(_ answer: [UInt8], _ type: MethodType, compact: Bool) throws(Failure) {
    do {
      Terminal.print(try type.output.json(answer, pretty: !compact))
    } catch {
      throw Failure(
        Failure.failed, "the answer is not a \(type.output.fullName): \(error)")
    }
  }

  /// What goes along with a call.
  private func headers() throws(ValidationError) -> Metadata {
    var headers = Metadata()
    for entry in metadata {
      guard let sign = entry.firstIndex(of: "=") else {
        throw ValidationError("--metadata takes NAME=VALUE, not \(entry)")
      }
      let name = String(entry[..<sign])
      let value = String(entry[entry.index(after: sign)...])
      guard name.lowercased().hasSuffix("-bin") else {
        headers.add(value, for: name)
        continue
      }
      guard let bytes = Base64.decode(value) else {
        throw ValidationError("--metadata \(name) takes base64 such as AQI=, not \(value)")
      }
      headers.add(bytes, for: name)
    }
    if trace { headers.add("full", for: TraceHeader.trace) }
    return headers
  }

  private var deadline: Deadline? { timeout.map { Deadline(Loop.now + $0.duration) } }

  private func call(
    _ type: MethodType, _ request: [UInt8], _ directory: RunDirectory?
  ) throws -> [UInt8] {
    let headers = try headers()
    return try reaching(directory) { [deadline, trace] channel in
      do {
        let answer = try await channel.unary(
          type.name, request, metadata: headers, deadline: deadline)
        if trace { Self.tell(answer.trailingMetadata) }
        return answer.message
      } catch let error as RPCError {
        if trace { Self.tell(error.metadata) }
        throw error
      }
    }
  }

  /// Sends all requests and prints every answer as it comes.
  private func stream(
    _ type: MethodType, _ requests: [[UInt8]], _ directory: RunDirectory?
  ) throws {
    let headers = try headers()
    try reaching(directory) { [deadline, trace, compact] channel in
      do {
        try await channel.stream(type.name, metadata: headers, deadline: deadline) {
          writer, answers in
          async let sent: Void = Self.send(requests, to: writer)
          for try await answer in answers { try Self.show(answer, type, compact: compact) }
          await sent
          if trace { Self.tell(await answers.trailingMetadata()) }
        }
      } catch let error as RPCError {
        if trace { Self.tell(error.metadata) }
        throw error
      }
    }
  }

  /// A call that ended before all was sent says why in its answer.
  private static func send(_ requests: [[UInt8]], to writer: MessageWriter) async {
    do throws(RPCError) {
      for request in requests { try await writer.write(request) }
      try await writer.finish()
    } catch {
      return
    }
  }

  private static func tell(_ trailers: Metadata) {
    guard let text = trailers[TraceHeader.trace] else {
      return Terminal.complain(
        "no trace came with the answer: no route of a mesh answers the method here")
    }
    Terminal.complain(TraceTable(json: text)?.text ?? text)
  }

  /// Lets `body` talk to the server, and tells what goes wrong in words for people.
  private func reaching<Answer: Sendable>(
    _ directory: RunDirectory?, _ body: @escaping @Sendable (GRPCChannel) async throws -> Answer
  ) throws -> Answer {
    let local = directory.map { ServerAddress(.unix(path: $0.routerSocket)) }
    guard let server = address.flatMap({ ServerAddress($0) }) ?? local else {
      throw Failure(Failure.usage, "--address: \(address ?? "") is no address")
    }
    let tls = security.files
    // It is the mesh that says how long messages may be.
    var limits = Limits()
    limits.maxMessageBytes = MessageLimit.allowed.upperBound
    do {
      return try waitFor { [limits] in
        try await body(
          try GRPCChannel(server, tls: tls, loops: LoopGroup(count: 1), limits: limits))
      }
    } catch let error as RPCError {
      if error.code == .unavailable, let directory, !Files.exists(directory.routerSocket) {
        throw Mesh.noMesh(in: directory)
      }
      throw Failure(Failure.failed, "\(error.status)")
    }
  }

  /// The JSON itself, from wherever it is.
  private func text() throws(Failure) -> String {
    guard json == "-" || json.hasPrefix("@") else { return json }
    let path = json == "-" ? "/dev/stdin" : String(json.dropFirst())
    let bytes = try Files.read(path, maxBytes: Self.maxFileBytes)
    do throws(Files.Problem) {
      return try Files.text(bytes, of: path).withoutByteOrderMark
    } catch {
      throw Failure(Failure.usage, lines: [error.message])
    }
  }

  private func schemas(for name: MethodName, _ directory: RunDirectory?) throws -> [Schema] {
    if !proto.isEmpty { return [try schemaOfFiles()] }
    if let directory { return try deployedSchemas(directory) }
    let timeout = timeout?.duration
    return [
      try reaching(directory) { channel in
        try await ServerReflection(channel: channel, timeout: timeout).schema(of: name.service)
      }
    ]
  }

  private func deployedSchemas(_ directory: RunDirectory) throws -> [Schema] {
    let mesh = try Mesh(directory)
    let request = Martlet_Control_V1_GetDefinitionsRequest()
    let answer = try mesh.ask { try await $0.getDefinitions(request, timeout: Mesh.answerTimeout) }
    var schemas: [Schema] = []
    for definition in answer.definitions where !definition.descriptorSet.isEmpty {
      do {
        schemas.append(try Schema(descriptorSet: Array(definition.descriptorSet)))
      } catch {
        throw Failure(Failure.failed, "the types of \(definition.app): \(error)")
      }
    }
    return schemas
  }

  private func schemaOfFiles() throws(Failure) -> Schema {
    var sets: [DescriptorSet] = []
    let names = proto.joined(separator: ", ")
    do {
      for path in proto {
        let bytes =
          path.hasSuffix(".proto")
          ? try Protoc.descriptorSet(of: [Files.absolute(path)], beside: Files.absolute("."))
          : try Files.read(path, maxBytes: Self.maxFileBytes)
        sets.append(DescriptorSet(bytes: bytes))
      }
      guard let merged = try? DescriptorSet.merging(sets) else {
        throw Failure(
          Failure.badFile,
          "\(names): not a descriptor set, which protoc --include_imports --descriptor_set_out=FILE "
            + "writes, and its name does not end in .proto")
      }
      return try Schema(descriptorSet: merged.bytes)
    } catch let failure as Failure {
      throw failure
    } catch let problem as Protoc.Problem {
      throw Failure(
        problem.isMissing ? Failure.unavailable : Failure.badFile, problem.message)
    } catch {
      throw Failure(Failure.badFile, "\(names): \(error)")
    }
  }

  private func unknown(_ name: MethodName, in schemas: [Schema]) -> Failure {
    let methods = schemas.flatMap(\.services).flatMap(\.methods).map(\.name)
    let ofService = methods.filter { $0.service == name.service }.map(\.method)
    guard ofService.isEmpty else {
      return Failure(
        Failure.usage,
        "\(name.service) has no method \(name.method)"
          + "\(Spelling.hint(for: name.method, among: ofService)); methods: "
          + ofService.joined(separator: ", "))
    }
    let services = Set(methods.map(\.service)).sorted()
    return Failure(
      Failure.usage,
      "no app here has types for \(name.service)\(Spelling.hint(for: name.service, among: services))"
        + "; services: \(services.isEmpty ? "none" : services.joined(separator: ", "))")
  }
}
