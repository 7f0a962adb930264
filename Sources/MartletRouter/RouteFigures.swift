// What a route did of late, and what the controller is told of it.
internal import MartletCore
internal import MartletDispatch
internal import MartletWire

/// The figures of one route under one version. On the router's loop only.
final class RouteFigures {
  /// As `RouteSpec.name` has it.
  let route: String
  /// Nil: a plain route.
  private let plan: GraphPlan?
  private var figures: GraphFigures
  /// Whether there were requests since the last report.
  private var isNews = false
  /// When what the last report said is too old; nil: it said nothing.
  private var toldUntil: Timestamp?

  struct Report {
    var nodes: [Place]
    var period: Duration
  }

  /// What is at one place of the app file, at none for the route as a whole.
  struct Place {
    var path: String
    var figures: GraphFigures.Node
    /// How often the node around it came to it: a node that is run again is entered more often.
    var taken: UInt64
  }

  init(_ route: String, _ plan: GraphPlan? = nil, now: Timestamp) {
    self.route = route
    self.plan = plan
    figures = GraphFigures(now: now)
  }

  /// Counts one request of a node.
  func record(_ node: Int, took duration: Duration, failed: Bool, now: Timestamp) {
    isNews = true
    figures.record(node, took: duration, failed: failed, now: now)
  }

  /// Counts one message that a mirror did not send.
  func recordDrop(_ node: Int, now: Timestamp) {
    isNews = true
    figures.recordDrop(node, now: now)
  }

  /// Counts the nodes that a request came to.
  func count(_ tally: GraphTally, now: Timestamp) {
    isNews = true
    figures.count(tally, now: now)
  }

  /// The time within which a share of a node's answers came, once there are `least` of them.
  func quantile(_ share: Double, of node: Int, least: UInt64, now: Timestamp) -> Duration? {
    figures.quantile(share, of: node, least: least, now: now)
  }

  /// Nil when the controller knows all of it. Without nodes when what it was told is too old, and there is nothing
  /// else to tell.
  func report(now: Timestamp) -> Report? {
    let isOld = toldUntil.map { now >= $0 } ?? false
    guard isNews || isOld else { return nil }
    isNews = false
    let recent = figures.recent(now: now)
    guard !recent.nodes.isEmpty || toldUntil != nil else { return nil }
    toldUntil = recent.nodes.isEmpty ? nil : GraphFigures.windowEnd(at: now)
    return Report(nodes: places(recent.nodes), period: recent.period)
  }

  /// A node's options have nodes of their own at the same place, the outermost first.
  private func places(_ nodes: [Int: GraphFigures.Node]) -> [Place] {
    var places: [Place] = []
    var known: [String: Int] = [:]
    for (number, figures) in nodes.sorted(by: { $0.key < $1.key }) {
      let path = plan?.path(of: number).description ?? ""
      if let index = known[path] {
        let entered = figures.entered > 0 ? figures.entered : places[index].figures.entered
        places[index].figures.add(figures)
        places[index].figures.entered = entered
      } else {
        known[path] = places.count
        places.append(Place(path: path, figures: figures, taken: figures.entered))
      }
    }
    return places
  }

  /// Whoever is told next knows nothing yet.
  func forgetReports() {
    toldUntil = nil
    isNews = true
  }

  /// All that is known, by node.
  func recent(now: Timestamp) -> [Int: GraphFigures.Node] { figures.recent(now: now).nodes }
}

/// Which figures count a request, and by which number.
struct Counted {
  let figures: RouteFigures
  var number = GraphFigures.whole
}

extension HeaderBlock {
  /// Whether an answer that ends with these fields has failed. Where no gRPC status says how the call ended, the
  /// HTTP status does.
  var saysFailure: Bool {
    let isOK = withValue(of: .grpcStatus) { $0.count == 1 && $0[0] == UInt8(ascii: "0") }
    return isOK.map { !$0 } ?? httpStatus.map { $0 >= 400 } ?? true
  }
}
