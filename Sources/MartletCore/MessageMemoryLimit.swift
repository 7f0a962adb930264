// The memory that each process of a mesh has for messages, and how it is said.

/// Bytes of messages under way that one process holds at most.
public struct MessageMemoryLimit: Sendable, Hashable {
  /// The environment variable that says the same as `--max-message-memory`. Replicas find it, too.
  public static let variable = "MARTLET_MAX_MESSAGE_MEMORY"

  /// What a text about memory that is spent names, so that its reader knows what raises the limit.
  public static let settings = "(--max-message-memory)"

  /// Below 1 MiB hardly any message would fit that has to ask for room.
  public static let allowed = (1 << 20)...(1 << 42)

  public let bytes: Int

  /// Reads a number of bytes such as `2Gi`, with the units of an app file. Nil for anything else, and out
  /// of range.
  public init?(_ text: String) {
    guard let size = ByteSize(text), let bytes = Int(exactly: size.bytes),
      Self.allowed.contains(bytes)
    else { return nil }
    self.bytes = bytes
  }

  /// What an option says, or else the environment; nil for nothing.
  ///
  /// - Throws: what is wrong with it.
  public static func said(
    by option: String?, _ variable: String?
  ) throws(InvalidMessageLimit) -> MessageMemoryLimit? {
    let (name, text) =
      option.map { ("--max-message-memory", $0) } ?? (Self.variable, variable ?? "")
    guard !text.isEmpty else { return nil }
    guard let limit = MessageMemoryLimit(text) else {
      throw InvalidMessageLimit(
        description:
          "\(name): \"\(text)\" is no size of memory: say a number of bytes from 1Mi to 4Ti, such as 1Gi"
      )
    }
    return limit
  }
}
