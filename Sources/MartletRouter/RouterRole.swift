// The router process.
package import MartletCore

/// The role `router`: dispatches requests to replicas and runs graphs.
package enum RouterRole {
  /// Serves until SIGTERM, SIGINT or the parent's end, then drains. Throws when it cannot listen.
  package static func run(_ options: RouterOptions) async throws(RPCError) {
    fatalError("being written")
  }
}
