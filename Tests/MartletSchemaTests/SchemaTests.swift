// What a schema takes from a descriptor set.

import MartletCore
import MartletSchema
import SwiftProtobuf
import Testing

@Suite struct SchemaTests {
  @Test func anEmptyDescriptorSetIsAnEmptySchema() throws {
    #expect(try Schema(descriptorSet: []).services.isEmpty)
  }

  @Test func methodsSayWhatTheyTakeAndGive() throws {
    let schema = try Fixture.schema()
    let service = try #require(schema.service(named: "martlet.test.v1.Everything"))
    #expect(service.methods.map(\.name.method) == ["Echo", "Collect", "Expand", "Chat"])
    #expect(service.methods.map(\.isUnary) == [true, false, false, false])
    #expect(service.methods.map(\.clientStreaming) == [false, true, false, true])
    #expect(service.methods.map(\.serverStreaming) == [false, false, true, true])
    let collect = try #require(
      schema.method(MethodName(service: "martlet.test.v1.Everything", method: "Collect")))
    #expect(collect.input.fullName == "martlet.test.v1.AllTypes")
    #expect(collect.output.fullName == "martlet.test.v1.FewTypes")
    #expect(schema.method(MethodName(service: "martlet.test.v1.Everything", method: "No")) == nil)
  }

  @Test func methodsSayWhetherTheyHaveSideEffects() throws {
    typealias Level = Google_Protobuf_MethodOptions.IdempotencyLevel
    let levels: [Level?] = [nil, .idempotencyUnknown, .noSideEffects, .idempotent]
    var file = Google_Protobuf_FileDescriptorProto()
    file.syntax = "proto3"
    file.messageType = [.with { $0.name = "M" }]
    file.service = [
      .with {
        $0.name = "S"
        $0.method = levels.enumerated().map { index, level in
          .with {
            $0.name = "M\(index)"
            $0.inputType = ".M"
            $0.outputType = ".M"
            $0.options.deprecated = true
            if let level { $0.options.idempotencyLevel = level }
          }
        }
      }
    ]
    let set = Google_Protobuf_FileDescriptorSet.with { $0.file = [file] }
    let schema = try Schema(descriptorSet: set.serializedBytes())
    let service = try #require(schema.service(named: "S"))
    #expect(service.methods.map(\.hasNoSideEffects) == [false, false, true, false])
  }

  @Test func fieldsSayWhatTheyAre() throws {
    let type = try Fixture.allTypes()
    let map = try type.requireField("m_string_message")
    #expect(map.isMap && map.isRepeated)
    #expect(try type.requireField("o_int32").hasPresence)
    #expect(try type.requireField("o_int32").oneof == nil)
    #expect(try !type.requireField("f_int32").hasPresence)
    #expect(try type.requireField("c_kind").oneof == "choice")
    #expect(try type.requireField("r_int32").isPacked)
    #expect(try !type.requireField("r_unpacked").isPacked)
    #expect(try type.requireField("renamed").jsonName == "spelled_so")
    #expect(try type.requireField("r_message").typeName == "repeated martlet.test.v1.AllTypes")
    #expect(try type.requireField("f_message").messageType == type)
    #expect(try type.requireField("f_kind").enumType?.name(of: 2) == "KIND_OPEN")
  }

  /// A set of one file, with whatever is wrong in it.
  private func error(
    in fill: (inout Google_Protobuf_FileDescriptorProto) -> Void
  ) throws -> String? {
    var file = Google_Protobuf_FileDescriptorProto()
    file.name = "test.proto"
    file.package = "p"
    file.syntax = "proto3"
    fill(&file)
    var set = Google_Protobuf_FileDescriptorSet()
    set.file = [file]
    let bytes: [UInt8] = try set.serializedBytes()
    do {
      _ = try Schema(descriptorSet: bytes)
      return nil
    } catch {
      return "\(error)"
    }
  }

  private func message(
    _ name: String, _ fields: [Google_Protobuf_FieldDescriptorProto] = []
  ) -> Google_Protobuf_DescriptorProto {
    .with {
      $0.name = name
      $0.field = fields
    }
  }

  private func field(
    _ name: String, _ number: Int32, _ type: Google_Protobuf_FieldDescriptorProto.TypeEnum,
    _ typeName: String = ""
  ) -> Google_Protobuf_FieldDescriptorProto {
    .with {
      $0.name = name
      $0.number = number
      $0.type = type
      $0.label = .optional
      if !typeName.isEmpty { $0.typeName = typeName }
    }
  }

  @Test func groupsAreNoReasonToRefuseASchema() throws {
    #expect(
      try error { $0.messageType = [message("M", [field("g", 1, .group, ".p.M")])] } == nil)
  }

  @Test func missingImportsAreNamed() throws {
    let error = try error {
      $0.messageType = [message("M", [field("f", 1, .message, ".q.Missing")])]
    }
    #expect(
      error == "p.M.f needs q.Missing, which the descriptor set does not have; "
        + "make it with protoc --include_imports")
  }

  @Test func namesAndNumbersAreUnique() throws {
    #expect(
      try error { $0.messageType = [message("M"), message("M")] }
        == "p.M is defined twice in the descriptor set")
    #expect(
      try error { $0.messageType = [message("M", [field("a", 1, .bool), field("b", 1, .bool)])] }
        == "p.M has two fields named b or numbered 1")
  }

  @Test func servicesAreFoundByTheirNamesWhichAreUnique() throws {
    func services(_ names: [String]) -> Google_Protobuf_FileDescriptorSet {
      .with {
        $0.file = [
          .with {
            $0.name = "a.proto"
            $0.package = "p"
            $0.syntax = "proto3"
            $0.service = names.map { name in .with { $0.name = name } }
          }
        ]
      }
    }
    let names = (0..<20_000).map { "S\($0)" }
    let schema = try Schema(descriptorSet: services(names).serializedBytes())
    #expect(schema.services.map(\.fullName) == names.map { "p.\($0)" })
    // So many that comparing each with all others would take most of a minute.
    #expect(names.allSatisfy { schema.service(named: "p.\($0)")?.fullName == "p.\($0)" })
    #expect(schema.service(named: "p.T") == nil)
    let error = #expect(throws: SchemaError.self) {
      try Schema(descriptorSet: services(["S", "T", "S"]).serializedBytes())
    }
    #expect(error?.description == "p.S is defined twice in the descriptor set")
  }

  @Test func editionsAreNoReasonToRefuseASchema() throws {
    #expect(try error { $0.syntax = "editions" } == nil)
  }

  @Test func fieldNumbersOutOfRangeAreRefused() throws {
    #expect(try error { $0.messageType = [message("M", [field("a", 0, .bool)])] } != nil)
    #expect(try error { $0.messageType = [message("M", [field("a", 1 << 29, .bool)])] } != nil)
    #expect(try error { $0.messageType = [message("M", [field("a", 1 << 29 - 1, .bool)])] } == nil)
  }

  @Test func everyTruncatedSetIsAnErrorOrASchema() {
    let set = Fixture.descriptorSet
    #expect(set.count > 1000)
    for length in stride(from: 0, to: set.count, by: 7) {
      _ = try? Schema(descriptorSet: Array(set[..<length]))
    }
  }

  @Test func mutatedSetsNeverCrash() {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<500 {
      var set = Fixture.descriptorSet
      for _ in 0..<3 {
        set[Int.random(in: 0..<set.count, using: &random)] = .random(in: 0...255, using: &random)
      }
      guard let schema = try? Schema(descriptorSet: set),
        let type = schema.message(named: "martlet.test.v1.AllTypes"),
        let bytes = try? FieldSamples.full.bytes
      else { continue }
      // Whatever layout came out, it holds its messages.
      if let message = try? DynamicMessage(unpacking: bytes, as: type) { _ = message.pack() }
      _ = try? type.json(bytes)
    }
  }

  @Test func deeplyNestedMessageTypesAreAnError() {
    var message: [UInt8] = []
    for _ in 0..<10_000 {
      var outer: [UInt8] = []
      outer.appendField(3, message)
      message = outer
    }
    var file: [UInt8] = []
    file.appendField(4, message)
    var set: [UInt8] = []
    set.appendField(1, file)
    #expect(throws: SchemaError.self) { try Schema(descriptorSet: set) }
  }
}
