// A controller in a process of its own, with a run directory of its own.
import CLinux
import Glibc
import MartletCore
import MartletNet
import MartletRPC
import SwiftProtobuf
import Testing

typealias Status = Martlet_Control_V1_GetStatusResponse
typealias Replica = Martlet_Control_V1_ReplicaStatus

/// Starts, kills and asks one controller; `end` leaves nothing behind.
final class ControllerProcess {
  struct TimedOut: Error, CustomStringConvertible {
    let description: String
  }

  /// Beside the test bundle.
  static var fixture: String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let own = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    return String(own.prefix(upTo: own.lastIndex(of: "/") ?? own.endIndex)) + "/controller-fixture"
  }

  let directory: RunDirectory
  let loops = LoopGroup(count: 1)
  private(set) var pid: Int32 = 0
  private(set) var client: Martlet_Control_V1_Controller.Client
  private(set) var mesh: Martlet_Control_V1_Mesh.Client
  private var channel: GRPCChannel
  private let supervisor: Int32?

  /// - Parameter supervisor: the process whose end ends the mesh.
  init(supervisor: Int32? = nil) throws {
    var template = Array("/tmp/mctXXXXXX\0".utf8CString)
    let path = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
    directory = try #require(path.flatMap { RunDirectory(path: $0) })
    self.supervisor = supervisor
    channel = Self.channel(directory, loops)
    client = Martlet_Control_V1_Controller.client(channel)
    mesh = Martlet_Control_V1_Mesh.client(channel)
  }

  private static func channel(_ directory: RunDirectory, _ loops: LoopGroup) -> GRPCChannel {
    GRPCChannel(
      endpoint: .unix(path: directory.controllerSocket), loops: loops,
      backoff: Backoff(first: .milliseconds(1), most: .milliseconds(5)))
  }

  func start() async throws {
    var environment = ["PATH=/usr/bin:/bin"]
    if let supervisor { environment.append("MARTLET_SUPERVISOR_PID=\(supervisor)") }
    pid = try Self.spawn([Self.fixture, "controller", directory.path], environment)
    try await eventually("the controller answers") { (try? await status()) != nil }
  }

  static func spawn(_ words: [String], _ environment: [String] = []) throws -> Int32 {
    let arguments = words.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
    let variables = environment.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    martlet_spawn_afresh(&attributes)
    var pid: Int32 = 0
    try #require(posix_spawn(&pid, words[0], nil, &attributes, arguments, variables) == 0)
    return pid
  }

  /// SIGKILL, and gone when this returns.
  func kill() {
    Glibc.kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
    pid = 0
  }

  /// Its exit status.
  func waitForExit() async throws -> Int32 {
    var status: Int32 = 0
    try await eventually("the controller exits") { waitpid(pid, &status, WNOHANG) == pid }
    pid = 0
    return status
  }

  func status() async throws -> Status {
    try await client.getStatus(.init(), timeout: .seconds(5))
  }

  /// Shuts the mesh down and removes its directory.
  func end() async {
    if pid > 0 {
      _ = try? await client.shutdown(.init(), timeout: .seconds(20))
      _ = try? await waitForExit()
    }
    if pid > 0 { kill() }
    for other in ProcessList.members(of: directory) { Glibc.kill(other, SIGKILL) }
    await channel.close()
    await loops.shutdown()
    let remover = try? Self.spawn(["/bin/rm", "-rf", directory.path])
    if let remover { waitpid(remover, nil, 0) }
  }

  // MARK: Apps

  /// One app with one deployment whose replicas are the fixture.
  static func app(
    _ words: String..., replicas: Int = 1, launcher: String = "process", extra: String = ""
  ) -> Martlet_Control_V1_DeployRequest {
    let command = ([fixture] + words).map { "\"\($0)\"" }.joined(separator: ", ")
    return .with {
      $0.directory = "/tmp"
      $0.appFile = """
        {"name": "app", "launcher": "\(launcher)", "deployments": [{"name": "a",
          "command": [\(command)], "services": ["s.S"], "num_replicas": \(replicas),
          "graceful_shutdown_timeout_s": 1, "resources": {"cpus": 0.1}\(extra)}],
          "routes": [{"service": "s.S", "deployment": "a"}]}
        """
    }
  }

  func deploy(_ request: Martlet_Control_V1_DeployRequest) async throws -> UInt64 {
    try await client.deploy(request, timeout: .seconds(10)).version
  }

  /// Waits until the app is as `condition` wants it.
  @discardableResult
  func app(
    _ what: String, _ condition: (Martlet_Control_V1_AppStatus) -> Bool
  ) async throws -> Martlet_Control_V1_AppStatus {
    var found: Martlet_Control_V1_AppStatus?
    try await eventually("app is \(what); it is \((try? await status())?.textFormatString() ?? "")")
    {
      found = try? await status().apps.first
      return found.map(condition) ?? false
    }
    return try #require(found)
  }

  /// The replicas once `count` run and nothing else goes on.
  func running(_ count: Int) async throws -> [Replica] {
    try await app("running with \(count)") { app in
      app.state == .running && app.deployments[0].replicas.count == count
        && app.deployments[0].replicas.allSatisfy { $0.state == .running }
    }.deployments[0].replicas
  }
}

/// Polls until `condition` holds; ten seconds are ample for what takes milliseconds.
func eventually(
  _ what: @autoclosure () async -> String, within: Duration = .seconds(10),
  _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + within
  while try await !condition() {
    guard ContinuousClock.now < end else {
      throw ControllerProcess.TimedOut(description: await "in vain: \(what())")
    }
    try await Task.sleep(for: .milliseconds(5))
  }
}

/// Processes as /proc shows them.
enum ProcessList {
  /// Every process whose environment names the run directory.
  static func members(of directory: RunDirectory) -> [Int32] {
    let mark = Array("\(directory.path)/".utf8)
    return pids().filter { pid in
      isAlive(pid) && contents("/proc/\(pid)/environ").firstRange(of: mark) != nil
    }
  }

  static func isAlive(_ pid: Int32) -> Bool {
    let stat = String(decoding: contents("/proc/\(pid)/stat"), as: UTF8.self)
    guard let end = stat.lastIndex(of: ")") else { return false }
    return !stat[end...].hasPrefix(") Z")
  }

  static func environment(of pid: Int32) -> [String] {
    contents("/proc/\(pid)/environ").split(separator: 0)
      .map { String(decoding: $0, as: UTF8.self) }
  }

  static func descriptors(of pid: Int32) -> Int {
    names("/proc/\(pid)/fd").count
  }

  /// KiB that belong to the process alone.
  static func privateKiB(of pid: Int32) -> Int {
    String(decoding: contents("/proc/\(pid)/smaps_rollup"), as: UTF8.self)
      .split(separator: "\n").filter { $0.hasPrefix("Private_Dirty:") }
      .compactMap { Int($0.filter(\.isNumber)) }.reduce(0, +)
  }

  static func names(_ folder: String) -> [String] {
    guard let handle = opendir(folder) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      names.append(
        withUnsafeBytes(of: entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names.filter { $0 != "." && $0 != ".." }
  }

  private static func pids() -> [Int32] {
    names("/proc").compactMap { Int32($0) }
  }

  static func contents(_ path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      guard count > 0 else { return result }
      result += chunk.prefix(count)
    }
  }
}
