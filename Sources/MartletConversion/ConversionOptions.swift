// What a person says about services that another system knows without types.

internal import MartletCore

/// The types, the protos and the programs of a converted app, none of which the other file has.
package struct ConversionOptions: Sendable {
  /// What KServe's services speak when nothing else is said: the Open Inference Protocol
  /// (open-inference-protocol, "gRPC", `ModelInfer`).
  static let openInference = MethodName(
    service: "inference.GRPCInferenceService", method: "ModelInfer")

  static let openInferenceRequest = "inference.ModelInferRequest"

  /// The methods of services, deployments and nodes, by their names.
  var methods: [String: MethodName] = [:]

  /// The method of all others; nil: none was named.
  var defaultMethod: MethodName?

  /// The method that clients call; nil: the default method.
  var route: MethodName?

  /// The full names of the messages that hold the answers of ensembles, by the names of their nodes.
  var answers: [String: String] = [:]

  /// As the app file names them.
  var protos: [String] = []

  /// The program of every replica and its arguments; `{deployment}` stands for the deployment's name.
  /// Empty: not known, and something else starts the replicas.
  var command: [String] = []

  /// How to start a replica of a deployment.
  func command(of deployment: String) -> [String] {
    command.map { $0.replacing("{deployment}", with: deployment) }
  }

  var launcher: AppSpec.Launcher { command.isEmpty ? .external : .process }
}

extension ConversionOptions {
  /// Reads the options of the command line.
  ///
  /// - Parameters:
  ///   - methods: `NAME=package.Service/Method`, or a method alone for all others.
  ///   - answers: `NODE=package.Message`.
  ///   - command: words, which may stand in quotes.
  /// - Throws: for what cannot be read.
  package init(
    methods texts: [String], route routeText: String?, answers answerTexts: [String] = [],
    protos: [String], command commandText: String?
  ) throws(ConversionError) {
    self.protos = protos
    for text in texts {
      let (name, value) = Self.named(text)
      let method = try Self.method(value, "--method")
      if let name {
        methods[name] = method
      } else if defaultMethod == nil {
        defaultMethod = method
      } else {
        throw ConversionError(
          .options, "--method \(text): one method is for all; say --method NAME=\(text)")
      }
    }
    if let routeText { route = try Self.method(routeText, "--route") }
    for text in answerTexts {
      let (name, type) = Self.named(text)
      guard let name, !type.isEmpty else {
        throw ConversionError(.options, "--answer \(text): expected NODE=package.Message")
      }
      answers[name] = type
    }
    if let commandText { command = try Self.words(commandText) }
  }

  private static func named(_ text: String) -> (name: String?, value: String) {
    guard let mark = text.firstIndex(of: "=") else { return (nil, text) }
    return (String(text[..<mark]), String(text[text.index(after: mark)...]))
  }

  private static func method(_ text: String, _ option: String) throws(ConversionError) -> MethodName
  {
    if let method = MethodName(text) { return method }
    throw ConversionError(
      .options,
      "\(option) \(text): expected a full method name such as content.v1.Classifier/Classify")
  }

  /// Splits at spaces outside of quotes, as a shell would without expanding anything.
  private static func words(_ text: String) throws(ConversionError) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in text {
      if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        word = word ?? ""
      } else if character == " " {
        if let word { words.append(word) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    guard quote == nil, !words.isEmpty else {
      throw ConversionError(
        .options, "--command \(text): expected a program and its arguments, quotes closed")
    }
    return words
  }

  /// Names of `--method` and `--answer` that the file does not have are slips of the finger.
  ///
  /// - Throws: with the nearest name.
  func check(named names: Set<String>) throws(ConversionError) {
    for (option, given) in [("--method", Set(methods.keys)), ("--answer", Set(answers.keys))] {
      for name in given.subtracting(names).sorted() {
        let hint = Spelling.hint(for: name, among: names.sorted())
        throw ConversionError(.options, "\(option) \(name)=…: the file has no \(name)\(hint)")
      }
    }
  }
}
