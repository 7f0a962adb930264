// The smallest app: one deployment that answers what it was sent.
import Martlet

@main struct EchoApp: Application {
  static let name = "echo"

  var deployments: Deployments {
    Deployment("echo", Echo.self)
      .maxOngoingRequests(1024)
      .idempotent()
      .resources(cpus: 0.5)
  }

  var routes: Routes {
    Route(Echo_V1_Echo.self, to: "echo")
  }
}

struct Echo: Echo_V1_Echo.Service {
  init(_ context: ReplicaContext) {}

  func echo(_ message: Echo_V1_Message, _ call: Call) async throws -> Echo_V1_Message {
    message
  }
}
