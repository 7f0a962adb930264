// What the app file may say about the downloader.
private import FoundationEssentials
import Martlet

/// The `user_config` of the downloader.
struct DownloaderSettings: Sendable {
  /// Bytes of a document: a message of 4 MiB holds it with room to spare.
  static let greatestDocument = 4_000_000

  var roots: [String]
  var maxBytes = Self.greatestDocument
  var timeout = Duration.seconds(10)

  /// A setting that the downloader does not understand.
  struct Fault: Error, CustomStringConvertible {
    let description: String
  }

  init(_ config: ConfigValue) throws(Fault) {
    roots = [".", FileManager.default.temporaryDirectory.path]
    if let value = config["allowed_roots"] {
      guard case .array(let items) = value, !items.isEmpty else {
        throw Fault(description: "user_config.allowed_roots must be a list of folders")
      }
      roots = try items.map { item throws(Fault) in
        guard case .string(let root) = item, !root.isEmpty else {
          throw Fault(description: "user_config.allowed_roots must be a list of folders")
        }
        return root
      }
    }
    if let value = config["max_bytes"] {
      guard case .integer(let count) = value, (1...Int64(Self.greatestDocument)).contains(count)
      else {
        throw Fault(description: "user_config.max_bytes must be 1 to \(Self.greatestDocument)")
      }
      maxBytes = Int(count)
    }
    if let value = config["timeout_s"] {
      guard let seconds = Self.seconds(value), seconds > 0, seconds <= 3600 else {
        throw Fault(description: "user_config.timeout_s must be a number of seconds up to 3600")
      }
      timeout = .seconds(seconds)
    }
  }

  private static func seconds(_ value: ConfigValue) -> Double? {
    switch value {
    case .integer(let number): Double(number)
    case .number(let number): number
    default: nil
    }
  }
}
