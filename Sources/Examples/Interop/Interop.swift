// gRPC's interoperability tests: their server as an app, and their client as one more command.
import Glibc
import Martlet

@main enum Interop {
  /// `interop client …` runs test cases; everything else is the app's.
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.first == "client" else { return InteropApp.main() }
    guard let client = InteropClient(Array(arguments.dropFirst())) else {
      print(InteropClient.usage)
      exit(EX_USAGE)
    }
    // Off the main thread, as all of an app's servers and clients are.
    Task.detached { exit(await client.run() ? EX_OK : EXIT_FAILURE) }
    while true { pause() }
  }
}

struct InteropApp: Application {
  static let name = "interop"

  var deployments: Deployments {
    Deployment("interop", TestServer.self)
      .maxOngoingRequests(64)
      .resources(cpus: 0.5)
  }

  var routes: Routes {
    Route(Grpc_Testing_TestService.self, to: "interop")
  }
}
