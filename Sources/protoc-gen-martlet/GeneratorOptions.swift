// What the person who runs protoc may choose. Names and values follow protoc-gen-swift.

/// A wrong `--martlet_opt`; protoc prints it.
struct OptionError: Error, CustomStringConvertible {
  var description: String
}

/// The options of one run.
struct GeneratorOptions: Equatable {
  /// `Visibility=Internal|Public|Package`: access level of everything that is generated.
  var visibility = Visibility.internal

  /// `UseAccessLevelOnImports=true|false`: imports have that access level, too. A module that has
  /// other imports of the same library without one does not compile then, so it must be asked for.
  var usesAccessLevelOnImports = false

  /// `Import=MODULE`: where the generated code finds `Call`, `UnaryMethod` and the rest. Empty
  /// inside the module that defines them. May be given several times.
  var imports = ["Martlet"]

  /// `ServiceProtocol=NAME`: what each generated `Service` refines. `RPCService` makes services
  /// that are not deployments.
  var serviceProtocol = "DeploymentService"

  /// `FileNaming=FullPath|PathToUnderscores|DropPath`
  var fileNaming = FileNaming.fullPath

  enum Visibility: String, CaseIterable {
    case `internal`, `public`, package
  }

  private enum Answer: String, CaseIterable {
    case `true`, `false`
  }

  enum FileNaming: String, CaseIterable {
    case fullPath, pathToUnderscores, dropPath
  }

  init() {}

  init(_ pairs: [(key: String, value: String)]) throws {
    var imports: [String]?
    for (key, value) in pairs {
      switch key {
      case "Visibility": visibility = try choice(value, for: key)
      case "FileNaming": fileNaming = try choice(value, for: key)
      case "Import": imports = (imports ?? []) + (value.isEmpty ? [] : [value])
      case "ServiceProtocol": serviceProtocol = value
      case "UseAccessLevelOnImports":
        let answer: Answer = try choice(value, for: key)
        usesAccessLevelOnImports = answer == .true
      default:
        throw OptionError(
          description: "unknown option \"\(key)\"; there are Visibility, FileNaming, Import, "
            + "ServiceProtocol and UseAccessLevelOnImports")
      }
    }
    if let imports { self.imports = imports }
  }

  /// `content/v1/content.proto` → `content/v1/content.martlet.swift`, or as `FileNaming` says.
  func outputName(for proto: String) -> String {
    let stem = proto.hasSuffix(".proto") ? String(proto.dropLast(".proto".count)) : proto
    let name =
      switch fileNaming {
      case .fullPath: stem
      case .pathToUnderscores: stem.split(separator: "/").joined(separator: "_")
      case .dropPath: stem.split(separator: "/").last.map(String.init) ?? stem
      }
    return name + ".martlet.swift"
  }
}

/// Reads one of the choices of an option, in any case.
private func choice<Value>(_ text: String, for key: String) throws -> Value
where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  guard let value = Value.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() })
  else {
    let choices = Value.allCases.map {
      $0.rawValue.prefix(1).uppercased() + $0.rawValue.dropFirst()
    }
    throw OptionError(
      description: "\(key) is \"\(text)\"; it may be \(choices.joined(separator: ", "))")
  }
  return value
}
