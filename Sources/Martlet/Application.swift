// An app as a Swift type: its deployments, its routes, and the program that runs it.
public import MartletCore
private import MartletRPC

/// An app. Mark it `@main`, and its executable can `run` the whole mesh on this machine, `build`
/// the app file that `martlet up` takes, and be every process of the mesh.
public protocol Application {
  init()

  /// The name of the app; the type's name in lower case with dashes unless it is given.
  static var name: String { get }

  /// How often a client with calls in flight may ping; nil unless it is given: as often as the port lets its
  /// clients, which is every 10 s by default. It can only be less than the port's.
  static var minPingInterval: Duration? { get }

  /// Bytes of the largest message of the app's graphs, and of its deployments that have no limit of their own; nil,
  /// the default, leaves it to `--max-message` of the mesh.
  static var maxMessageBytes: Int? { get }

  @DeploymentsBuilder var deployments: Deployments { get }
  @RoutesBuilder var routes: Routes { get }
}

/// The deployments of an app.
public typealias Deployments = [Deployment]

/// The routes of an app.
public typealias Routes = [Route]

extension Application {
  public static var name: String { dashed("\(Self.self)") }
  public static var minPingInterval: Duration? { nil }

  public static var maxMessageBytes: Int? { nil }

  /// The app as the app file says it.
  ///
  /// - Parameters:
  ///   - executable: the program that replicas run; it is called with `replica NAME`.
  ///   - protos: the descriptor set, relative to the app file.
  public func spec(executable: String, protos: [String] = []) -> AppSpec {
    let deployments = deployments.map { deployment in
      var spec = deployment.spec
      spec.command = [executable, "replica", deployment.name]
      return spec
    }
    var spec = AppSpec(
      name: Self.name, protos: protos, maxMessageBytes: Self.maxMessageBytes,
      deployments: deployments, routes: routes.map(\.spec))
    spec.minPingInterval = Self.minPingInterval
    return spec
  }

  /// The files that declare every service of the app, with their imports.
  package func descriptorSet() throws -> DescriptorSet {
    try .merging(deployments.flatMap(\.descriptorSets) + routes.flatMap(\.descriptorSets))
  }
}

/// `ContentUnderstanding` → `content-understanding`
func dashed(_ name: String) -> String {
  var result = ""
  var previous: Character?
  let characters = Array(name)
  for (index, character) in characters.enumerated() {
    let followsLower = previous?.isLowercase ?? false || previous?.isNumber ?? false
    let beginsWord =
      index + 1 < characters.count && characters[index + 1].isLowercase
      && previous?.isUppercase ?? false
    if character.isUppercase, followsLower || beginsWord { result += "-" }
    result += character == "_" ? "-" : character.lowercased()
    previous = character
  }
  return result
}

/// Collects what `var deployments` lists.
@resultBuilder
public enum DeploymentsBuilder {
  public static func buildExpression(_ deployment: Deployment) -> Deployments { [deployment] }
  public static func buildExpression(_ deployments: Deployments) -> Deployments { deployments }
  public static func buildBlock(_ parts: Deployments...) -> Deployments { parts.flatMap(\.self) }
  public static func buildOptional(_ part: Deployments?) -> Deployments { part ?? [] }
  public static func buildEither(first part: Deployments) -> Deployments { part }
  public static func buildEither(second part: Deployments) -> Deployments { part }
  public static func buildArray(_ parts: [Deployments]) -> Deployments { parts.flatMap(\.self) }
}

/// Collects what `var routes` lists.
@resultBuilder
public enum RoutesBuilder {
  public static func buildExpression(_ route: Route) -> Routes { [route] }
  public static func buildExpression(_ routes: Routes) -> Routes { routes }
  public static func buildBlock(_ parts: Routes...) -> Routes { parts.flatMap(\.self) }
  public static func buildOptional(_ part: Routes?) -> Routes { part ?? [] }
  public static func buildEither(first part: Routes) -> Routes { part }
  public static func buildEither(second part: Routes) -> Routes { part }
  public static func buildArray(_ parts: [Routes]) -> Routes { parts.flatMap(\.self) }
}
