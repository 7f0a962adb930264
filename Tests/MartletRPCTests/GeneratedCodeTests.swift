// What generated code says about a service without running it.
import MartletCore
import MartletRPC
import SwiftProtobuf
import Testing

@Suite struct GeneratedCodeTests {
  @Test func binderKnowsServicesAndMethods() {
    let binder = ServiceBinder<KindsService>()
    #expect(binder.serviceNames == ["test.kinds.v1.Kinds"])
    #expect(
      binder.methods.map(\.method) == ["Double", "Join", "Split", "Echo", "Return", "Name"])
  }

  @Test func methodsHaveTheirNames() {
    #expect(Test_Kinds_V1_Kinds.name_.name.description == "test.kinds.v1.Kinds/Name")
  }

  @Test func descriptorSetHasTheFileAndItsImports() throws {
    let bytes = Test_Kinds_V1_Kinds.descriptorSet.bytes
    let set = try Google_Protobuf_FileDescriptorSet(serializedBytes: bytes)
    #expect(set.file.map(\.name) == ["google/protobuf/empty.proto", "kinds.proto"])
    #expect(set.file.last?.service.first?.method.count == 6)
  }

  @Test func mergedSetHasEachFileOnce() throws {
    let sets = [
      Test_Kinds_V1_Kinds.descriptorSet, Grpc_Health_V1_Health.descriptorSet,
      Test_Kinds_V1_Kinds.descriptorSet,
    ]
    let merged = try DescriptorSet.merging(sets)
    let set = try Google_Protobuf_FileDescriptorSet(serializedBytes: merged.bytes)
    #expect(
      set.file.map(\.name) == [
        "google/protobuf/empty.proto", "kinds.proto", "grpc/health/v1/health.proto",
      ])
  }

  @Test func fieldPathsHaveTheSpellingOfTheProto() {
    #expect(Test_Kinds_V1_Fields.fields.byName.text == "by_name")
    #expect(Test_Kinds_V1_Fields.fields.default.text == "default")
    #expect(Test_Kinds_V1_Taken.fieldPaths.fields.text == "fields")
    let nested = Test_Kinds_V1_Fields.fields.inner.appending(
      Test_Kinds_V1_Fields.Inner.fields.number)
    #expect(nested.text == "inner.number")
  }

  @Test func oneofsAndTheirMembersHaveIt() {
    let choice: OneofPath = Test_Kinds_V1_Fields.fields.choice
    #expect(choice.text == "choice")
    #expect(Test_Kinds_V1_Fields.fields.OneOf_Choice.large.rawValue == "large")
    let request = FieldPath<Test_Kinds_V1_Taken, Test_Kinds_V1_Fields>("outer")
    #expect(request.appending(choice).text == "outer.choice")
  }
}
