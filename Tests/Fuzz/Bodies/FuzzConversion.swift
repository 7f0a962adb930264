// Files of KServe and of Ray Serve, as somebody wrote them.

import MartletConversion
import MartletCore

/// What a person may say beside the file.
private let choices: [ConversionOptions] = [
  (methods: [], route: nil, answers: [], command: nil),
  (methods: ["p.S/Do"], route: nil, answers: [], command: "serve --name {deployment}"),
  (methods: ["p.S/Do", "a=p.T/Do"], route: "p.R/Run", answers: [], command: nil),
  (methods: ["root=p.T/Do"], route: nil, answers: ["root=p.Answer"], command: "'a b' \"\""),
].compactMap { try? ConversionOptions($0) }

extension ConversionOptions {
  fileprivate init(
    _ texts: (methods: [String], route: String?, answers: [String], command: String?)
  ) throws(ConversionError) {
    try self.init(
      methods: texts.methods, route: texts.route, answers: texts.answers,
      protos: texts.command == nil ? [] : ["types.binpb"], command: texts.command)
  }
}

/// Of a file come app files, which are YAML and read as the apps that were meant or say what is wrong
/// with them; all that is not in them is told, with its place.
func fuzzConversion(_ bytes: UnsafeRawBufferPointer) throws(BrokenClaim) {
  var input = InputReader(bytes)
  let options = input.pick(choices)
  let text = String(decoding: input.remainder(), as: UTF8.self)
  let apps: [ConvertedApp]
  let unsaid: [LocatedProblem]
  do throws(ConversionError) {
    (apps, unsaid) = try Conversion.apps(text: text, file: "fuzz.yaml", options: options)
  } catch {
    try claim(!error.lines.isEmpty, "it is refused without a reason")
    try claim(!error.lines.contains(""), "a reason is empty: \(error.lines)")
    return
  }
  try claim(!apps.isEmpty || !unsaid.isEmpty, "nothing comes of it, and nothing says why")
  let lines = text.unicodeScalars.count + 1
  for problem in unsaid {
    try claim(!problem.problem.message.isEmpty, "a problem says nothing")
    try claim(
      (1...lines).contains(problem.mark.line) && problem.mark.column >= 1,
      "a problem is at \(problem.mark)")
  }
  for app in apps { try fuzzWriting(app, unsaid.map(\.description)) }
}

private func fuzzWriting(_ app: ConvertedApp, _ unsaid: [String]) throws(BrokenClaim) {
  let yaml = app.yaml
  let commented = app.text(from: "fuzz\u{7}\n.yaml", unsaid: unsaid)
  guard commented.utf8.count <= AppFile.maxBytes else { return }
  for text in [yaml, commented] {
    let root: SourceNode?
    do throws(AppFileError) {
      root = try AppFile.parse(text, file: "written.yaml")
    } catch {
      throw BrokenClaim("what was written is not YAML, \(error):\n\(text)")
    }
    try claim(root != nil, "nothing was written")
  }
  // Yams drops a byte order mark at the start of a string (see `AppFile.yaml`).
  guard !yaml.contains("\\ufeff") else { return }
  let plain = read(yaml)
  switch plain {
  case .success(let spec):
    try claim(spec == app.spec, "\(app.spec) reads back as \(spec) from\n\(yaml)")
  case .failure(let error):
    try claim(!error.messages.isEmpty, "it is wrong without a reason:\n\(yaml)")
    try claim(!error.messages.contains(""), "a reason is empty: \(error.messages)")
  }
  try claim(plain == read(commented), "comments change the app:\n\(commented)")
}

/// What is wrong, wherever that is.
private struct Reasons: Error, Equatable {
  var messages: [String]
}

private func read(_ text: String) -> Result<AppSpec, Reasons> {
  do throws(AppFileError) {
    return .success(try AppFile.read(text: text, file: "written.yaml").spec)
  } catch {
    return .failure(Reasons(messages: error.problems.map(\.problem.description)))
  }
}
