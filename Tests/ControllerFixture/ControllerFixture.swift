// A controller (`controller RUN_DIRECTORY`), or a replica that does what its first argument says:
// `serve`, `exit N`, `hang`, `deaf` or `fork`.
import Glibc
import MartletController
import MartletCore
import MartletNet
import MartletRPC
import MartletScaling

@main struct ControllerFixture {
  static func main() async throws {
    TerminationSignals.block()
    let arguments = CommandLine.arguments.dropFirst()
    switch arguments.first {
    case "controller": try await control(arguments.last ?? "")
    case "exit":
      print("giving up: this fixture always does")
      exit(arguments.dropFirst().first.flatMap { Int32($0) } ?? 1)
    case "hang": while true { sleep(60) }
    default: try await serve(arguments.first ?? "serve")
    }
  }

  private static func control(_ path: String) async throws {
    guard let directory = RunDirectory(path: path) else { exit(64) }
    var options = ControllerOptions(runDirectory: directory)
    options.milliCPUs = 8000
    options.gpus = 2
    // By default the test run, so that a run that is killed leaves nothing behind.
    options.supervisorPID =
      getenv(ReplicaVariable.supervisorPID).flatMap { Int32(String(cString: $0)) } ?? getppid()
    try await ControllerRole.run(options)
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
    let words: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("1000"), nil]
    posix_spawn(&pid, "/bin/sleep", nil, nil, words, environ)
    print("sleeper \(pid)")
    fflush(nil)
  }
}
