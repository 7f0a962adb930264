// Asking one replica for its health, again and again over one connection.
internal import Glibc
internal import MartletCore
internal import MartletNet
internal import MartletRPC
internal import MartletScaling
internal import Synchronization

/// A client of one replica's grpc.health.v1.Health.
final class HealthProbe: Sendable {
  /// Pings in a row on one connection, without an answer to a check in between. gRPC's servers end a
  /// connection at the third or fourth that comes too soon (gRFC A9).
  private static let maxPingsInARow = 2

  private let endpoint: Endpoint
  private let channel: GRPCChannel
  /// Why the replica must not be asked at all.
  private let refusal: RPCError?
  private let pings = Atomic<Int>(0)

  init(endpoint: Endpoint, _ mesh: MeshTLS, loop: Loop) {
    self.endpoint = endpoint
    var tls: ClientTLS?
    var refusal: RPCError?
    do throws(RPCError) { tls = try mesh.client(to: endpoint) } catch { refusal = error }
    self.refusal = refusal
    // The fleet paces the attempts; a pause of the channel's own would only add to a start.
    channel = GRPCChannel(
      endpoint: endpoint, tls: tls, loop: loop,
      backoff: Backoff(first: .milliseconds(1), most: .milliseconds(2), jitter: 0))
  }

  /// Asks once. Half of the time in, the replica is pinged as well, so that the end tells a busy one
  /// from a dead one.
  func check(within timeout: Duration) async -> CheckResult {
    if let refusal { return .failed("health check: \(refusal.status)") }
    // A replica that does not listen yet is the usual case while it starts: no need to connect.
    if case .unix(let path) = endpoint, access(path, F_OK) != 0 {
      return .failed("does not listen on \(endpoint) yet")
    }
    let watch = channel.watchLife(after: timeout / 2)
    do throws(RPCError) {
      let health = Grpc_Health_V1_Health.client(channel)
      let response = try await health.check(.init(), timeout: timeout)
      await watch.end()
      pings.store(0, ordering: .relaxed)
      return response.status == .serving ? .serving : .notServing
    } catch {
      let answersPings = await watch.end()
      switch error.code {
      case .unimplemented: return .failed("does not implement grpc.health.v1.Health")
      case .deadlineExceeded:
        renewConnection(afterAnswer: answersPings)
        let seconds = "\(timeout.inSeconds) s"
        return .late(
          "no answer to a health check within \(seconds)", answersPings ? .answersPings : .none)
      case .resourceExhausted:
        return .late("the health check was refused (\(error.status))", .answersPings)
      default: return .failed("health check: \(error.status)")
      }
    }
  }

  /// A connection that is silent may have been cut without a word, and one that was pinged too often is
  /// about to be ended: the next check makes a new one. A replica that hangs costs no more than the one
  /// attempt that is under way, for as long as `Limits.connectTimeout`.
  private func renewConnection(afterAnswer answered: Bool) {
    let inARow = pings.add(1, ordering: .relaxed).newValue
    guard !answered || inARow >= Self.maxPingsInARow else { return }
    pings.store(0, ordering: .relaxed)
    channel.renewConnection()
  }

  func close() async {
    await channel.close()
  }
}
