// What is generated for a small file, and that all committed code is what the generator writes.
import Foundation
import SwiftProtobuf
import SwiftProtobufPluginLibrary
import Testing

@testable import protoc_gen_martlet

@Suite struct FileGeneratorTests {
  /// service Front { rpc Go(M) returns (M); } message M { string text = 1; } in package a.v1
  private let descriptors = {
    let proto = Google_Protobuf_FileDescriptorProto.with {
      $0.name = "a/v1/a.proto"
      $0.package = "a.v1"
      $0.syntax = "proto3"
      $0.messageType = [
        .with {
          $0.name = "M"
          $0.field = [
            .with {
              $0.name = "text"
              $0.number = 1
              $0.jsonName = "text"
              $0.label = .optional
              $0.type = .string
            }
          ]
        }
      ]
      $0.service = [
        .with {
          $0.name = "Front"
          $0.method = [
            .with {
              $0.name = "Go"
              $0.inputType = ".a.v1.M"
              $0.outputType = ".a.v1.M"
            }
          ]
        }
      ]
    }
    return DescriptorSet(protos: [proto])
  }()

  private func generate(_ options: [(key: String, value: String)]) throws -> [String] {
    let file = try #require(descriptors.fileDescriptor(named: "a/v1/a.proto"))
    let options = try GeneratorOptions(options)
    let contents = try #require(FileGenerator(file: file, options: options).contents())
    return contents.split(separator: "\n").map(String.init)
  }

  @Test func userCodeIsInternalAndImportsMartlet() throws {
    let lines = try generate([])
    #expect(lines.contains("import Martlet"))
    #expect(lines.contains("enum A_V1_Front: ServiceNamespace {"))
    #expect(lines.contains("  protocol Service: DeploymentService {"))
    #expect(lines.contains("    func go(_ request: A_V1_M, _ call: Call) async throws -> A_V1_M"))
    #expect(lines.contains("    static let text = FieldPath<A_V1_M, String>(\"text\")"))
  }

  /// A module whose other files import Martlet plainly would not compile with anything else.
  @Test(arguments: ["Internal", "Public", "Package"])
  func importsHaveAnAccessLevelOnlyWhereAsked(visibility: String) throws {
    let level = visibility.lowercased()
    let plain = try generate([(key: "Visibility", value: visibility)])
    #expect(plain.contains("import Martlet"))
    #expect(!plain.contains("\(level) import Martlet"))
    let asked = try generate([
      (key: "Visibility", value: visibility), (key: "UseAccessLevelOnImports", value: "true"),
    ])
    #expect(asked.contains("\(level) import Martlet"))
  }

  @Test func visibilityIsSaidEverywhere() throws {
    let lines = try generate([
      (key: "Visibility", value: "Public"), (key: "UseAccessLevelOnImports", value: "true"),
    ])
    #expect(lines.contains("public import Martlet"))
    let declarations = ["enum ", "struct ", "static ", "init("]
    for line in lines where declarations.contains(where: { line.trimmed.hasPrefix($0) }) {
      Issue.record("not public: \(line)")
    }
  }

  @Test func fileWithoutAnythingGivesNothing() throws {
    let proto = Google_Protobuf_FileDescriptorProto.with { $0.name = "empty.proto" }
    let descriptors = DescriptorSet(protos: [proto])
    let file = try #require(descriptors.fileDescriptor(named: "empty.proto"))
    #expect(FileGenerator(file: file, options: GeneratorOptions()).contents() == nil)
  }

  /// Needs protoc and both plugins; `tools/test` has them.
  @Test(.enabled(if: Plugins.folder != nil, "no protoc, or no protoc-gen-swift beside the tests"))
  func committedCodeIsWhatTheGeneratorWrites() throws {
    let tool = URL(filePath: #filePath).appending(path: "../../../tools/generate").standardized
    let process = Process()
    process.executableURL = tool
    process.arguments = ["--check"]
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["MARTLET_PLUGINS": try #require(Plugins.folder)]) { _, new in new }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
  }
}

/// Where the plugins are: `MARTLET_PLUGINS`, or beside the test executable.
private enum Plugins {
  static let folder: String? = {
    let beside = try? URL(
      filePath: FileManager.default.destinationOfSymbolicLink(
        atPath: "/proc/self/exe")
    ).deletingLastPathComponent().path
    let folders = [ProcessInfo.processInfo.environment["MARTLET_PLUGINS"], beside]
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    guard path.split(separator: ":").contains(where: { isProgram("\($0)/protoc") }) else {
      return nil
    }
    return folders.compactMap(\.self).first {
      isProgram("\($0)/protoc-gen-swift") && isProgram("\($0)/protoc-gen-martlet")
    }
  }()

  private static func isProgram(_ path: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: path)
  }
}

extension String {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespaces) }
}
