// The command that runs test cases against a server.
import FoundationEssentials
import Martlet
import SwiftProtobuf

/// `interop client ADDRESS [OPTION…] CASE…`
struct InteropClient: Sendable {
  static let usage = """
    usage: interop client HOST:PORT|unix:PATH|https://HOST:PORT [OPTION…] CASE…
      --no-probe   the server cannot tell whether a request came compressed, so do not ask it to
      --ca FILE    authorities of https:// servers, instead of the system's
      --cert FILE  the client's own certificate, with --key FILE
      cases: \(TestCase.all.map(\.name).joined(separator: " "))
    """

  /// Longest that a case may take; they need milliseconds.
  private static let patience = Duration.seconds(30)

  private let address: ServerAddress
  private let tls: ClientTLSFiles
  private let probes: Bool
  private let cases: [TestCase]

  /// Nil when the arguments cannot be understood.
  init?(_ arguments: [String]) {
    var rest = arguments
    probes = !rest.contains("--no-probe")
    rest.removeAll { $0 == "--no-probe" }
    var files: [String: String] = [:]
    for option in ["--ca", "--cert", "--key"] {
      guard let index = rest.firstIndex(of: option) else { continue }
      guard index + 1 < rest.count else { return nil }
      files[option] = rest[index + 1]
      rest.removeSubrange(index...index + 1)
    }
    tls = ClientTLSFiles(
      serverCA: files["--ca"], certificate: files["--cert"], key: files["--key"])
    guard let text = rest.first, let address = ServerAddress(text) else { return nil }
    self.address = address
    let names = rest.dropFirst()
    cases = names.compactMap { name in TestCase.all.first { $0.name == name } }
    guard !names.isEmpty, cases.count == names.count else { return nil }
  }

  /// Runs every case and says how it went; true when all went well.
  func run() async -> Bool {
    var isGood = true
    for test in cases {
      do {
        try await run(test)
        print("ok \(test.name)")
      } catch {
        print("FAILED \(test.name): \(error)")
        isGood = false
      }
    }
    return isGood
  }

  /// Runs a case over a connection of its own and in a task of its own, which it may cancel.
  private func run(_ test: TestCase) async throws {
    try await withConnection(to: address, tls: tls) { target in
      let context = CaseContext(target: target, probes: probes, patience: Self.patience)
      try await withThrowingTaskGroup { group in
        group.addTask { try await test.run(context) }
        try await group.waitForAll()
      }
    }
  }
}

/// What a case works with.
struct CaseContext: Sendable {
  let target: CallTarget
  /// Whether the server knows which requests came compressed.
  let probes: Bool
  let patience: Duration

  var service: Grpc_Testing_TestService.Client { Grpc_Testing_TestService.Client(target) }

  /// The server with calls that ask for compression.
  func compressing(_ compression: CallCompression) -> CaseContext {
    CaseContext(target: target.compressing(compression), probes: probes, patience: patience)
  }
}

/// One of gRPC's interoperability test cases.
struct TestCase: Sendable {
  let name: String
  let run: @Sendable (CaseContext) async throws -> Void

  static let all: [TestCase] = unary + streaming + compression + statuses + endings
}

/// A server did not do what a case asks for.
struct Mismatch: Error, CustomStringConvertible {
  let description: String
}

func expect(_ condition: Bool, _ what: @autoclosure () -> String) throws(Mismatch) {
  guard condition else { throw Mismatch(description: what()) }
}

func expect<Value: Equatable>(
  _ value: Value, is wanted: Value, _ what: String
) throws(Mismatch) {
  try expect(value == wanted, "\(what) is \(value), not \(wanted)")
}

/// Expects `body` to fail with `code`; gives the error.
@discardableResult
func expectFailure(
  _ code: RPCStatus.Code, _ body: () async throws -> Void
) async throws -> RPCError {
  do {
    try await body()
  } catch let error as RPCError {
    try expect(error.code, is: code, "the status")
    return error
  }
  throw Mismatch(description: "the call ended with OK, not with \(code.name)")
}

extension Grpc_Testing_Payload {
  /// So many zeros.
  static func zeros(_ count: Int) -> Grpc_Testing_Payload {
    .with { $0.body = Data(count: count) }
  }
}
