// Times that a router keeps with its clients, on the command line.

internal import ArgumentParser
internal import MartletCore

/// `--min-ping-interval`.
struct PortTimeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How often a client with calls in flight may ping, in seconds (default: 10). One that pings more often is "
        + "sent away with too_many_pings.",
      valueName: "seconds"))
  var minPingInterval: String?

  func validate() throws {
    _ = try times()
  }

  func times() throws -> PortTimes {
    do throws(InvalidPortTime) { return try PortTimes(minPingInterval: minPingInterval) } catch {
      throw ValidationError("\(error)")
    }
  }
}
