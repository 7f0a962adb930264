// An app with a graph for every kind of node, whose models do as their configuration says.
import Martlet

@main struct GraphFixture: Application {
  static let name = "graphs"

  var deployments: Deployments {
    model("small", ["add": .integer(1)])
    model("large", ["add": .integer(10), "score": .number(0.25)])
    model("huge", ["add": .integer(10), "score": .number(0.5)])
    model("slow", ["add": .integer(100), "delay_ms": .integer(400)])
    model("broken", ["fails": .bool(true)])
    model("flaky", ["flaky": .integer(2)])
    model("timed", ["delay_ms": .integer(2000)]).requestTimeout(.milliseconds(150))
    // One at work, one that waits, and no more.
    model("narrow", ["delay_ms": .integer(300)]).maxOngoingRequests(1).maxQueuedRequests(1)
    Deployment("grader", Grader.self).idempotent().resources(cpus: 0.05)
    Deployment("panel", Panel.self).resources(cpus: 0.05)
    Deployment("relay", Relay.self).resources(cpus: 0.05)
    Deployment("feed", Feed.self, execution: .threads(2)).resources(cpus: 0.05)
  }

  private func model(_ name: String, _ config: [String: ConfigValue]) -> Deployment {
    Deployment(name, Model.self).idempotent().resources(cpus: 0.05).userConfig(config)
  }

  var routes: Routes {
    chains
    ensembles
    otherWays
    options
    Route(Graphs_V1_Feed.self, to: "feed")
    Route(Graphs_V1_Model.ask, to: "narrow")
  }

  typealias Front = Graphs_V1_Front
  typealias Item = Graphs_V1_Item.fields
  static let ask = Graphs_V1_Model.ask
}
