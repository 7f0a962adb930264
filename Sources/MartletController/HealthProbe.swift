// Asking one replica for its health, again and again over one connection.
internal import Glibc
internal import MartletCore
internal import MartletNet
internal import MartletRPC
internal import MartletScaling

/// A client of one replica's grpc.health.v1.Health.
struct HealthProbe: Sendable {
  /// No answer within this long, or within the check's period if that is longer, is a failure.
  static let shortestTimeout = Duration.seconds(1)

  private let endpoint: Endpoint
  private let timeout: Duration
  private let channel: GRPCChannel
  /// Why the replica must not be asked at all.
  private let refusal: RPCError?

  init(endpoint: Endpoint, _ mesh: MeshTLS, loop: Loop, period: Duration) {
    self.endpoint = endpoint
    timeout = max(period, Self.shortestTimeout)
    var tls: ClientTLS?
    var refusal: RPCError?
    do throws(RPCError) { tls = try mesh.client(to: endpoint) } catch { refusal = error }
    self.refusal = refusal
    // The fleet paces the attempts; a pause of the channel's own would only add to a start.
    channel = GRPCChannel(
      endpoint: endpoint, tls: tls, loop: loop,
      backoff: Backoff(first: .milliseconds(1), most: .milliseconds(2), jitter: 0))
  }

  func check() async -> CheckResult {
    if let refusal { return .failed("health check: \(refusal.status)") }
    // A replica that does not listen yet is the usual case while it starts: no need to connect.
    if case .unix(let path) = endpoint, access(path, F_OK) != 0 {
      return .failed("does not listen on \(endpoint) yet")
    }
    do throws(RPCError) {
      let health = Grpc_Health_V1_Health.client(channel)
      let response = try await health.check(.init(), timeout: timeout)
      return response.status == .serving ? .serving : .notServing
    } catch {
      guard error.code != .unimplemented else {
        return .failed("does not implement grpc.health.v1.Health")
      }
      return .failed("health check: \(error.status)")
    }
  }

  func close() async {
    await channel.close()
  }
}
