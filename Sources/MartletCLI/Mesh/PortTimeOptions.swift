// Times that a router keeps with its clients, on the command line.

internal import ArgumentParser
internal import MartletCore

/// `--min-ping-interval` and `--keep-alive-timeout`.
struct PortTimeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How often a client with calls in flight may ping, in seconds (default: 10). One that pings more often is "
        + "sent away with too_many_pings.",
      valueName: "seconds"))
  var minPingInterval: String?

  @Option(
    help: ArgumentHelp(
      "How long a connection of HTTP/1.1 may be without a request, in seconds (default: 75).",
      valueName: "seconds"))
  var keepAliveTimeout: String?

  func validate() throws {
    _ = try times()
  }

  func times() throws -> PortTimes {
    do throws(InvalidPortTime) {
      return try PortTimes(minPingInterval: minPingInterval, keepAlive: keepAliveTimeout)
    } catch {
      throw ValidationError("\(error)")
    }
  }
}
