// Which requests of clients go where.
package import MartletCore
public import MartletRPC
public import SwiftProtobuf

/// One route of an app.
public struct Route: Sendable {
  package let spec: RouteSpec
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

  /// A service, all methods of which one deployment answers.
  public init<Service: ServiceNamespace>(_ service: Service.Type, to deployment: String) {
    spec = .service(Service.name, deployment: deployment)
    descriptorSets = [Service.descriptorSet]
  }
}
