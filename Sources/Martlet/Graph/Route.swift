// Which requests of clients go where.
public import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// One route of an app.
public struct Route: Sendable {
  package private(set) var spec: RouteSpec
  package let descriptorSets: [DescriptorSet]

  /// A method that a graph answers within the router.
  public init<Input: Message, Output: Message>(
    _ method: UnaryMethod<Input, Output>, @StepsTaking<Input> _ steps: () -> Step<Input, Output>
  ) {
    let graph = steps()
    spec = .graph(method: method.name, graph.node)
    descriptorSets = [method.descriptorSet] + graph.descriptorSets
  }

  package init(_ spec: RouteSpec, _ descriptorSets: [DescriptorSet]) {
    self.spec = spec
    self.descriptorSets = descriptorSets
  }

  /// A method that one deployment answers.
  public init<Method: RPCMethod>(_ method: Method, to deployment: String) {
    spec = .method(method.name, deployment: deployment)
    descriptorSets = [method.descriptorSet]
  }

  /// Gives the method a name in plain HTTP beside its own, such as `.http(.post, "/analyze")`: with GET and DELETE the
  /// fields of the message come in the query, with the others it is the body, in JSON. A route of a service cannot
  /// have one, which `check` and `validate` report.
  public func http(_ verb: HTTPName.Verb, _ path: String) -> Route {
    var route = self
    route.spec.http = HTTPName(verb, path)
    return route
  }

  /// A service, all methods of which one deployment answers.
  public init<Service: ServiceNamespace>(_ service: Service.Type, to deployment: String) {
    spec = .service(Service.name, deployment: deployment)
    descriptorSets = [Service.descriptorSet]
  }
}
