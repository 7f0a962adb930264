// What a schema takes from a descriptor set.

import MartletSchema
import Testing

@Suite struct SchemaTests {
  @Test func anEmptyDescriptorSetIsAnEmptySchema() throws {
    #expect(try Schema(descriptorSet: []).services.isEmpty)
  }
}
