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

  @Option(
    help: ArgumentHelp("Give up after this long; 2 by default.", valueName: "seconds"),
    transform: Seconds.init)
  var timeout = Seconds(.seconds(2))

  @OptionGroup var security: ClientSecurityOptions

  @Flag(help: "Ask as a process of the mesh does: with its identity at TCP addresses.")
  var mesh = false

  @OptionGroup var identity: MeshSecurityOptions

  func validate() throws {
    guard let address = ServerAddress(address) else {
      throw ValidationError("expected HOST:PORT, unix:PATH or https://HOST:PORT, not \(address)")
    }
    try security.validate(for: address)
    guard mesh || !identity.isGiven else {
      throw ValidationError("--mesh-cert and its like are for --mesh")
    }
    guard !mesh || !address.isSecure else {
      throw ValidationError("--mesh takes HOST:PORT or unix:PATH, not https://")
    }
  }

  func run() throws {
    guard let server = ServerAddress(address) else { return }
    let files = security.files
    let asMember = mesh ? try MeshTLS(try identity.security()) : nil
    let request = Grpc_Health_V1_HealthCheckRequest.with { $0.service = service }
    let timeout = timeout.duration
    do {
      let answer = try waitFor {
        let loops = LoopGroup(count: 1)
        let channel =
          try asMember.map { mesh in
            GRPCChannel(
              endpoint: server.endpoint, tls: try mesh.client(to: server.endpoint), loops: loops)
          } ?? GRPCChannel(server, tls: files, loops: loops)
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
