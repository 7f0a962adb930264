// A file of another system, which may hold several objects, and what becomes of it.

package import MartletCore

/// The apps of a file, and what they do not say.
package struct ConvertedFile {
  package private(set) var apps: [ConvertedApp] = []

  /// What an app cannot say: without it the app is another one than the file's.
  package private(set) var unsaid: [LocatedProblem] = []

  /// What is left out although nothing of an app depends on it, such as objects that are no graphs.
  package private(set) var leftOut: [LocatedProblem] = []

  /// The names that `--method` and `--answer` may give.
  private var names: Set<String> = []

  /// - Throws: when nothing of the file is of a known format or the options do not fit it.
  package init(text: String, file: String, options: ConversionOptions) throws(ConversionError) {
    let documents: [SourceNode]
    do throws(AppFileError) {
      documents = try AppFile.documents(text, file: file)
    } catch {
      throw ConversionError(.file, lines: error.problems.map(\.description))
    }
    guard !documents.isEmpty else {
      throw ConversionError(.file, "\(file):1:1: the file is empty")
    }
    let objects = documents.flatMap(\.listed)
    var known: [(root: SourceNode, format: ForeignFormat)] = []
    var reasons: [String] = []
    for object in objects {
      do throws(ForeignFormat.Unknown) {
        known.append((object, try ForeignFormat(object)))
      } catch {
        reasons.append("\(file):\(object.mark.line):\(object.mark.column): \(error.reason)")
        leftOut.append(
          LocatedProblem(file, object.mark, SpecProblem([], "left out: \(error.reason)")))
      }
    }
    guard !known.isEmpty else {
      if documents.count > 1 {
        reasons.append("none of the several documents of \(file) can be converted")
      }
      throw ConversionError(.file, lines: reasons)
    }
    for (root, format) in known { add(root, format, file, options) }
    try options.check(named: names)
    unsaid = unsaid.inOrder
    leftOut = leftOut.inOrder
  }

  private mutating func add(
    _ root: SourceNode, _ format: ForeignFormat, _ file: String, _ options: ConversionOptions
  ) {
    var conversion = Conversion(file: file, root: root, options: options)
    var specs: [AppSpec] = []
    switch format {
    case .inferenceGraph:
      guard let graph = conversion.inferenceGraph(root) else { break }
      names.formUnion(graph.names)
      var converter = InferenceGraphConverter(conversion, graph)
      if let app = converter.app() { specs = [app] }
      conversion = converter.conversion
    case .rayServe:
      guard let root = conversion.asPythonReads(root) else { break }
      var converter = RayServeConverter(conversion)
      specs = converter.apps(root)
      conversion = converter.conversion
      names.formUnion(converter.names)
    }
    for spec in specs {
      if apps.contains(where: { $0.spec.name == spec.name }) {
        conversion.note([], "an object before this one is called \(spec.name), too")
        continue
      }
      apps.append(ConvertedApp(spec: spec))
    }
    unsaid += conversion.unsaid
    leftOut += conversion.leftOut
  }
}

extension [LocatedProblem] {
  /// In the order of the file.
  fileprivate var inOrder: [LocatedProblem] {
    isEmpty ? [] : AppFileError(problems: self).problems
  }
}

extension ConvertedFile {
  /// Everything that the apps do not say, in the order of the file.
  package var lines: [String] { (unsaid + leftOut).inOrder.map(\.description) }
}

extension SourceNode {
  /// The objects of a list as Kubernetes has them (`kind: List`, or one that ends so); this one otherwise.
  fileprivate var listed: [SourceNode] {
    guard let kind = self["kind"]?.text, kind.hasSuffix("List"), let items = self["items"],
      case .sequence(let elements) = items.content
    else { return [self] }
    // Lists in lists are no deeper than the tree.
    return elements.flatMap(\.listed)
  }
}

extension Conversion {
  /// The apps of a file, and everything that they do not say.
  ///
  /// - Throws: when the file is not of a known format or the options do not fit it.
  package static func apps(
    text: String, file: String, options: ConversionOptions
  ) throws(ConversionError) -> (apps: [ConvertedApp], unsaid: [LocatedProblem]) {
    let converted = try ConvertedFile(text: text, file: file, options: options)
    return (converted.apps, converted.unsaid)
  }
}
