// `martlet health`: asks a server whether it serves, for health checks of containers.

internal import ArgumentParser
internal import MartletCore
internal import MartletNet
internal import MartletRPC
internal import SwiftProtobuf

struct HealthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Ask a gRPC server for its health; exit status 0 when it serves.")

  @Argument(help: "HOST:PORT or unix:PATH.")
  var address: String

  @Option(help: "A service's full name; by default the whole server.")
  var service = ""

  @Option(help: ArgumentHelp("Give up after this long.", valueName: "seconds"))
  var timeout = 2.0

  func validate() throws {
    guard Endpoint(address) != nil else {
      throw ValidationError("expected HOST:PORT or unix:PATH, not \(address)")
    }
  }

  func run() throws {
    guard let endpoint = Endpoint(address) else { return }
    let request = Grpc_Health_V1_HealthCheckRequest.with { $0.service = service }
    let timeout = Duration.seconds(timeout)
    do {
      let answer = try waitFor {
        let channel = GRPCChannel(endpoint: endpoint, loops: LoopGroup(count: 1))
        return try await Grpc_Health_V1_Health.client(channel).check(request, timeout: timeout)
      }
      guard answer.status == .serving else {
        throw Failure(Failure.failed, "\(address) does not serve")
      }
      Terminal.print("SERVING")
    } catch let error as RPCError {
      throw Failure(Failure.failed, "\(address): \(error.status)")
    }
  }
}
