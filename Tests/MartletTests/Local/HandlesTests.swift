// What flows from a handler's call into the calls that it makes through handles.
import Martlet
import MartletCore
import SwiftProtobuf
import Synchronization
import Testing

@testable import graph_fixture

/// Which way the front deployment's code takes to a call.
private enum Way: String, CaseIterable {
  case awaited, asyncLet, taskGroup, task, detached, threads
}

@Suite(.timeLimit(.minutes(1))) struct HandlesTests {
  private static let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

  /// What the back deployment hears when the front one takes a way.
  private func heard(_ way: Way, timeout: Duration? = .seconds(30)) async throws -> Back.Heard {
    let mesh = try await LocalMesh(Handing())
    let front = way == .threads ? "front-on-threads" : "front"
    do {
      let answer = try await mesh.handle(Graphs_V1_Model.self, on: front).ask(
        .with { $0.text = way.rawValue }, timeout: timeout,
        metadata: [
          "traceparent": Self.traceparent, "tracestate": "rojo=00f067aa0ba902b7", "x-tenant": "eva",
          Priority.metadataKey: "5",
        ])
      await mesh.shutdown(within: .seconds(5))
      return try #require(Back.heard.withLock { $0[answer.text] })
    } catch {
      await mesh.shutdown(within: .zero)
      throw error
    }
  }

  @Test(arguments: Way.allCases.filter { $0 != .detached })
  private func everythingFlows(by way: Way) async throws {
    let heard = try await heard(way)
    #expect(heard.metadata["traceparent"] == Self.traceparent)
    #expect(heard.metadata["tracestate"] == "rojo=00f067aa0ba902b7")
    #expect(heard.metadata["x-tenant"] == "eva")
    #expect(heard.metadata[Priority.metadataKey] == "5")
    #expect(heard.metadata[all: MeshHeader.version] == ["1"])
    let remaining = try #require(heard.remaining)
    #expect(remaining <= .seconds(30) && remaining > .seconds(20))
    // There is no deadline where nobody has set one.
    #expect(try await self.heard(way, timeout: nil).remaining == nil)
  }

  @Test func nothingFlowsIntoATaskThatIsDetached() async throws {
    let heard = try await heard(.detached)
    #expect(heard.metadata["traceparent"] == nil)
    #expect(heard.metadata["x-tenant"] == nil)
    #expect(heard.remaining == nil)
  }

  @Test(arguments: [Way.awaited, .asyncLet, .taskGroup, .threads])
  private func theEndOfTheTimeCancelsWhatWasCalled(by way: Way) async throws {
    let mesh = try await LocalMesh(Handing())
    Back.cancelled.withLock { $0 = 0 }
    let front = way == .threads ? "front-on-threads" : "front"
    let item = Graphs_V1_Item.with {
      $0.text = way.rawValue
      $0.number = -1
    }
    let error = await #expect(throws: RPCError.self) {
      try await mesh.handle(Graphs_V1_Model.self, on: front).ask(item, timeout: .milliseconds(100))
    }
    #expect(error?.code == .deadlineExceeded)
    while Back.cancelled.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(1)) }
    await mesh.shutdown(within: .seconds(5))
  }
}

/// A deployment that calls another one in every way in which code can.
private struct Handing: Application {
  var deployments: Deployments {
    Deployment("front", Front.self)
    Deployment("front-on-threads", Front.self, execution: .threads(1))
    Deployment("back", Back.self)
  }

  var routes: Routes { Route(Graphs_V1_Model.self, to: "front") }
}

private struct Front: Graphs_V1_Model.Service {
  let back: Graphs_V1_Model.Client

  init(_ context: ReplicaContext) {
    back = context.handle(Graphs_V1_Model.self, on: "back")
  }

  func ask(_ item: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item {
    switch Way(rawValue: item.text) {
    case .awaited, .threads: return try await back.ask(item)
    case .asyncLet:
      async let answer = back.ask(item)
      return try await answer
    case .taskGroup:
      return try await withThrowingTaskGroup(of: Graphs_V1_Item.self) { group in
        group.addTask { try await back.ask(item) }
        return try await group.next() ?? item
      }
    case .task: return try await Task { try await back.ask(item) }.value
    case .detached: return try await Task.detached { [back] in try await back.ask(item) }.value
    case nil: throw RPCError(.invalidArgument, "there is no such way")
    }
  }
}

/// Remembers the calls that it got, by a name that it answers; never answers a negative number.
private struct Back: Graphs_V1_Model.Service {
  struct Heard {
    var metadata: Metadata
    var remaining: Duration?
  }

  static let heard = Mutex<[String: Heard]>([:])
  static let cancelled = Mutex(0)

  init(_ context: ReplicaContext) {}

  func ask(_ item: Graphs_V1_Item, _ call: Call) async throws -> Graphs_V1_Item {
    if item.number < 0 {
      do { try await Task.sleep(for: .seconds(60)) } catch { Self.cancelled.withLock { $0 += 1 } }
    }
    let heard = Heard(metadata: call.metadata, remaining: call.timeRemaining)
    return Self.heard.withLock { all in
      let name = "\(all.count)"
      all[name] = heard
      return .with { $0.text = name }
    }
  }
}
