// `martlet scale`: pins the number of a deployment's replicas.

internal import ArgumentParser
internal import MartletCore
internal import MartletRPC
internal import SwiftProtobuf

struct ScaleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale",
    abstract: "Pin the number of replicas of a deployment until the next deploy.")

  @Argument(help: ArgumentHelp("Such as detector=3.", valueName: "deployment=number"))
  var target: String

  @Option(help: "The app, when several have a deployment of that name.")
  var app: String?

  @OptionGroup var options: MeshOptions

  /// The deployment and its number of replicas.
  private func parsed() throws -> (deployment: String, replicas: UInt32) {
    let parts = target.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, let replicas = UInt32(parts[1]),
      replicas <= DeploymentSpec.maxReplicas
    else {
      throw ValidationError(
        "expected DEPLOYMENT=NUMBER with a number of 0 to \(DeploymentSpec.maxReplicas), such as "
          + "detector=3, not \(target)")
    }
    return (String(parts[0]), replicas)
  }

  func validate() throws {
    _ = try parsed()
  }

  func run() throws {
    let (deployment, replicas) = try parsed()
    let mesh = try Mesh(try options.runDirectory())
    let request = Martlet_Control_V1_ScaleRequest.with {
      $0.app = app ?? ""
      $0.deployment = deployment
      $0.replicas = replicas
    }
    do {
      let answer = try waitFor {
        try await mesh.control.scale(request, timeout: Mesh.answerTimeout)
      }
      Terminal.print(
        "\(deployment) of \(answer.app): \(answer.previousReplicas) -> \(replicas) replicas")
    } catch let error as RPCError where error.code == .notFound {
      let answer = try mesh.status()
      if let app, !answer.apps.contains(where: { $0.name == app }) {
        throw mesh.unknownApp(app, among: answer.apps)
      }
      throw mesh.unknownDeployment(deployment, in: answer)
    } catch let error as RPCError where error.code == .invalidArgument {
      throw Failure(Failure.failed, error.message)
    } catch let error as RPCError {
      throw mesh.failure(for: error)
    }
  }
}
