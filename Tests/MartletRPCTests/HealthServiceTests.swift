// The health service, as gRPC's health checking protocol has it.
import MartletCore
import MartletNet
import MartletRPC
import SwiftProtobuf
import Testing

@Suite struct HealthServiceTests {
  private typealias Health = Grpc_Health_V1_Health

  @Test func checkKnowsTheServerAndItsServices() async throws {
    try await withHealth { service, health in
      let before = try await health.check(.init())
      service.set(.serving)
      let server = try await health.check(.init())
      let one = try await health.check(.with { $0.service = "a.B" })
      #expect(before.status == .notServing)
      #expect(server.status == .serving)
      #expect(one.status == .serving)
    }
  }

  @Test func checkOfAnUnknownServiceIsNotFound() async throws {
    try await withHealth { _, health in
      let error = await #expect(throws: RPCError.self) {
        try await health.check(.with { $0.service = "a.C" })
      }
      #expect(error?.code == .notFound)
    }
  }

  @Test func listHasTheServerAndItsServices() async throws {
    try await withHealth { service, health in
      service.set(.serving)
      let list = try await health.list(.init())
      #expect(list.statuses.mapValues(\.status) == ["": .serving, "a.B": .serving])
    }
  }

  @Test func listIsBounded() async throws {
    try await withHealth { service, health in
      let names = (0...HealthService.maxListed).map { "a.S\($0)" }
      service.set(.serving, services: names.dropLast())
      let most = try await health.list(.init())
      #expect(most.statuses.count == HealthService.maxListed + 1)
      service.set(.serving, services: names)
      let error = await #expect(throws: RPCError.self) { try await health.list(.init()) }
      #expect(error?.code == .resourceExhausted)
    }
  }

  @Test func watchTellsWhenAServiceComesAndGoes() async throws {
    try await withHealth { service, health in
      let seen = try await health.watch(.with { $0.service = "a.C" }) { statuses in
        var seen: [HealthService.Status] = []
        for try await response in statuses {
          seen.append(response.status)
          switch seen.count {
          case 1: service.set(.serving, services: ["a.C"])
          case 2: service.set(.serving, services: ["a.B"])
          default: return seen
          }
        }
        return seen
      }
      #expect(seen == [.serviceUnknown, .serving, .serviceUnknown])
    }
  }

  @Test func closedStaysNotServing() async throws {
    try await withHealth { service, health in
      service.close()
      service.set(.serving, services: ["a.B"])
      let status = try await health.check(.with { $0.service = "a.B" }).status
      #expect(status == .notServing)
    }
  }

  @Test func watchTellsEveryChangeAndEndsAtClose() async throws {
    try await withHealth { service, health in
      let seen = try await health.watch(.with { $0.service = "a.B" }) { statuses in
        var seen: [HealthService.Status] = []
        for try await response in statuses {
          seen.append(response.status)
          switch seen.count {
          case 1: service.set(.serving)
          case 2: service.close()
          default: break
          }
        }
        return seen
      }
      // `close` says NOT_SERVING and ends the watch at once.
      #expect(seen == [.notServing, .serving, .notServing])
    }
  }

  @Test func watchOfAnUnknownServiceSaysSo() async throws {
    try await withHealth { _, health in
      let first = try await health.watch(.with { $0.service = "a.C" }) { statuses in
        for try await response in statuses { return response.status }
        return .unknown
      }
      #expect(first == .serviceUnknown)
    }
  }

  private func withHealth(
    _ body: (HealthService, Health.Client) async throws -> Void
  ) async throws {
    let service = HealthService(services: ["a.B"])
    var handlers = HandlerTable()
    handlers.add(service)
    try await withServer(handlers) { channel in
      try await body(service, Health.client(channel))
      service.close()
    }
  }
}
