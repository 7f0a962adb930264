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
    let rollout = Rollout(mesh: mesh, app: try LoadedApp(path: file))
    let wait = wait
    try waitFor {
      let answer = try await mesh.answering { try await rollout.begin() }
      if !answer.changed, try await mesh.serves(answer.app, answer.version) {
        Terminal.print("\(answer.app) v\(answer.version) is just so already")
        return
      }
      guard wait else {
        Terminal.print("\(answer.app) v\(answer.version) is being rolled out")
        return
      }
      try await mesh.report(answer.app, version: answer.version)
    }
  }
}

struct RollbackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Undo the last deploy of an app.",
    discussion: """
      A version that is being rolled out, or has failed, is given up at once, and the version that serves goes on. \
      Otherwise the version before the current one comes back, as a new version.

      What comes back is the app file as it was, in the folder in which it was deployed. A program that \
      was replaced in its place since then does not come back: deploy each release from a folder of its \
      own, and a rollback brings its programs back, too.
      """)

  @Argument(help: "The app's name.")
  var app: String

  @Flag(inversion: .prefixedNo, help: "Wait until the version runs.")
  var wait = true

  @OptionGroup var options: MeshOptions

  func run() throws {
    let mesh = try Mesh(try options.runDirectory())
    // An unknown name gets the nearest one.
    _ = try mesh.status(of: app)
    let request = Martlet_Control_V1_RollbackRequest.with { $0.app = app }
    let answer = try mesh.ask { try await $0.rollback(request, timeout: Mesh.answerTimeout) }
    let origin = answer.restoredVersion == 0 ? "" : " (v\(answer.restoredVersion) again)"
    guard answer.givenUpVersion == 0 else {
      Terminal.print(
        "\(answer.app) v\(answer.givenUpVersion) is given up; v\(answer.version) serves as before")
      return
    }
    guard answer.changed else {
      Terminal.print(
        "\(answer.app) v\(answer.version) has the app file and the programs of "
          + "v\(answer.restoredVersion) already; nothing changes")
      return
    }
    guard wait else {
      Terminal.print("\(answer.app) v\(answer.version)\(origin) is being rolled out")
      return
    }
    try waitFor {
      try await mesh.report(answer.app, version: answer.version, origin: origin)
    }
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
    let anew = try waitFor {
      try await mesh.answering { try await mesh.waitUntilGone(name) }
    }
    guard let anew else {
      Terminal.print("\(app) is deleted")
      return
    }
    Terminal.print("\(app) was deleted and deployed anew: v\(anew) has its name now")
  }
}
