// The test schema and what its tests share.

import Foundation
import MartletSchema
import SwiftProtobuf
import Testing

typealias AllTypes = Martlet_Test_V1_AllTypes
typealias Legacy = Martlet_Test_Legacy_Legacy

enum Fixture {
  /// `Protos/*.proto` as protoc compiled them, with imports.
  static let descriptorSet: [UInt8] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let file = folder.appendingPathComponent("Protos/all_types.binpb")
    return (try? Data(contentsOf: file)).map(Array.init) ?? []
  }()

  static func schema() throws -> Schema { try Schema(descriptorSet: descriptorSet) }

  static func allTypes() throws -> MessageType {
    try #require(schema().message(named: "martlet.test.v1.AllTypes"))
  }

  static func legacy() throws -> MessageType {
    try #require(schema().message(named: "martlet.test.legacy.Legacy"))
  }
}

extension AllTypes {
  var bytes: [UInt8] {
    get throws {
      // Maps in a defined order, so that bytes compare.
      var options = BinaryEncodingOptions()
      options.useDeterministicOrdering = true
      return Array(try serializedData(options: options) as Data)
    }
  }

  var json: String { get throws { try jsonString() } }

  static func with(_ fill: (inout AllTypes) -> Void) -> AllTypes {
    var message = AllTypes()
    fill(&message)
    return message
  }
}
