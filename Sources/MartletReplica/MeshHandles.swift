// The way from a replica to other deployments.
internal import MartletCore
internal import MartletNet
internal import MartletRPC

/// Calls other deployments of the app through the mesh's router, over one connection.
final class MeshHandles: Sendable {
  private let app: String
  private let channel: GRPCChannel?

  init(app: String, router: Endpoint?, _ tls: MeshTLS, loop: Loop, _ limits: Limits)
    throws(RPCError)
  {
    self.app = app
    guard let router else {
      channel = nil
      return
    }
    channel = GRPCChannel(
      endpoint: router, tls: try tls.client(to: router), loop: loop, limits: limits)
  }

  func target(_ deployment: String) -> CallTarget {
    guard let channel else {
      return CallTarget(
        failing: RPCError(
          .unavailable,
          "cannot call deployment \(deployment): \(ReplicaVariable.router) is not set, so there is "
            + "no mesh around this replica"))
    }
    return CallTarget(
      channel, headers: [MeshHeader.app: app, MeshHeader.deployment: deployment])
  }

  func close() async {
    await channel?.close()
  }
}
