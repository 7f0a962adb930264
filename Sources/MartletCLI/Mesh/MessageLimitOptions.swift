// `--max-message` of the commands that start processes of a mesh.

internal import ArgumentParser
internal import Glibc
internal import MartletCore

struct MessageLimitOptions: ParsableArguments {
  @Option(
    name: .customLong("max-message"),
    help: ArgumentHelp(
      "The largest message of the mesh, 64Ki to 1Gi; $MARTLET_MAX_MESSAGE by default, or else 4Mi.",
      valueName: "bytes"))
  var text: String?

  func validate() throws {
    _ = try limit()
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
