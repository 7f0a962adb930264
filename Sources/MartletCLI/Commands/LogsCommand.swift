// `martlet logs`: what replicas and the mesh's own processes have printed.

internal import ArgumentParser
internal import Glibc
internal import MartletCore
internal import MartletRPC

struct LogsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Show what the replicas of a deployment have printed.",
    discussion: """
      Takes a deployment, one of its replicas (detector#3), or controller, router-0 and supervisor for \
      the mesh's own processes.
      """)

  /// How often files are looked at; people do not read faster.
  private static let pause: UInt32 = 50_000

  @Argument(help: "A deployment, a replica, or a process of the mesh.")
  var name: String

  @Flag(name: .shortAndLong, help: "Go on with what is printed from now on.")
  var follow = false

  @Option(name: [.customShort("n"), .long], help: "The last lines of each log only.")
  var lines: Int?

  @OptionGroup var options: MeshOptions

  func run() throws {
    let directory = try options.runDirectory()
    var logs = LogFiles(directory: directory, name: name)
    logs.find()
    if logs.isEmpty { try checkName(directory) }
    logs.show(lastLines: lines)
    guard follow else { return }
    while true {
      usleep(Self.pause)
      logs.find()
      logs.showNews()
    }
  }

  /// A deployment or replica that has printed nothing yet is no mistake.
  private func checkName(_ directory: RunDirectory) throws {
    let mesh = try Mesh(directory)
    let answer = try mesh.status()
    let deployment = ReplicaID(name)?.deployment ?? name
    let known = answer.apps.contains { app in
      app.deployments.contains { $0.name == deployment }
    }
    guard known else { throw mesh.unknownDeployment(name, in: answer) }
    guard let replica = ReplicaID(name) else { return }
    let numbers = answer.apps.flatMap(\.deployments).filter { $0.name == deployment }
      .flatMap(\.replicas).map(\.number)
    guard !numbers.contains(replica.number) else { return }
    let names = numbers.map { "\(deployment)#\($0)" }.joined(separator: ", ")
    throw Failure(
      Failure.failed, "no replica \(name); replicas: \(names.isEmpty ? "none" : names)")
  }
}

/// The logs that one name stands for, and how far each has been shown.
struct LogFiles {
  /// Bytes that are taken from one file at once.
  private static let chunk = 64 << 10

  private struct Log {
    var path: String
    /// In front of each line when there are several logs.
    var label: String
    var position: Int64 = 0
    /// The begin of a line whose end is not written yet.
    var rest: [UInt8] = []
  }

  let directory: RunDirectory
  let name: String
  private var logs: [Log] = []
  private var labelWidth = 0

  init(directory: RunDirectory, name: String) {
    self.directory = directory
    self.name = name
  }

  var isEmpty: Bool { logs.isEmpty }

  /// Adds the logs that are there and not known yet.
  mutating func find() {
    for file in Files.names(in: directory.logs) where file.hasSuffix(".log") {
      let process = String(file.dropLast(".log".count))
      let path = "\(directory.logs)/\(file)"
      guard let label = label(of: process), !logs.contains(where: { $0.path == path }) else {
        continue
      }
      logs.append(Log(path: path, label: label))
      labelWidth = max(labelWidth, label.count)
    }
  }

  /// `DEPLOYMENT#N` for the log `DEPLOYMENT-N` when the name is that deployment or that replica; the
  /// mesh's own processes stand for themselves.
  func label(of process: String) -> String? {
    if process == name { return process }
    guard let dash = process.lastIndex(of: "-"),
      let number = UInt64(process[process.index(after: dash)...])
    else { return nil }
    let replica = ReplicaID(deployment: String(process[..<dash]), number: number)
    return replica.deployment == name || replica.description == name ? replica.description : nil
  }

  /// Everything so far, or the last lines of it.
  mutating func show(lastLines: Int?) {
    for index in logs.indices {
      var lines: [ArraySlice<UInt8>] = []
      while true {
        let taken = take(from: index)
        guard !taken.isEmpty else { break }
        lines += taken
        if let lastLines { lines = lines.suffix(max(0, lastLines)) }
        if lastLines == nil {
          print(lines, of: index)
          lines = []
        }
      }
      print(lines, of: index)
    }
  }

  mutating func showNews() {
    for index in logs.indices {
      while true {
        let lines = take(from: index)
        guard !lines.isEmpty else { break }
        print(lines, of: index)
      }
    }
  }

  /// Whole lines that are new; an unfinished one waits for its end.
  private mutating func take(from index: Int) -> [ArraySlice<UInt8>] {
    let descriptor = open(logs[index].path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var lines: [ArraySlice<UInt8>] = []
    while lines.isEmpty {
      var buffer = [UInt8](repeating: 0, count: Self.chunk)
      let count = pread(descriptor, &buffer, buffer.count, off_t(logs[index].position))
      guard count > 0 else { return [] }
      logs[index].position += Int64(count)
      let bytes = logs[index].rest + buffer.prefix(count)
      lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
      logs[index].rest = Array(lines.removeLast())
    }
    return lines
  }

  private func print(_ lines: [ArraySlice<UInt8>], of index: Int) {
    guard !lines.isEmpty else { return }
    var label = ""
    if logs.count > 1 {
      label = logs[index].label
      label += String(repeating: " ", count: labelWidth - label.count) + " | "
    }
    var bytes: [UInt8] = []
    for line in lines { bytes += label.utf8 + line + [10] }
    Terminal.write(bytes, to: STDOUT_FILENO)
  }
}
