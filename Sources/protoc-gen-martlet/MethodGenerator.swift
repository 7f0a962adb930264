// What an `rpc` becomes, in each of its four kinds.
internal import SwiftProtobufPluginLibrary

/// Writes the pieces of one method.
struct MethodGenerator {
  let method: MethodDescriptor
  let namespace: String
  let file: FileGenerator

  private var access: String { file.access }
  private var input: String { file.namer.fullName(message: method.inputType) }
  private var output: String { file.namer.fullName(message: method.outputType) }

  /// Names that a namespace has already, or that Swift would not take as a static member.
  private static let taken: Set = [
    "name", "descriptorSet", "bind", "init", "self", "Type", "target",
  ]

  /// `Analyze` → `analyze`, in backticks when it is a keyword.
  private var name: String {
    let name = NamingUtils.toLowerCamelCase(method.name)
    if Self.taken.contains(name) { return "\(name)_" }
    return isValidSwiftIdentifier(name) && !isKeyword(name) ? name : "`\(name)`"
  }

  private func isKeyword(_ name: String) -> Bool {
    swiftKeywordsUsedInDeclarations.contains(name) || swiftKeywordsUsedInStatements.contains(name)
      || swiftKeywordsUsedInExpressionsAndTypes.contains(name)
  }

  private enum Kind: String {
    case unary = "UnaryMethod"
    case clientStreaming = "ClientStreamingMethod"
    case serverStreaming = "ServerStreamingMethod"
    case bidirectional = "BidirectionalMethod"
  }

  private var kind: Kind {
    switch (method.clientStreaming, method.serverStreaming) {
    case (false, false): .unary
    case (true, false): .clientStreaming
    case (false, true): .serverStreaming
    case (true, true): .bidirectional
    }
  }

  /// `static let analyze = UnaryMethod<…>(…)`
  func printDescriptor(_ printer: inout CodePrinter) {
    printer.print(
      "\(access)static let \(name) = \(kind.rawValue)<\(input), \(output)>(",
      "  service: name, method: \"\(method.name)\", descriptorSet: descriptorSet)")
  }

  /// The requirement of the `Service` protocol.
  func printRequirement(_ printer: inout CodePrinter) {
    printer.printComment(of: method)
    switch kind {
    case .unary:
      printer.print("func \(name)(_ request: \(input), _ call: Call) async throws -> \(output)")
    case .clientStreaming:
      printer.print(
        "func \(name)(_ requests: RPCStream<\(input)>, _ call: Call) async throws -> \(output)")
    case .serverStreaming:
      printer.print(
        "func \(name)(",
        "  _ request: \(input), _ responses: RPCWriter<\(output)>, _ call: Call",
        ") async throws")
    case .bidirectional:
      printer.print(
        "func \(name)(",
        "  _ requests: RPCStream<\(input)>, _ responses: RPCWriter<\(output)>, _ call: Call",
        ") async throws")
    }
  }

  /// One line of `bind`.
  func printBinding(_ printer: inout CodePrinter) {
    let call =
      switch kind {
      case .unary, .clientStreaming: "try await $0.\(name)($1, $2)"
      case .serverStreaming, .bidirectional: "try await $0.\(name)($1, $2, $3)"
      }
    printer.print("binder.add(\(namespace).\(name)) { \(call) }")
  }

  /// The method of the `Client`.
  func printCall(_ printer: inout CodePrinter) {
    printer.printComment(of: method)
    let options = "timeout: Duration? = nil, metadata: Metadata = [:]"
    let pass = "timeout: timeout, metadata: metadata"
    let callee = "\(namespace).\(name)"
    switch kind {
    case .unary:
      printer.print(
        "\(access)func \(name)(", "  _ request: \(input), \(options)",
        ") async throws(RPCError) -> \(output) {",
        "  try await target.call(\(callee), request, \(pass))", "}")
    case .clientStreaming:
      printer.print(
        "\(access)func \(name)(", "  \(options),",
        "  _ send: (RPCWriter<\(input)>) async throws -> Void",
        ") async throws -> \(output) {",
        "  try await target.call(\(callee), \(pass), send)", "}")
    case .serverStreaming:
      printer.print(
        "\(access)func \(name)<Result>(", "  _ request: \(input), \(options),",
        "  _ receive: (RPCStream<\(output)>) async throws -> Result",
        ") async throws -> Result {",
        "  try await target.call(\(callee), request, \(pass), receive)", "}")
    case .bidirectional:
      printer.print(
        "\(access)func \(name)<Result>(", "  \(options),",
        "  _ exchange: (RPCWriter<\(input)>, RPCStream<\(output)>) async throws -> Result",
        ") async throws -> Result {",
        "  try await target.call(\(callee), \(pass), exchange)", "}")
    }
  }
}
