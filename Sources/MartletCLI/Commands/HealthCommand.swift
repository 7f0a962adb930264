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

  @Argument(help: "HOST:PORT, unix:PATH or https://HOST:PORT.")
  var address: String

  @Option(help: "A service's full name; by default the whole server.")
  var service = ""

  @Option(help: ArgumentHelp("Give up after this long.", valueName: "seconds"))
  var timeout = 2.0

  @OptionGroup var security: ClientSecurityOptions

  func validate() throws {
    guard let address = ServerAddress(address) else {
      throw ValidationError("expected HOST:PORT, unix:PATH or https://HOST:PORT, not \(address)")
    }
    try security.validate(for: address)
  }

  func run() throws {
    guard let server = ServerAddress(address) else { return }
    let tls = security.options
    let request = Grpc_Health_V1_HealthCheckRequest.with { $0.service = service }
    let timeout = Duration.seconds(timeout)
    do {
      let answer = try waitFor {
        let channel = try GRPCChannel(server, tls: tls, loops: LoopGroup(count: 1))
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
