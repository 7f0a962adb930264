// How a replica that the controller did not start makes itself known to it.
internal import Logging
internal import MartletCore
internal import MartletNet
internal import MartletRPC
internal import SwiftProtobuf
internal import Synchronization

/// Keeps a replica registered for as long as it runs: one stream to the controller, made again
/// whenever it ends.
final class Registration: Sendable {
  /// Pause before the next attempt: short, since until it succeeds nobody sends requests here.
  private static let retryDelay = Duration.milliseconds(250)

  /// Longest wait for the controller to hear that this replica drains.
  private static let farewellTimeout = Duration.seconds(1)

  private let announcement: Martlet_Control_V1_ReplicaAnnouncement
  private let controller: Martlet_Control_V1_Mesh.Client
  private let channel: GRPCChannel
  private let draining = Gate()
  private let gone = Gate()
  private let logger: Logger
  private let told = Mutex(ToldFailures())

  /// Nil when the controller started the replica and needs no word from it.
  init?(
    _ options: ReplicaOptions, _ tls: MeshTLS, loop: Loop, logger: Logger
  ) throws(RPCError) {
    guard let endpoint = options.controller else { return nil }
    self.logger = logger
    announcement = .with {
      $0.app = options.app
      $0.deployment = options.replica.deployment
      $0.endpoint = (options.advertised ?? options.listen).description
    }
    channel = GRPCChannel(endpoint: endpoint, tls: try tls.client(to: endpoint), loop: loop)
    controller = Martlet_Control_V1_Mesh.client(channel)
  }

  /// Registers until `drain` or the task is cancelled.
  func run() async {
    while !Task.isCancelled, !draining.isOpen {
      // A lost controller is no failure of the replica, which goes on serving what it gets.
      do { try await stayRegistered() } catch { tell(error) }
      if !draining.isOpen { try? await Task.sleep(for: Self.retryDelay) }
    }
    gone.open()
    await channel.close()
  }

  private func tell(_ error: any Error) {
    guard !Task.isCancelled, told.withLock({ $0.isNew("\(error)") }) else { return }
    logger.warning("cannot register with the controller, trying on: \(error)")
  }

  /// Tells the controller that no new requests should come, and waits until it has heard that.
  func drain() async {
    draining.open()
    await withTaskGroup { group in
      group.addTask { await self.gone.wait() }
      group.addTask { try? await Task.sleep(for: Self.farewellTimeout) }
      await group.next()
      group.cancelAll()
    }
  }

  /// One stream: the announcement, then on `drain` the farewell, then the end.
  private func stayRegistered() async throws {
    try await controller.register { announcements, updates in
      try await announcements.write(announcement)
      try await withThrowingTaskGroup { group in
        group.addTask {
          for try await _ in updates { self.told.withLock { $0.succeeded() } }
        }
        group.addTask {
          await self.draining.wait()
          try Task.checkCancellation()
          var farewell = self.announcement
          farewell.draining = true
          try await announcements.write(farewell)
        }
        try await group.next()
        group.cancelAll()
      }
    }
  }
}
