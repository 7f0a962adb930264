// The types of an app, read from a descriptor set and linked.

package import MartletCore

/// Every message, enum and service of one descriptor set. Immutable, so that threads share it.
package final class Schema: Sendable {
  let messages: [MessageRecord]
  let enums: [EnumRecord]
  private let serviceRecords: [ServiceRecord]
  private let messageByName: [String: Int]
  private let enumByName: [String: Int]
  private let serviceByName: [String: Int]
  private let methodByName: [MethodName: MethodRecord]
  let layouts: MessageLayouts

  /// Reads a serialized google.protobuf.FileDescriptorSet that has all its imports (`protoc
  /// --descriptor_set_out --include_imports`). The error names what is malformed, missing, given
  /// twice. What cannot be read although it is well formed, as groups and files of later editions, is
  /// refused where somebody looks into it.
  package init(descriptorSet: [UInt8]) throws(SchemaError) {
    guard descriptorSet.count <= SchemaLimits.maxDescriptorSetBytes else {
      throw SchemaError(
        "the descriptor set has \(descriptorSet.count) bytes; "
          + "at most \(SchemaLimits.maxDescriptorSetBytes) are read")
    }
    var linker = SchemaLinker()
    do throws(WireError) {
      try linker.declare(DescriptorSet(descriptorSet))
    } catch {
      throw SchemaError("this is not a descriptor set: \(error)")
    }
    try linker.link()
    messages = linker.messages
    enums = linker.enums
    serviceRecords = linker.services
    messageByName = linker.messageByName
    enumByName = linker.enumByName
    serviceByName = linker.serviceByName
    var methodByName: [MethodName: MethodRecord] = [:]
    for method in linker.services.flatMap(\.methods) { methodByName[method.name] = method }
    self.methodByName = methodByName
    layouts = MessageLayouts(messages: linker.messages)
  }

  /// All services in the order of the set.
  package var services: [ServiceType] {
    serviceRecords.map(serviceType)
  }

  package func service(named name: String) -> ServiceType? {
    serviceByName[name].map { serviceType(serviceRecords[$0]) }
  }

  package func method(_ name: MethodName) -> MethodType? {
    methodByName[name].map(methodType)
  }

  /// The message type with a full name such as `content.v1.Crop`.
  package func message(named name: String) -> MessageType? {
    messageByName[name].map { MessageType(schema: self, index: $0) }
  }

  package func enumeration(named name: String) -> EnumType? {
    enumByName[name].map { EnumType(schema: self, index: $0) }
  }

  /// The full names of all message types, unsorted.
  package var messageNames: [String] { Array(messageByName.keys) }

  private func serviceType(_ record: ServiceRecord) -> ServiceType {
    ServiceType(fullName: record.fullName, methods: record.methods.map(methodType))
  }

  private func methodType(_ record: MethodRecord) -> MethodType {
    MethodType(
      name: record.name, input: MessageType(schema: self, index: record.input),
      output: MessageType(schema: self, index: record.output),
      clientStreaming: record.clientStreaming, serverStreaming: record.serverStreaming,
      hasNoSideEffects: record.hasNoSideEffects)
  }
}

extension Schema {
  struct MessageRecord: Sendable {
    var fullName: String
    var isMapEntry = false
    /// Those of the type itself, then its extensions.
    var fields: [FieldRecord] = []
    var extensionCount = 0
    var oneofs: [OneofRecord] = []
    var indexByName: [String: Int] = [:]
    var indexByJSONName: [String: Int] = [:]
    var indexByNumber: [Int: Int] = [:]
    /// Indices of the fields in the order of their numbers, in which JSON is written.
    var indicesInOrder: [Int] = []
    /// Fields that travel as if they were not known, by name.
    var carried: [String: CarriedField] = [:]
    /// Why none of its fields is known; nil: they are.
    var unread: String?
  }

  struct CarriedField: Sendable {
    var number: Int
    var reason: String
  }

  struct FieldRecord: Sendable {
    var name: String
    var jsonName: String
    var number: Int
    var kind: FieldKind
    var isRepeated: Bool
    var isPacked: Bool
    var hasPresence: Bool
    /// Index into the message's oneofs; nil for the synthetic oneof of proto3's `optional`.
    var oneof: Int?
    /// Index into the schema's messages or enums, by kind.
    var typeIndex = -1
    /// What the field reads as when it is not set, where that is not zero or empty (proto2).
    var defaultText: String?
    /// Its texts need not be UTF-8.
    var takesAnyText = false
  }

  struct OneofRecord: Sendable {
    var name: String
    /// Numbers of its fields.
    var numbers: [Int] = []
    /// Numbers of its groups.
    var carried: [Int] = []
  }

  struct EnumRecord: Sendable {
    var fullName: String
    var values: [(name: String, number: Int32)] = []
    /// Other numbers than these are no values, as in proto2.
    var isClosed = false
    var numberByName: [String: Int32] = [:]
    var nameByNumber: [Int32: String] = [:]
  }

  struct ServiceRecord: Sendable {
    var fullName: String
    var methods: [MethodRecord] = []
  }

  struct MethodRecord: Sendable {
    var name: MethodName
    var input: Int
    var output: Int
    var clientStreaming: Bool
    var serverStreaming: Bool
    var hasNoSideEffects: Bool
  }
}
