// An app under test: the whole of it in the process of the test, with closures for some of its methods.
public import Martlet
private import MartletCore
internal import MartletReplica
public import SwiftProtobuf

/// An app, and what stands in for its deployments while it is tested.
///
/// ```swift
/// let test = AppTest(GraphApp()).replacing("small", Model.ask) { _ in throw RPCError(.unavailable, "") }
/// let result = try await test.call(Front.answer, question)
/// #expect(try result.answer.by == "large" && result.nodes == ["first try", "second try"])
/// ```
///
/// A deployment of which a method is replaced is never made: its other methods answer UNIMPLEMENTED. All else is
/// as in `LocalMesh`. The value starts nothing until it is asked, and each `call` or `run` has a mesh of its
/// own, so that tests do not see each other.
public struct AppTest: Sendable {
  private let name: String
  private let deployments: Deployments
  private let routes: Routes
  private var replacements: [Replacement] = []

  /// The methods that closures answer for one deployment.
  private struct Replacement: Sendable {
    let deployment: String
    var binder: ServiceBinder<Closures>
  }

  /// Tests a whole app.
  public init<App: Application>(_ app: App) {
    name = App.name
    deployments = app.deployments
    routes = app.routes
  }

  /// Tests one deployment, which answers a service.
  public init<Service: ServiceNamespace>(
    _ deployment: Deployment, serving service: Service.Type
  ) {
    name = "test"
    deployments = [deployment]
    routes = [Route(service, to: deployment.name)]
  }

  // MARK: What stands in

  /// Has a closure answer a method of a deployment. What it throws is answered as if a handler had
  /// thrown it.
  public func replacing<Input, Output>(
    _ deployment: String, _ method: UnaryMethod<Input, Output>,
    _ answer: @escaping @Sendable (Input) async throws -> Output
  ) -> AppTest {
    replacing(deployment, method) { input, _ in try await answer(input) }
  }

  /// Has one closure answer a method of several deployments.
  public func replacing<Input, Output>(
    _ deployments: [String], _ method: UnaryMethod<Input, Output>,
    _ answer: @escaping @Sendable (Input) async throws -> Output
  ) -> AppTest {
    deployments.reduce(self) { $0.replacing($1, method, answer) }
  }

  /// As with a closure of the request alone, for one that looks at the call too.
  public func replacing<Input, Output>(
    _ deployment: String, _ method: UnaryMethod<Input, Output>,
    _ answer: @escaping @Sendable (Input, Call) async throws -> Output
  ) -> AppTest {
    binding(deployment) { $0.add(method) { try await answer($1, $2) } }
  }

  /// Has a closure answer a stream of requests.
  public func replacing<Input, Output>(
    _ deployment: String, _ method: ClientStreamingMethod<Input, Output>,
    _ answer: @escaping @Sendable (RPCStream<Input>, Call) async throws -> Output
  ) -> AppTest {
    binding(deployment) { $0.add(method) { try await answer($1, $2) } }
  }

  /// Has a closure answer with a stream of responses.
  public func replacing<Input, Output>(
    _ deployment: String, _ method: ServerStreamingMethod<Input, Output>,
    _ answer: @escaping @Sendable (Input, RPCWriter<Output>, Call) async throws -> Void
  ) -> AppTest {
    binding(deployment) { $0.add(method) { try await answer($1, $2, $3) } }
  }

  /// Has a closure answer a stream with a stream.
  public func replacing<Input, Output>(
    _ deployment: String, _ method: BidirectionalMethod<Input, Output>,
    _ answer: @escaping @Sendable (RPCStream<Input>, RPCWriter<Output>, Call) async throws -> Void
  ) -> AppTest {
    binding(deployment) { $0.add(method) { try await answer($1, $2, $3) } }
  }

  private func binding(
    _ deployment: String, _ bind: (inout ServiceBinder<Closures>) -> Void
  ) -> AppTest {
    var copy = self
    let known = copy.replacements.firstIndex { $0.deployment == deployment }
    let index = known ?? copy.replacements.endIndex
    if known == nil {
      copy.replacements.append(Replacement(deployment: deployment, binder: ServiceBinder()))
    }
    bind(&copy.replacements[index].binder)
    return copy
  }

  // MARK: The test

  /// Sends the app one request and tells what came of it, once everything that it led to is over.
  ///
  /// - Parameters:
  ///   - timeout: the longest that the call may take; nil leaves it to the app.
  ///   - metadata: what goes along with the request.
  /// - Throws: `AppTestError` when a replacement fits nothing, or `LocalMeshError` when the app does not
  ///   start. The status of a call that failed is in the result.
  public func call<Input: Message, Output: Message>(
    _ method: UnaryMethod<Input, Output>, _ request: Input, timeout: Duration? = nil,
    metadata: Metadata = [:]
  ) async throws -> TestResult<Output> {
    let (outcome, calls) = try await run { mesh in
      do throws(RPCError) {
        return Result<Output, RPCError>.success(
          try await mesh.call(method, request, timeout: timeout, metadata: metadata))
      } catch {
        return .failure(error)
      }
    }
    return TestResult(outcome: outcome, calls: calls)
  }

  /// Starts the app, hands it to `body` and ends it again. Returns what `body` returned and every call to a
  /// deployment, in the order in which they began.
  ///
  /// - Throws: what `body` throws, `AppTestError` when a replacement fits nothing, or `LocalMeshError`
  ///   when the app does not start.
  public func run<Value>(
    _ body: (LocalMesh) async throws -> Value
  ) async throws -> (value: Value, calls: [TestCall]) {
    let recorder = CallRecorder()
    let mesh = try await LocalMesh(try app(recorder), namesNodes: true)
    let value: Value
    do {
      value = try await body(mesh)
    } catch {
      await mesh.shutdown(within: .zero)
      throw error
    }
    await mesh.shutdown(within: Self.patience)
    return (value, recorder.calls)
  }

  /// How long what a test has begun may go on after it, such as a mirrored message. Nothing in a test should
  /// take longer.
  private static let patience = Duration.seconds(10)

  private func app(_ recorder: CallRecorder) throws -> LocalApp {
    for replacement in replacements { try check(replacement) }
    return try LocalApp(
      name: name,
      deployments: deployments.map { deployment in
        var service = deployment.service
        if let replacement = replacements.first(where: { $0.deployment == deployment.name }) {
          service = service.replaced(
            replacement.binder, by: Closures(),
            missing: "the test replaces other methods of \(deployment.name), and not this one")
        }
        return deployment.serving(service.observed(by: recorder.observer(of: deployment.name)))
      }, routes: routes)
  }

  private func check(_ replacement: Replacement) throws(AppTestError) {
    let name = replacement.deployment
    guard let deployment = deployments.first(where: { $0.name == name }) else {
      let names = deployments.map(\.name)
      throw AppTestError(
        description: "app \(self.name) has no deployment \(name) to replace"
          + (Spelling.nearest(to: name, among: names).map { "; did you mean \($0)?" }
            ?? "; it has \(names.joined(separator: ", "))"))
    }
    let served = deployment.service.methods
    for method in replacement.binder.methods where !served.contains(method) {
      let names = served.map(\.description)
      throw AppTestError(
        description: "\(name) does not serve \(method)"
          + (Spelling.nearest(to: method.description, among: names).map { "; did you mean \($0)?" }
            ?? "; it serves \(names.joined(separator: ", "))"))
    }
  }
}

/// What is wrong with a test: a replacement for something that the app does not have.
public struct AppTestError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String
}

/// The server in whose place closures answer.
struct Closures: RPCService {
  static func bind(_ binder: inout ServiceBinder<Closures>) {}
}
