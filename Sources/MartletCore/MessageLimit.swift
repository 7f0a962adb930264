// The largest message of a mesh, and how it is said.

/// Bytes of the largest message that the processes of a mesh take and send.
public struct MessageLimit: Sendable, Hashable {
  /// The environment variable that says the same as `--max-message`. Replicas find it, too.
  public static let variable = "MARTLET_MAX_MESSAGE"

  /// Below 64 KiB, health and reflection would not work; beyond 1 GiB, few programs can hold a message.
  public static let allowed = (64 << 10)...(1 << 30)

  /// What a text about a message that is too long names, so that its reader knows what raises the limit.
  public static let settings = "(max_message, --max-message)"

  public let bytes: Int

  /// Reads a number of bytes such as `64Mi`, with the units of an app file. Nil for anything else, and out
  /// of range.
  public init?(_ text: String) {
    guard let size = ByteSize(text), let bytes = Int(exactly: size.bytes),
      Self.allowed.contains(bytes)
    else { return nil }
    self.bytes = bytes
  }

  /// What is wrong with a text that is none.
  public static func problem(_ text: String) -> String {
    "\"\(text)\" is no size of a message: say a number of bytes from 64Ki to 1Gi, such as 64Mi"
  }

  /// What the environment says; nil for nothing.
  ///
  /// - Throws: what is wrong with it.
  public static func said(
    by option: String?, _ variable: String?
  ) throws(InvalidMessageLimit) -> MessageLimit? {
    let (name, text) = option.map { ("--max-message", $0) } ?? (Self.variable, variable ?? "")
    guard !text.isEmpty else { return nil }
    guard let limit = MessageLimit(text) else {
      throw InvalidMessageLimit(description: "\(name): \(problem(text))")
    }
    return limit
  }
}

/// Why a text is no limit.
public struct InvalidMessageLimit: Error, Sendable, Hashable, CustomStringConvertible {
  public var description: String
}
