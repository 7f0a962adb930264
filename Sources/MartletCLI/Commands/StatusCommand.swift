// `martlet status` and `ps`: what runs and how it is.

internal import ArgumentParser
internal import MartletCore
internal import MartletRPC
internal import SwiftProtobuf

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case table, json, yaml
}

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show apps, their deployments and what they lack.")

  @Argument(help: "One app only.")
  var app: String?

  @Option(name: .shortAndLong, help: "table, json or yaml.")
  var output = OutputFormat.table

  @OptionGroup var options: MeshOptions

  func run() throws {
    let answer = try Mesh(try options.runDirectory()).status(of: app ?? "")
    Terminal.print(try output.text(of: answer) { StatusText(answer: answer).text })
  }
}

struct PsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ps", abstract: "Show every replica with its process.")

  @Argument(help: "One app only.")
  var app: String?

  @Option(name: .shortAndLong, help: "table, json or yaml.")
  var output = OutputFormat.table

  @OptionGroup var options: MeshOptions

  func run() throws {
    let answer = try Mesh(try options.runDirectory()).status(of: app ?? "")
    Terminal.print(try output.text(of: answer) { StatusText(answer: answer).processes })
  }
}

extension OutputFormat {
  /// A message of the control API in this format, or the table.
  func text(of message: some Message, table: () -> String) throws(Failure) -> String {
    guard self != .table else { return table() }
    do {
      let json = try message.jsonString()
      guard self == .yaml else { return json }
      // Without its last line feed, which printing adds.
      return String(try ConfigValue(json: json).yaml.dropLast())
    } catch {
      throw Failure(Failure.failed, "cannot show the answer as \(rawValue): \(error)")
    }
  }
}

/// Tables of a status.
struct StatusText {
  let answer: StatusAnswer

  var text: String {
    guard !answer.apps.isEmpty else {
      return "no apps; deploy one with: martlet deploy FILE\n" + footer
    }
    return answer.apps.map(app).joined(separator: "\n\n") + "\n\n" + footer
  }

  private func app(_ app: AppStatus) -> String {
    var head = Table(["APP", "STATE", "VERSION", "LAUNCHER", "DEPLOYED"])
    head.add(
      app.name, app.state.word, "v\(app.version)", app.launcher,
      Wording.age(sinceUnixMilliseconds: app.deployedAtUnixMs) + " ago")
    var table = Table(["DEPLOYMENT", "STATE", "REPLICAS", "WANTED", "ONGOING", "QUEUED"])
    for deployment in app.deployments {
      table.add(
        deployment.name, deployment.state.word, replicas(of: deployment),
        "\(deployment.desiredReplicas)", "\(deployment.ongoingRequests)",
        "\(deployment.queuedRequests)")
    }
    let notes = self.notes(of: app)
    return head.text + "\n\n" + table.text + (notes.isEmpty ? "" : "\n\n" + notes)
  }

  /// `2 RUNNING, 1 PENDING`
  private func replicas(of deployment: DeploymentStatus) -> String {
    var counts: [(word: String, count: Int)] = []
    for replica in deployment.replicas {
      let word = replica.state.word
      if let index = counts.firstIndex(where: { $0.word == word }) {
        counts[index].count += 1
      } else {
        counts.append((word, 1))
      }
    }
    return counts.isEmpty ? "0" : counts.map { "\($0.count) \($0.word)" }.joined(separator: ", ")
  }

  /// Why things are as they are, whole, log lines included.
  private func notes(of app: AppStatus) -> String {
    var notes: [String] = []
    func note(_ name: String, _ message: String) {
      let message = message.split(separator: "\n", omittingEmptySubsequences: true)
        .joined(separator: "\n  ")
      let text = "\(name): \(message)"
      if !message.isEmpty, !notes.contains(text) { notes.append(text) }
    }
    note(app.name, app.message)
    for deployment in app.deployments {
      if deployment.message != app.message { note(deployment.name, deployment.message) }
      for replica in deployment.replicas
      where replica.state != .running && replica.message != deployment.message {
        note("\(deployment.name)#\(replica.number)", replica.message)
      }
    }
    return notes.joined(separator: "\n")
  }

  private var footer: String {
    let machine = answer.machine
    let cpus =
      "\(Wording.thousandths(machine.milliCpusTaken)) of \(Wording.thousandths(machine.milliCpus))"
    let gpus =
      "\(Wording.thousandths(machine.milliGpusTaken)) of \(Wording.thousandths(machine.milliGpus))"
    let routers = answer.routers.map(\.name).joined(separator: ", ")
    let taken = "\(cpus) CPUs and \(gpus) GPUs taken"
    return
      (["\(taken); routers: \(routers.isEmpty ? "none" : routers)"]
      + answer.problems.map { "problem: \($0)" }).joined(separator: "\n")
  }

  var processes: String {
    var table = Table(["REPLICA", "APP", "STATE", "PID", "AGE", "ONGOING", "ENDPOINT", "MESSAGE"])
    for app in answer.apps {
      for deployment in app.deployments {
        for replica in deployment.replicas {
          table.add(
            "\(deployment.name)#\(replica.number)", app.name, replica.state.word,
            replica.pid > 0 ? "\(replica.pid)" : "-",
            Wording.age(sinceUnixMilliseconds: replica.startedAtUnixMs),
            "\(replica.ongoingRequests)", replica.endpoint.isEmpty ? "-" : replica.endpoint,
            replica.message)
        }
      }
    }
    return table.text
  }
}

/// The states in Ray Serve's words.
extension Martlet_Control_V1_AppState {
  var word: String {
    switch self {
    case .deploying: "DEPLOYING"
    case .running: "RUNNING"
    case .updating: "UPDATING"
    case .unhealthy: "UNHEALTHY"
    case .deployFailed: "DEPLOY_FAILED"
    case .deleting: "DELETING"
    case .unspecified, .UNRECOGNIZED: "UNKNOWN"
    }
  }
}

extension Martlet_Control_V1_DeploymentState {
  var word: String {
    switch self {
    case .healthy: "HEALTHY"
    case .updating: "UPDATING"
    case .upscaling: "UPSCALING"
    case .downscaling: "DOWNSCALING"
    case .unhealthy: "UNHEALTHY"
    case .deployFailed: "DEPLOY_FAILED"
    case .unspecified, .UNRECOGNIZED: "UNKNOWN"
    }
  }
}

extension Martlet_Control_V1_ReplicaState {
  var word: String {
    switch self {
    case .pending: "PENDING"
    case .starting: "STARTING"
    case .running: "RUNNING"
    case .unhealthy: "UNHEALTHY"
    case .stopping: "STOPPING"
    case .unspecified, .UNRECOGNIZED: "UNKNOWN"
    }
  }
}
