// Facts about the spelling of a supervisor's options.

import MartletCore
import Testing

@testable import MartletSupervisor

@Suite struct SupervisorOptionsTests {
  private func options() throws -> SupervisorOptions {
    SupervisorOptions(runDirectory: try #require(RunDirectory(path: "/run/mesh")))
  }

  @Test func argumentsReadBack() throws {
    var options = try options()
    #expect(SupervisorOptions(arguments: options.arguments) == options)
    options.listen = .tcp(host: "::1", port: 0)
    options.routers = 3
    options.times = PortTimes(minPingInterval: .milliseconds(2500))
    options.controllerArguments = ["--cpus", "2.5", "--", "x"]
    options.security = PortSecurity(
      tls: ServerTLSFiles(certificate: "/c", key: "/k", clientCA: "/ca"))
    #expect(SupervisorOptions(arguments: options.arguments) == options)
    options.security = PortSecurity(
      tls: ServerTLSFiles(certificate: "/c", key: "/k"), insecure: true,
      origins: try AllowedOrigins(["https://app.example", "*", "http://localhost:5173"]))
    options.times = PortTimes(keepAlive: .milliseconds(1500))
    options.parentPID = 7
    options.readyDescriptor = 5
    #expect(SupervisorOptions(arguments: options.arguments) == options)
    #expect(SupervisorOptions(arguments: Array(options.arguments.dropFirst())) == options)
  }

  @Test(arguments: [
    [], ["--run-dir"], ["--run-dir", "relative"], ["--run-dir", "/r", "--bogus", "1"],
    ["--run-dir", "/r", "--listen", "nowhere"], ["--run-dir", "/r", "--routers", "many"],
    ["--run-dir", "/r", "--tls-cert", "/c"], ["--run-dir", "/r", "--keep-alive-timeout", "long"],
    ["--run-dir", "/r", "--keep-alive-timeout", "-1"],
  ])
  func badArgumentsAreRefused(arguments: [String]) {
    #expect(SupervisorOptions(arguments: arguments) == nil)
  }

  @Test func runDirectoriesLeaveRoomForSockets() {
    #expect(RunDirectory(path: "/run/mesh/")?.controllerSocket == "/run/mesh/controller.sock")
    #expect(RunDirectory(path: "/" + String(repeating: "d", count: 80)) != nil)
    #expect(RunDirectory(path: "/" + String(repeating: "d", count: 90)) == nil)
    #expect(RunDirectory(path: "here") == nil)
  }

  @Test func processEndsAreRead() {
    #expect(ProcessEnd(status: 0) == .exited(0))
    #expect(ProcessEnd(status: 3 << 8) == .exited(3))
    #expect(ProcessEnd(status: 9) == .signalled(9))
    #expect(ProcessEnd(status: 11 | 0x80) == .signalled(11))
  }
}
