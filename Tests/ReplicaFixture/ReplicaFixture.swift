// A replica that does what its first argument says: `serve`, `exit N`, `hang`, `deaf` or `fork`.
import Glibc
import MartletCore
import MartletNet
import MartletRPC

@main struct ReplicaFixture {
  static func main() async throws {
    TerminationSignals.block()
    let arguments = CommandLine.arguments.dropFirst()
    switch arguments.first {
    case "exit":
      print("giving up: this fixture always does")
      exit(arguments.dropFirst().first.flatMap { Int32($0) } ?? 1)
    case "hang": while true { sleep(60) }
    default: try await serve(arguments.first ?? "serve")
    }
  }

  /// Healthy from the start. `deaf` does not hear SIGTERM; `fork` has a child of its own.
  private static func serve(_ manner: String) async throws {
    guard let text = getenv("MARTLET_LISTEN"), let endpoint = Endpoint(String(cString: text)) else {
      print("MARTLET_LISTEN is missing")
      exit(64)
    }
    if manner == "fork" { try startSleeper() }
    let loops = LoopGroup(count: 1)
    let health = HealthService(services: [], status: .serving)
    var handlers = HandlerTable()
    handlers.add(health)
    let server = GRPCServer(loops: loops, handlers: handlers)
    _ = try await server.listen(on: endpoint)
    let signals = try TerminationSignals(on: loops.next())
    try await withThrowingTaskGroup { group in
      group.addTask { try await server.run() }
      repeat { _ = await signals.next() } while manner == "deaf"
      health.close()
      await server.drain(within: .seconds(1))
      try await group.waitForAll()
    }
    await loops.shutdown()
  }

  /// What a wrapper script leaves behind when it is killed.
  private static func startSleeper() throws {
    var pid: Int32 = 0
    let words = ["sleep", "1000"].map { strdup($0) } + [nil]
    posix_spawn(&pid, "/bin/sleep", nil, nil, words, environ)
    print("sleeper \(pid)")
    fflush(nil)
  }
}
