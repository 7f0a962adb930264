// Certificates for tests, made by the openssl program in a folder of their own.
import Foundation
import MartletCore
import MartletNet

/// An authority and what it has issued.
struct TestCertificates: Sendable {
  let folder: String

  /// Makes an authority, hands it to `body` and removes all files afterwards.
  static func with<R>(_ body: (TestCertificates) async throws -> R) async throws -> R {
    var template = Array("/tmp/martlet-tls-test.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw RPCError(.internalError, "mkdtemp failed") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let made = TestCertificates(folder: folder)
    try made.makeAuthority("ca")
    return try await body(made)
  }

  func path(_ name: String) -> String { "\(folder)/\(name).pem" }

  func makeAuthority(_ name: String) throws {
    try openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
      "2", "-subj", "/CN=\(name)", "-keyout", path("\(name)-key"), "-out", path(name))
  }

  /// Writes `NAME.pem` and `NAME-key.pem`, issued by `authority` for subject alternative names such as
  /// `DNS:localhost`.
  func issue(_ name: String, for names: String, by authority: String = "ca") throws {
    try openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
      "2", "-subj", "/CN=\(name)", "-CA", path(authority), "-CAkey", path("\(authority)-key"),
      "-addext", "subjectAltName=\(names)", "-addext", "basicConstraints=critical,CA:FALSE",
      "-keyout", path("\(name)-key"), "-out", path(name))
  }

  func server(_ name: String, clientCA: String? = nil) -> ServerTLSFiles {
    ServerTLSFiles(
      certificate: path(name), key: path("\(name)-key"), clientCA: clientCA.map(path))
  }

  private func openssl(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/openssl")
    process.arguments = arguments
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let text = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw RPCError(.internalError, "openssl: \(String(decoding: text, as: UTF8.self))")
    }
  }
}
