// The MARTLET_* contract.
import Foundation
import MartletCore
import MartletReplica
import Testing

@Suite struct ReplicaOptionsTests {
  private func options(_ environment: [String: String]) throws -> ReplicaOptions {
    try ReplicaOptions(deployment: "expert", app: "pages", environment: environment)
  }

  @Test func withoutAnEnvironmentItRunsAlone() throws {
    let options = try options([:])
    #expect(options.listen == .tcp(host: "127.0.0.1", port: 50051))
    #expect(options.replica == ReplicaID(deployment: "expert", number: 0))
    #expect(options.app == "pages")
    #expect(options.router == nil)
    #expect(options.config == .object([:]))
  }

  @Test func readsEveryVariable() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try #"{"threshold": 0.5}"#.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let options = try options([
      "MARTLET_LISTEN": "unix:/run/a.sock", "MARTLET_APP": "other",
      "MARTLET_DEPLOYMENT": "expert", "MARTLET_REPLICA": "expert#7", "MARTLET_CONFIG": path,
      "MARTLET_ROUTER": "unix:/run/router.sock", "MARTLET_MAX_ONGOING_REQUESTS": "3",
      "MARTLET_GRACEFUL_SHUTDOWN_TIMEOUT_S": "1.5", "MARTLET_SUPERVISOR_PID": "42",
      "MARTLET_CONTROLLER": "controller:7000", "MARTLET_ADVERTISE": "expert:50051",
      "MARTLET_TLS_CERT": "/tls/c.pem", "MARTLET_TLS_KEY": "/tls/k.pem",
      "MARTLET_TLS_CA": "/tls/ca.pem", "MARTLET_LIFE_SOCKET": "/run/a.life",
    ])
    var expected = ReplicaOptions(
      listen: .unix(path: "/run/a.sock"), app: "other",
      replica: ReplicaID(deployment: "expert", number: 7))
    expected.config = .object(["threshold": .number(0.5)])
    expected.router = .unix(path: "/run/router.sock")
    expected.maxOngoingRequests = 3
    expected.gracefulShutdownTimeout = .milliseconds(1500)
    expected.supervisorPID = 42
    expected.lifeSocket = "/run/a.life"
    expected.controller = .tcp(host: "controller", port: 7000)
    expected.advertised = .tcp(host: "expert", port: 50051)
    expected.security.identity = MeshIdentity(
      certificate: "/tls/c.pem", key: "/tls/k.pem", authority: "/tls/ca.pem")
    #expect(options == expected)
  }

  @Test(arguments: [
    ("MARTLET_LISTEN", "here", "unix:PATH or HOST:PORT"),
    ("MARTLET_REPLICA", "expert", "DEPLOYMENT#NUMBER"),
    ("MARTLET_MAX_ONGOING_REQUESTS", "0", "a number above 0"),
    ("MARTLET_GRACEFUL_SHUTDOWN_TIMEOUT_S", "-1", "seconds"),
    ("MARTLET_SUPERVISOR_PID", "x", "a pid"),
    ("MARTLET_LIFE_SOCKET", "a.life", "an absolute path"),
  ])
  func aWrongValueIsNamed(name: String, value: String, form: String) {
    let error = #expect(throws: ReplicaOptionsError.self) { try options([name: value]) }
    #expect(error?.description == "\(name) is \"\(value)\"; it should be \(form)")
  }

  @Test(arguments: [
    ("MARTLET_LISTEN", "0.0.0.0:7000"), ("MARTLET_ROUTER", "router:8000"),
    ("MARTLET_CONTROLLER", "10.0.0.1:9000"),
  ])
  func plainTextOverANetworkMustBeAskedFor(name: String, value: String) throws {
    let error = #expect(throws: ReplicaOptionsError.self) { try options([name: value]) }
    #expect(error?.description.hasPrefix("\(name): \(value) is not on this machine alone") == true)
    let insecure = try options([name: value, "MARTLET_INSECURE": "1"])
    #expect(insecure.security == MeshSecurity(insecure: true))
  }

  @Test func halfAnIdentityIsNone() {
    let error = #expect(throws: ReplicaOptionsError.self) {
      try options(["MARTLET_TLS_CERT": "/c", "MARTLET_TLS_CA": "/a"])
    }
    #expect(error?.description.contains("MARTLET_TLS_KEY (--mesh-key) is missing") == true)
  }

  @Test func aMissingConfigurationIsNamed() {
    let error = #expect(throws: ReplicaOptionsError.self) {
      try options(["MARTLET_CONFIG": "/nowhere/config.json"])
    }
    #expect(error?.description.hasPrefix("MARTLET_CONFIG: cannot read /nowhere/") == true)
  }
}
