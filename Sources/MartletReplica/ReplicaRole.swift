// The replica's life: listen, load, serve, drain.
internal import MartletNet
package import MartletRPC

/// One process that serves one deployment.
package enum ReplicaRole {
  /// Serves until SIGTERM or SIGINT, then drains. Returns when everything is finished.
  ///
  /// The health service answers NOT_SERVING from the first moment and SERVING once the service has
  /// loaded. Call `TerminationSignals.block()` before the process has threads.
  ///
  /// - Throws: what the service's `init` threw, or an `RPCError` when it cannot listen.
  package static func run(
    _ service: ReplicaService, execution: Execution, _ options: ReplicaOptions
  ) async throws {
    let loops = LoopGroup(
      count: 1, memory: options.messageMemory.map { MessageMemory($0) } ?? .ofProcess)
    let running = try RunningReplica(
      service, execution: execution, options: options, loops: loops)
    let witness = options.lifeSocket.flatMap { LoopWitness(at: $0, of: loops.next()) }
    defer { witness?.end() }
    let signals = try TerminationSignals(on: loops.next())
    try await withThrowingTaskGroup { group in
      group.addTask { try await running.serve() }
      group.addTask {
        await firstReasonToEnd(signals, options, loops.next())
        await running.drain()
      }
      try await group.waitForAll()
    }
    await loops.shutdown()
  }

  /// Returns at a signal to end, or when the supervisor is gone.
  private static func firstReasonToEnd(
    _ signals: TerminationSignals, _ options: ReplicaOptions, _ loop: Loop
  ) async {
    await withTaskGroup { group in
      group.addTask { _ = await signals.next() }
      if let pid = options.supervisorPID {
        group.addTask { await ProcessExit.wait(for: pid, on: loop) }
      }
      await group.next()
      group.cancelAll()
    }
  }
}
