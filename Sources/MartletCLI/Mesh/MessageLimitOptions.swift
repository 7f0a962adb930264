// `--max-message` and `--max-message-memory` of the commands that start processes of a mesh.

internal import ArgumentParser
internal import Glibc
internal import MartletCore

struct MessageLimitOptions: ParsableArguments {
  @Option(
    name: .customLong("max-message"),
    help: ArgumentHelp(
      "The largest message of the mesh, 64Ki to 1Gi; $MARTLET_MAX_MESSAGE by default, or else 64Mi.",
      valueName: "bytes"))
  var text: String?

  @Option(
    name: .customLong("max-message-memory"),
    help: ArgumentHelp(
      "Memory for messages under way in each process, 1Mi to 4Ti; $MARTLET_MAX_MESSAGE_MEMORY by "
        + "default, or else a quarter of the machine's.",
      valueName: "bytes"))
  var memoryText: String?

  func validate() throws {
    _ = try limit()
    _ = try memory()
  }

  /// Nil where nobody says how much.
  func memory() throws(ValidationError) -> MessageMemoryLimit? {
    do throws(InvalidMessageLimit) {
      return try MessageMemoryLimit.said(
        by: memoryText, getenv(MessageMemoryLimit.variable).map { String(cString: $0) })
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// Nil where nobody says one.
  func limit() throws(ValidationError) -> MessageLimit? {
    do throws(InvalidMessageLimit) {
      return try MessageLimit.said(
        by: text, getenv(MessageLimit.variable).map { String(cString: $0) })
    } catch {
      throw ValidationError("\(error)")
    }
  }
}
