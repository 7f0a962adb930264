// The types that fuzzed messages have.

import Foundation
import MartletSchema

enum FuzzSchema {
  /// A message type with every kind of field there is, and one of proto2.
  static let types: [MessageType] = {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let file = tests.appendingPathComponent("MartletSchemaTests/Protos/all_types.binpb")
    guard let set = try? Data(contentsOf: file), let schema = try? Schema(descriptorSet: Array(set))
    else { fatalError("\(file.path) is no descriptor set") }
    return ["martlet.test.v1.AllTypes", "martlet.test.legacy.Legacy"].compactMap {
      schema.message(named: $0)
    }
  }()
}
