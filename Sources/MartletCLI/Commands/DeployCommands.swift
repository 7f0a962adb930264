// `martlet deploy`, `rollback` and `delete`: which version of an app is served.

internal import ArgumentParser
internal import MartletCore
internal import MartletNet
internal import MartletRPC
internal import SwiftProtobuf

struct DeployCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deploy", abstract: "Make an app, or its next version, in a running mesh.",
    discussion: """
      New replicas start first, become healthy and take over; then the old ones drain. A version that \
      does not become healthy is rolled back.
      """)

  @Argument(help: "The app file.", completion: .file(extensions: ["yaml", "yml", "json"]))
  var file: String

  @Flag(inversion: .prefixedNo, help: "Wait until the version runs.")
  var wait = true

  @OptionGroup var options: MeshOptions

  func run() throws {
    let mesh = try Mesh(try options.runDirectory())
    let rollout = Rollout(control: mesh.control, app: try LoadedApp(path: file))
    let wait = wait
    try waitFor {
      let answer = try await mesh.answering { try await rollout.begin() }
      guard answer.changed else {
        Terminal.print("\(answer.app) v\(answer.version) is just so already")
        return
      }
      guard wait else {
        Terminal.print("\(answer.app) v\(answer.version) is being rolled out")
        return
      }
      try await mesh.report(rollout, version: answer.version, address: nil)
    }
  }
}

struct RollbackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Go back to the version of an app before the current one, as a new version.")

  @Argument(help: "The app's name.")
  var app: String

  @OptionGroup var options: MeshOptions

  func run() throws {
    let mesh = try Mesh(try options.runDirectory())
    // An unknown name gets the nearest one.
    _ = try mesh.status(of: app)
    let request = Martlet_Control_V1_RollbackRequest.with { $0.app = app }
    let answer = try mesh.ask { try await $0.rollback(request, timeout: Mesh.answerTimeout) }
    Terminal.print("\(answer.app) v\(answer.version) is being rolled out; see martlet status")
  }
}

struct DeleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Drain an app's replicas and forget it.")

  @Argument(help: "The app's name.")
  var app: String

  @OptionGroup var options: MeshOptions

  func run() throws {
    let mesh = try Mesh(try options.runDirectory())
    _ = try mesh.status(of: app)
    let request = Martlet_Control_V1_DeleteRequest.with { $0.app = app }
    _ = try mesh.ask { try await $0.delete(request, timeout: Mesh.answerTimeout) }
    let name = app
    try waitFor {
      var progress = Progress()
      defer { progress.end() }
      let look = Martlet_Control_V1_GetStatusRequest.with { $0.app = name }
      while true {
        do {
          let answer = try await mesh.control.getStatus(look, timeout: Mesh.answerTimeout)
          guard answer.apps.contains(where: { $0.name == name }) else { break }
        } catch let error as RPCError where error.code == .notFound {
          break
        } catch let error as RPCError {
          throw mesh.failure(for: error)
        }
        progress.show("\(name): replicas finish their requests")
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    Terminal.print("\(app) is deleted")
  }
}
