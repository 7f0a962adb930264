// Services and field paths of graphs/v1/graphs.proto, written by protoc-gen-martlet. Do not edit.
// swift-format-ignore-file
internal import Martlet

/// Takes what it gives, so that models fit wherever a graph has a place.
enum Graphs_V1_Model: ServiceNamespace {
  static let name = "graphs.v1.Model"
  static var descriptorSet: DescriptorSet { martletDescriptors_graphs_v1_graphs_proto }

  static let ask = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Ask", descriptorSet: descriptorSet)

  /// What a server of graphs.v1.Model does.
  protocol Service: DeploymentService {
    func ask(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item
  }

  /// Calls graphs.v1.Model.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    func ask(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Model.ask, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Graphs_V1_Model {
  /// Adds the methods of graphs.v1.Model to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Graphs_V1_Model.self)
    binder.add(Graphs_V1_Model.ask) { try await $0.ask($1, $2) }
  }
}

extension Graphs_V1_Model.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Graphs_V1_Model.bind(&binder)
  }
}

enum Graphs_V1_Grader: ServiceNamespace {
  static let name = "graphs.v1.Grader"
  static var descriptorSet: DescriptorSet { martletDescriptors_graphs_v1_graphs_proto }

  static let grade = UnaryMethod<Graphs_V1_Part, Graphs_V1_Part>(
    service: name, method: "Grade", descriptorSet: descriptorSet)

  /// What a server of graphs.v1.Grader does.
  protocol Service: DeploymentService {
    func grade(_ request: Graphs_V1_Part, _ call: Call) async throws -> Graphs_V1_Part
  }

  /// Calls graphs.v1.Grader.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    func grade(
      _ request: Graphs_V1_Part, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Part {
      try await target.call(Graphs_V1_Grader.grade, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Graphs_V1_Grader {
  /// Adds the methods of graphs.v1.Grader to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Graphs_V1_Grader.self)
    binder.add(Graphs_V1_Grader.grade) { try await $0.grade($1, $2) }
  }
}

extension Graphs_V1_Grader.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Graphs_V1_Grader.bind(&binder)
  }
}

enum Graphs_V1_Panel: ServiceNamespace {
  static let name = "graphs.v1.Panel"
  static var descriptorSet: DescriptorSet { martletDescriptors_graphs_v1_graphs_proto }

  static let judge = UnaryMethod<Graphs_V1_Answers, Graphs_V1_Item>(
    service: name, method: "Judge", descriptorSet: descriptorSet)

  /// What a server of graphs.v1.Panel does.
  protocol Service: DeploymentService {
    func judge(_ request: Graphs_V1_Answers, _ call: Call) async throws -> Graphs_V1_Item
  }

  /// Calls graphs.v1.Panel.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    func judge(
      _ request: Graphs_V1_Answers, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Panel.judge, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Graphs_V1_Panel {
  /// Adds the methods of graphs.v1.Panel to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Graphs_V1_Panel.self)
    binder.add(Graphs_V1_Panel.judge) { try await $0.judge($1, $2) }
  }
}

extension Graphs_V1_Panel.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Graphs_V1_Panel.bind(&binder)
  }
}

/// Every kind of method, for plain routes.
enum Graphs_V1_Feed: ServiceNamespace {
  static let name = "graphs.v1.Feed"
  static var descriptorSet: DescriptorSet { martletDescriptors_graphs_v1_graphs_proto }

  static let say = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Say", descriptorSet: descriptorSet)
  static let sum = ClientStreamingMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Sum", descriptorSet: descriptorSet)
  static let count = ServerStreamingMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Count", descriptorSet: descriptorSet)
  static let talk = BidirectionalMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Talk", descriptorSet: descriptorSet)

  /// What a server of graphs.v1.Feed does.
  protocol Service: DeploymentService {
    func say(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func sum(_ requests: RPCStream<Graphs_V1_Item>, _ call: Call) async throws -> Graphs_V1_Item

    func count(
      _ request: Graphs_V1_Item, _ responses: RPCWriter<Graphs_V1_Item>, _ call: Call
    ) async throws

    func talk(
      _ requests: RPCStream<Graphs_V1_Item>, _ responses: RPCWriter<Graphs_V1_Item>, _ call: Call
    ) async throws
  }

  /// Calls graphs.v1.Feed.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    func say(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Feed.say, request, timeout: timeout, metadata: metadata)
    }

    func sum(
      timeout: Duration? = nil, metadata: Metadata = [:],
      _ send: (RPCWriter<Graphs_V1_Item>) async throws -> Void
    ) async throws -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Feed.sum, timeout: timeout, metadata: metadata, send)
    }

    func count<Result>(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:],
      _ receive: (RPCStream<Graphs_V1_Item>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Graphs_V1_Feed.count, request, timeout: timeout, metadata: metadata, receive)
    }

    func talk<Result>(
      timeout: Duration? = nil, metadata: Metadata = [:],
      _ exchange: (RPCWriter<Graphs_V1_Item>, RPCStream<Graphs_V1_Item>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Graphs_V1_Feed.talk, timeout: timeout, metadata: metadata, exchange)
    }
  }
}

extension Graphs_V1_Feed {
  /// Adds the methods of graphs.v1.Feed to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Graphs_V1_Feed.self)
    binder.add(Graphs_V1_Feed.say) { try await $0.say($1, $2) }
    binder.add(Graphs_V1_Feed.sum) { try await $0.sum($1, $2) }
    binder.add(Graphs_V1_Feed.count) { try await $0.count($1, $2, $3) }
    binder.add(Graphs_V1_Feed.talk) { try await $0.talk($1, $2, $3) }
  }
}

extension Graphs_V1_Feed.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Graphs_V1_Feed.bind(&binder)
  }
}

/// Each method is a graph.
enum Graphs_V1_Front: ServiceNamespace {
  static let name = "graphs.v1.Front"
  static var descriptorSet: DescriptorSet { martletDescriptors_graphs_v1_graphs_proto }

  static let chain = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Chain", descriptorSet: descriptorSet)
  static let choose = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Choose", descriptorSet: descriptorSet)
  static let compare = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Compare", descriptorSet: descriptorSet)
  static let each = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Each", descriptorSet: descriptorSet)
  static let eachSkipping = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "EachSkipping", descriptorSet: descriptorSet)
  static let vote = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Vote", descriptorSet: descriptorSet)
  static let mean = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Mean", descriptorSet: descriptorSet)
  static let weighted = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Weighted", descriptorSet: descriptorSet)
  static let largest = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Largest", descriptorSet: descriptorSet)
  static let merged = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Merged", descriptorSet: descriptorSet)
  static let fastest = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Fastest", descriptorSet: descriptorSet)
  static let collected = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Collected", descriptorSet: descriptorSet)
  static let judged = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Judged", descriptorSet: descriptorSet)
  static let quorum = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Quorum", descriptorSet: descriptorSet)
  static let noQuorum = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "NoQuorum", descriptorSet: descriptorSet)
  static let rescued = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Rescued", descriptorSet: descriptorSet)
  static let hopeless = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Hopeless", descriptorSet: descriptorSet)
  static let hedged = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Hedged", descriptorSet: descriptorSet)
  static let counted = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Counted", descriptorSet: descriptorSet)
  static let repeated = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Repeated", descriptorSet: descriptorSet)
  static let endless = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Endless", descriptorSet: descriptorSet)
  static let mirrored = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Mirrored", descriptorSet: descriptorSet)
  static let split = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Split", descriptorSet: descriptorSet)
  static let splitByUser = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "SplitByUser", descriptorSet: descriptorSet)
  static let late = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Late", descriptorSet: descriptorSet)
  static let retried = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Retried", descriptorSet: descriptorSet)
  static let givenUp = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "GivenUp", descriptorSet: descriptorSet)
  static let skipped = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Skipped", descriptorSet: descriptorSet)
  static let excused = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Excused", descriptorSet: descriptorSet)
  static let relayed = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Relayed", descriptorSet: descriptorSet)
  static let extra = UnaryMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Extra", descriptorSet: descriptorSet)
  static let followed = ServerStreamingMethod<Graphs_V1_Item, Graphs_V1_Item>(
    service: name, method: "Followed", descriptorSet: descriptorSet)

  /// What a server of graphs.v1.Front does.
  protocol Service: DeploymentService {
    func chain(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func choose(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func compare(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func each(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func eachSkipping(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func vote(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func mean(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func weighted(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func largest(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func merged(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func fastest(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func collected(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func judged(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func quorum(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func noQuorum(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func rescued(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func hopeless(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func hedged(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func counted(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func repeated(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func endless(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func mirrored(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func split(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func splitByUser(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func late(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func retried(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func givenUp(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func skipped(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func excused(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func relayed(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func extra(_ request: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item

    func followed(
      _ request: Graphs_V1_Item, _ responses: RPCWriter<Graphs_V1_Item>, _ call: Call
    ) async throws
  }

  /// Calls graphs.v1.Front.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    func chain(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.chain, request, timeout: timeout, metadata: metadata)
    }

    func choose(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.choose, request, timeout: timeout, metadata: metadata)
    }

    func compare(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.compare, request, timeout: timeout, metadata: metadata)
    }

    func each(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.each, request, timeout: timeout, metadata: metadata)
    }

    func eachSkipping(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.eachSkipping, request, timeout: timeout, metadata: metadata)
    }

    func vote(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.vote, request, timeout: timeout, metadata: metadata)
    }

    func mean(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.mean, request, timeout: timeout, metadata: metadata)
    }

    func weighted(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.weighted, request, timeout: timeout, metadata: metadata)
    }

    func largest(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.largest, request, timeout: timeout, metadata: metadata)
    }

    func merged(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.merged, request, timeout: timeout, metadata: metadata)
    }

    func fastest(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.fastest, request, timeout: timeout, metadata: metadata)
    }

    func collected(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.collected, request, timeout: timeout, metadata: metadata)
    }

    func judged(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.judged, request, timeout: timeout, metadata: metadata)
    }

    func quorum(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.quorum, request, timeout: timeout, metadata: metadata)
    }

    func noQuorum(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.noQuorum, request, timeout: timeout, metadata: metadata)
    }

    func rescued(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.rescued, request, timeout: timeout, metadata: metadata)
    }

    func hopeless(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.hopeless, request, timeout: timeout, metadata: metadata)
    }

    func hedged(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.hedged, request, timeout: timeout, metadata: metadata)
    }

    func counted(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.counted, request, timeout: timeout, metadata: metadata)
    }

    func repeated(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.repeated, request, timeout: timeout, metadata: metadata)
    }

    func endless(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.endless, request, timeout: timeout, metadata: metadata)
    }

    func mirrored(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.mirrored, request, timeout: timeout, metadata: metadata)
    }

    func split(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.split, request, timeout: timeout, metadata: metadata)
    }

    func splitByUser(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.splitByUser, request, timeout: timeout, metadata: metadata)
    }

    func late(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.late, request, timeout: timeout, metadata: metadata)
    }

    func retried(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.retried, request, timeout: timeout, metadata: metadata)
    }

    func givenUp(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.givenUp, request, timeout: timeout, metadata: metadata)
    }

    func skipped(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.skipped, request, timeout: timeout, metadata: metadata)
    }

    func excused(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.excused, request, timeout: timeout, metadata: metadata)
    }

    func relayed(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.relayed, request, timeout: timeout, metadata: metadata)
    }

    func extra(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Graphs_V1_Item {
      try await target.call(Graphs_V1_Front.extra, request, timeout: timeout, metadata: metadata)
    }

    func followed<Result>(
      _ request: Graphs_V1_Item, timeout: Duration? = nil, metadata: Metadata = [:],
      _ receive: (RPCStream<Graphs_V1_Item>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Graphs_V1_Front.followed, request, timeout: timeout, metadata: metadata, receive)
    }
  }
}

extension Graphs_V1_Front {
  /// Adds the methods of graphs.v1.Front to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Graphs_V1_Front.self)
    binder.add(Graphs_V1_Front.chain) { try await $0.chain($1, $2) }
    binder.add(Graphs_V1_Front.choose) { try await $0.choose($1, $2) }
    binder.add(Graphs_V1_Front.compare) { try await $0.compare($1, $2) }
    binder.add(Graphs_V1_Front.each) { try await $0.each($1, $2) }
    binder.add(Graphs_V1_Front.eachSkipping) { try await $0.eachSkipping($1, $2) }
    binder.add(Graphs_V1_Front.vote) { try await $0.vote($1, $2) }
    binder.add(Graphs_V1_Front.mean) { try await $0.mean($1, $2) }
    binder.add(Graphs_V1_Front.weighted) { try await $0.weighted($1, $2) }
    binder.add(Graphs_V1_Front.largest) { try await $0.largest($1, $2) }
    binder.add(Graphs_V1_Front.merged) { try await $0.merged($1, $2) }
    binder.add(Graphs_V1_Front.fastest) { try await $0.fastest($1, $2) }
    binder.add(Graphs_V1_Front.collected) { try await $0.collected($1, $2) }
    binder.add(Graphs_V1_Front.judged) { try await $0.judged($1, $2) }
    binder.add(Graphs_V1_Front.quorum) { try await $0.quorum($1, $2) }
    binder.add(Graphs_V1_Front.noQuorum) { try await $0.noQuorum($1, $2) }
    binder.add(Graphs_V1_Front.rescued) { try await $0.rescued($1, $2) }
    binder.add(Graphs_V1_Front.hopeless) { try await $0.hopeless($1, $2) }
    binder.add(Graphs_V1_Front.hedged) { try await $0.hedged($1, $2) }
    binder.add(Graphs_V1_Front.counted) { try await $0.counted($1, $2) }
    binder.add(Graphs_V1_Front.repeated) { try await $0.repeated($1, $2) }
    binder.add(Graphs_V1_Front.endless) { try await $0.endless($1, $2) }
    binder.add(Graphs_V1_Front.mirrored) { try await $0.mirrored($1, $2) }
    binder.add(Graphs_V1_Front.split) { try await $0.split($1, $2) }
    binder.add(Graphs_V1_Front.splitByUser) { try await $0.splitByUser($1, $2) }
    binder.add(Graphs_V1_Front.late) { try await $0.late($1, $2) }
    binder.add(Graphs_V1_Front.retried) { try await $0.retried($1, $2) }
    binder.add(Graphs_V1_Front.givenUp) { try await $0.givenUp($1, $2) }
    binder.add(Graphs_V1_Front.skipped) { try await $0.skipped($1, $2) }
    binder.add(Graphs_V1_Front.excused) { try await $0.excused($1, $2) }
    binder.add(Graphs_V1_Front.relayed) { try await $0.relayed($1, $2) }
    binder.add(Graphs_V1_Front.extra) { try await $0.extra($1, $2) }
    binder.add(Graphs_V1_Front.followed) { try await $0.followed($1, $2, $3) }
  }
}

extension Graphs_V1_Front.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Graphs_V1_Front.bind(&binder)
  }
}

extension Graphs_V1_Item {
  /// The fields of graphs.v1.Item, for `Switch` and `ForEach`.
  enum fields {
    static let text = FieldPath<Graphs_V1_Item, String>("text")
    static let number = FieldPath<Graphs_V1_Item, Int32>("number")
    static let score = FieldPath<Graphs_V1_Item, Double>("score")
    static let parts = FieldPath<Graphs_V1_Item, [Graphs_V1_Part]>("parts")
    static let grades = FieldPath<Graphs_V1_Item, [Graphs_V1_Part]>("grades")
    static let trail = FieldPath<Graphs_V1_Item, [String]>("trail")
    static let answers = FieldPath<Graphs_V1_Item, [Graphs_V1_Item]>("answers")
    static let note = FieldPath<Graphs_V1_Item, String>("note")
    static let loosePart = FieldPath<Graphs_V1_Item, Graphs_V1_Part>("loose_part")

    /// The members of extra.
    enum OneOf_Extra: String, OneofMember {
      case note = "note"
      case loosePart = "loose_part"
    }
    static let extra = OneofPath<Graphs_V1_Item, OneOf_Extra>("extra")
  }
}

extension Graphs_V1_Part {
  /// The fields of graphs.v1.Part, for `Switch` and `ForEach`.
  enum fields {
    static let kind = FieldPath<Graphs_V1_Part, String>("kind")
    static let number = FieldPath<Graphs_V1_Part, Int32>("number")
    static let by = FieldPath<Graphs_V1_Part, String>("by")
  }
}

extension Graphs_V1_Answers {
  /// The fields of graphs.v1.Answers, for `Switch` and `ForEach`.
  enum fields {
    static let items = FieldPath<Graphs_V1_Answers, [Graphs_V1_Item]>("items")
  }
}

/// graphs/v1/graphs.proto and everything it imports.
private let martletDescriptors_graphs_v1_graphs_proto = DescriptorSet(
  base64: """
    CsoRChZncmFwaHMvdjEvZ3JhcGhzLnByb3RvEglncmFwaHMudjEiqgIKBEl0ZW0SEgoEdGV4dBgBIAEoCVIEdGV4dBIW\
    CgZudW1iZXIYAiABKAVSBm51bWJlchIUCgVzY29yZRgDIAEoAVIFc2NvcmUSJQoFcGFydHMYBCADKAsyDy5ncmFwaHMu\
    djEuUGFydFIFcGFydHMSJwoGZ3JhZGVzGAUgAygLMg8uZ3JhcGhzLnYxLlBhcnRSBmdyYWRlcxIUCgV0cmFpbBgGIAMo\
    CVIFdHJhaWwSKQoHYW5zd2VycxgHIAMoCzIPLmdyYXBocy52MS5JdGVtUgdhbnN3ZXJzEhQKBG5vdGUYCCABKAlIAFIE\
    bm90ZRIwCgpsb29zZV9wYXJ0GAkgASgLMg8uZ3JhcGhzLnYxLlBhcnRIAFIJbG9vc2VQYXJ0QgcKBWV4dHJhIkIKBFBh\
    cnQSEgoEa2luZBgBIAEoCVIEa2luZBIWCgZudW1iZXIYAiABKAVSBm51bWJlchIOCgJieRgDIAEoCVICYnkiMAoHQW5z\
    d2VycxIlCgVpdGVtcxgBIAMoCzIPLmdyYXBocy52MS5JdGVtUgVpdGVtczIwCgVNb2RlbBInCgNBc2sSDy5ncmFwaHMu\
    djEuSXRlbRoPLmdyYXBocy52MS5JdGVtMjMKBkdyYWRlchIpCgVHcmFkZRIPLmdyYXBocy52MS5QYXJ0Gg8uZ3JhcGhz\
    LnYxLlBhcnQyNQoFUGFuZWwSLAoFSnVkZ2USEi5ncmFwaHMudjEuQW5zd2VycxoPLmdyYXBocy52MS5JdGVtMrUBCgRG\
    ZWVkEicKA1NheRIPLmdyYXBocy52MS5JdGVtGg8uZ3JhcGhzLnYxLkl0ZW0SKQoDU3VtEg8uZ3JhcGhzLnYxLkl0ZW0a\
    Dy5ncmFwaHMudjEuSXRlbSgBEisKBUNvdW50Eg8uZ3JhcGhzLnYxLkl0ZW0aDy5ncmFwaHMudjEuSXRlbTABEiwKBFRh\
    bGsSDy5ncmFwaHMudjEuSXRlbRoPLmdyYXBocy52MS5JdGVtKAEwATKjCwoFRnJvbnQSKQoFQ2hhaW4SDy5ncmFwaHMu\
    djEuSXRlbRoPLmdyYXBocy52MS5JdGVtEioKBkNob29zZRIPLmdyYXBocy52MS5JdGVtGg8uZ3JhcGhzLnYxLkl0ZW0S\
    KwoHQ29tcGFyZRIPLmdyYXBocy52MS5JdGVtGg8uZ3JhcGhzLnYxLkl0ZW0SKAoERWFjaBIPLmdyYXBocy52MS5JdGVt\
    Gg8uZ3JhcGhzLnYxLkl0ZW0SMAoMRWFjaFNraXBwaW5nEg8uZ3JhcGhzLnYxLkl0ZW0aDy5ncmFwaHMudjEuSXRlbRIo\
    CgRWb3RlEg8uZ3JhcGhzLnYxLkl0ZW0aDy5ncmFwaHMudjEuSXRlbRIoCgRNZWFuEg8uZ3JhcGhzLnYxLkl0ZW0aDy5n\
    cmFwaHMudjEuSXRlbRIsCghXZWlnaHRlZBIPLmdyYXBocy52MS5JdGVtGg8uZ3JhcGhzLnYxLkl0ZW0SKwoHTGFyZ2Vz\
    dBIPLmdyYXBocy52MS5JdGVtGg8uZ3JhcGhzLnYxLkl0ZW0SKgoGTWVyZ2VkEg8uZ3JhcGhzLnYxLkl0ZW0aDy5ncmFw\
    aHMudjEuSXRlbRIrCgdGYXN0ZXN0Eg8uZ3JhcGhzLnYxLkl0ZW0aDy5ncmFwaHMudjEuSXRlbRItCglDb2xsZWN0ZWQS\
    Dy5ncmFwaHMudjEuSXRlbRoPLmdyYXBocy52MS5JdGVtEioKBkp1ZGdlZBIPLmdyYXBocy52MS5JdGVtGg8uZ3JhcGhz\
    LnYxLkl0ZW0SKgoGUXVvcnVtEg8uZ3JhcGhzLnYxLkl0ZW0aDy5ncmFwaHMudjEuSXRlbRIsCghOb1F1b3J1bRIPLmdy\
    YXBocy52MS5JdGVtGg8uZ3JhcGhzLnYxLkl0ZW0SKwoHUmVzY3VlZBIPLmdyYXBocy52MS5JdGVtGg8uZ3JhcGhzLnYx\
    Lkl0ZW0SLAoISG9wZWxlc3MSDy5ncmFwaHMudjEuSXRlbRoPLmdyYXBocy52MS5JdGVtEioKBkhlZGdlZBIPLmdyYXBo\
    cy52MS5JdGVtGg8uZ3JhcGhzLnYxLkl0ZW0SKwoHQ291bnRlZBIPLmdyYXBocy52MS5JdGVtGg8uZ3JhcGhzLnYxLkl0\
    ZW0SLAoIUmVwZWF0ZWQSDy5ncmFwaHMudjEuSXRlbRoPLmdyYXBocy52MS5JdGVtEisKB0VuZGxlc3MSDy5ncmFwaHMu\
    djEuSXRlbRoPLmdyYXBocy52MS5JdGVtEiwKCE1pcnJvcmVkEg8uZ3JhcGhzLnYxLkl0ZW0aDy5ncmFwaHMudjEuSXRl\
    bRIpCgVTcGxpdBIPLmdyYXBocy52MS5JdGVtGg8uZ3JhcGhzLnYxLkl0ZW0SLwoLU3BsaXRCeVVzZXISDy5ncmFwaHMu\
    djEuSXRlbRoPLmdyYXBocy52MS5JdGVtEigKBExhdGUSDy5ncmFwaHMudjEuSXRlbRoPLmdyYXBocy52MS5JdGVtEisK\
    B1JldHJpZWQSDy5ncmFwaHMudjEuSXRlbRoPLmdyYXBocy52MS5JdGVtEisKB0dpdmVuVXASDy5ncmFwaHMudjEuSXRl\
    bRoPLmdyYXBocy52MS5JdGVtEisKB1NraXBwZWQSDy5ncmFwaHMudjEuSXRlbRoPLmdyYXBocy52MS5JdGVtEisKB0V4\
    Y3VzZWQSDy5ncmFwaHMudjEuSXRlbRoPLmdyYXBocy52MS5JdGVtEisKB1JlbGF5ZWQSDy5ncmFwaHMudjEuSXRlbRoP\
    LmdyYXBocy52MS5JdGVtEikKBUV4dHJhEg8uZ3JhcGhzLnYxLkl0ZW0aDy5ncmFwaHMudjEuSXRlbRIuCghGb2xsb3dl\
    ZBIPLmdyYXBocy52MS5JdGVtGg8uZ3JhcGhzLnYxLkl0ZW0wAWIGcHJvdG8z
    """)
