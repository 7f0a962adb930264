// Every input of the kept corpora, once more.

import Foundation
import MartletFuzz
import Testing

@Suite struct ReplayTests {
  static let corpora = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("corpora")

  @Test(arguments: FuzzTarget.allCases)
  func keptInputsBreakNoClaim(_ target: FuzzTarget) throws {
    let folder = Self.corpora.appendingPathComponent(target.rawValue)
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    #expect(!files.isEmpty)
    for file in files {
      let input = Array(try Data(contentsOf: file))
      do {
        try input.withUnsafeBytes { try target.run($0) }
      } catch {
        Issue.record("\(target.rawValue)/\(file.lastPathComponent): \(error)")
      }
    }
  }

  /// The corpora are for every clone and every test run, so they stay small.
  @Test func theCorporaStaySmall() throws {
    var (files, bytes) = (0, 0)
    for target in FuzzTarget.allCases {
      let folder = Self.corpora.appendingPathComponent(target.rawValue)
      for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
        let path = folder.appendingPathComponent(file).path
        files += 1
        bytes += try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
      }
    }
    #expect(files <= 300)
    #expect(bytes <= 200 << 10)
  }
}
