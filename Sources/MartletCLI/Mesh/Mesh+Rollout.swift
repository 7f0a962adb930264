// What people are told of a rollout.

internal import MartletCore
internal import MartletRPC

extension Mesh {
  /// Awaits an answer of the controller and turns its errors into words for people.
  func answering<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
    do {
      return try await body()
    } catch let error as RPCError {
      throw failure(for: error)
    }
  }

  /// Waits for a rollout's end and prints it; one that failed is thrown.
  func report(_ rollout: Rollout, version: UInt64, address: String?) async throws {
    let name = rollout.app.file.spec.name
    let place = address.map { " on \($0)" } ?? ""
    switch try await answering({ try await rollout.end(of: version) }) {
    case .running:
      Terminal.print("\(name) v\(version) is RUNNING\(place)")
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
