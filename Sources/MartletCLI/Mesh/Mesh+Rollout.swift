// What people are told of a rollout.

internal import MartletCore
internal import MartletRPC
internal import MartletSupervisor
internal import SwiftProtobuf

extension Mesh {
  /// How long a controller that restarts is waited for. The supervisor starts it anew at once; it is
  /// there within a second, or something is wrong with it.
  private static let restartPatience = Duration.seconds(30)

  /// Between two tries to reach it.
  private static let restartPause = Duration.milliseconds(20)

  /// Asks the controller, again when it ends under the call. What is asked so must be as good twice.
  func overRestarts<Answer>(
    _ body: (Control) async throws(RPCError) -> Answer
  ) async throws(RPCError) -> Answer {
    var since: ContinuousClock.Instant?
    while true {
      do throws(RPCError) {
        return try await body(control)
      } catch {
        let began = since ?? .now
        since = began
        guard [.unavailable, .deadlineExceeded].contains(error.code), isThere,
          ContinuousClock.now - began < Self.restartPatience,
          (try? await Task.sleep(for: Self.restartPause)) != nil
        else { throw error }
      }
    }
  }

  /// Whether a controller is there or will be: its supervisor runs, or it never had one.
  private var isThere: Bool {
    !isSupervised || directory.supervisor() != nil
  }

  /// Awaits an answer of the controller and turns its errors into words for people.
  func answering<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
    do {
      return try await body()
    } catch let error as RPCError {
      throw failure(for: error)
    }
  }

  /// Waits for a rollout's end and prints it; one that failed is thrown.
  ///
  /// - Parameter origin: where the version comes from, for the message.
  func report(
    _ name: String, version: UInt64, address: String? = nil, origin: String = ""
  ) async throws {
    let place = address.map { " on \($0)" } ?? ""
    switch try await answering({ try await Rollout.end(of: version, app: name, in: self) }) {
    case .running:
      Terminal.print("\(name) v\(version)\(origin) is RUNNING\(place)")
    case .replaced(let newer):
      Terminal.print("\(name) v\(version)\(origin) came up\(place); since then v\(newer) took over")
    case .overtaken(let newer):
      throw Failure(
        Failure.failed,
        "\(name) v\(version)\(origin) was overtaken by v\(newer), which was deployed before it "
          + "served; martlet status shows how v\(newer) goes")
    case .pending(let what, let serving?) where serving >= version:
      throw Failure(
        Failure.failed,
        "\(name) v\(version) serves\(place) but not all of it fits this machine: \(what)")
    case .pending(let what, let serving):
      let meanwhile = serving.map { "v\($0) serves meanwhile" } ?? "it does not serve yet"
      throw Failure(
        Failure.failed, "\(name) v\(version) waits for resources; \(meanwhile): \(what)")
    case .failed(let why):
      throw Failure(Failure.failed, "\(name) v\(version) did not come up: \(why)")
    }
  }
}

extension Mesh {
  /// Between two looks at an app that is being deleted.
  private static let deletionPause = Duration.milliseconds(20)

  /// Whether requests of an app enter under a version.
  func serves(_ app: String, _ version: UInt64) async throws -> Bool {
    let request = Martlet_Control_V1_GetStatusRequest.with {
      $0.app = app
      $0.version = version
    }
    return try await answering {
      try await overRestarts { control throws(RPCError) in
        try await control.getStatus(request, timeout: Mesh.answerTimeout)
      }
    }.outcome.state == .serving
  }

  /// Waits until an app that is being deleted is gone. The version that somebody deployed under its
  /// name meanwhile; nil when nobody did.
  func waitUntilGone(_ name: String) async throws -> UInt64? {
    var progress = Progress()
    defer { progress.end() }
    let request = Martlet_Control_V1_GetStatusRequest.with { $0.app = name }
    while true {
      do throws(RPCError) {
        let answer = try await overRestarts { control throws(RPCError) in
          try await control.getStatus(request, timeout: Mesh.answerTimeout)
        }
        guard let app = answer.apps.first(where: { $0.name == name }) else { return nil }
        guard app.state == .deleting else { return max(app.targetVersion, app.version) }
      } catch {
        guard error.code == .notFound else { throw error }
        return nil
      }
      progress.show("\(name): replicas finish their requests")
      try await Task.sleep(for: Self.deletionPause)
    }
  }
}
