// How an app's program is built anew, and from what.
private import FoundationEssentials

/// The command that `app run --watch` runs when a source file was saved.
struct RebuildCommand: Equatable {
  /// The program and its arguments.
  let words: [String]

  /// Where the sources are.
  let folder: String

  /// - Parameters:
  ///   - executable: the app's program, links resolved.
  ///   - command: for a shell; nil builds the program's package with SwiftPM.
  ///   - directory: whose files are watched when the program is of no package.
  /// - Returns: nil when there is no command and no package.
  init?(executable: String, command: String?, directory: String) {
    let package = Package(executable: executable)
    folder = package?.root ?? directory
    if let command {
      words = ["/bin/sh", "-c", command]
    } else if let package {
      words = [
        "/usr/bin/env", "swift", "build", "--package-path", package.root, "--scratch-path",
        package.scratch, "-c", package.configuration, "--product", package.product,
      ]
    } else {
      return nil
    }
  }

  /// What of SwiftPM's folders a program's path says: SCRATCH/TRIPLE/CONFIGURATION/PRODUCT below a folder
  /// with a Package.swift.
  private struct Package {
    let root: String
    let scratch: String
    let configuration: String
    let product: String

    init?(executable: String) {
      var url = URL(filePath: executable)
      product = url.lastPathComponent
      url.deleteLastPathComponent()
      configuration = url.lastPathComponent
      guard ["debug", "release"].contains(configuration) else { return nil }
      url.deleteLastPathComponent()
      url.deleteLastPathComponent()
      scratch = url.path
      while url.pathComponents.count > 1 {
        url.deleteLastPathComponent()
        let manifest = url.appending(path: "Package.swift").path
        if FileManager.default.fileExists(atPath: manifest) {
          root = url.path
          return
        }
      }
      return nil
    }
  }

  /// Whether a program may change with the file of this name: what Swift packages are built from, and protos.
  static func isSource(_ name: String) -> Bool {
    let endings = ["swift", "proto", "c", "h", "cc", "cpp", "cxx", "hpp", "m", "mm", "s", "S"]
    return name.split(separator: ".").count > 1
      && endings.contains { name.hasSuffix(".\($0)") }
  }
}
