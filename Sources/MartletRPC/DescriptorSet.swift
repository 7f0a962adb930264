// The descriptor sets that generated code carries, so that no `.proto` is needed at run time.
internal import MartletCore
internal import SwiftProtobuf

/// A serialized `google.protobuf.FileDescriptorSet`, imports included.
public struct DescriptorSet: Sendable {
  private enum Form {
    case bytes([UInt8])
    case base64(StaticString)
  }

  private let form: Form

  public init(bytes: [UInt8]) {
    form = .bytes(bytes)
  }

  /// Takes what protoc-gen-martlet wrote: base64 (RFC 4648 §4), decoded when it is asked for. Text that is not
  /// base64 is an empty set.
  public init(base64: StaticString) {
    form = .base64(base64)
  }

  /// The set as protoc writes it.
  public var bytes: [UInt8] {
    switch form {
    case .bytes(let bytes): bytes
    case .base64(let text): text.withUTF8Buffer { Base64.decode(UnsafeRawBufferPointer($0)) } ?? []
    }
  }

  /// One set with every file of `sets` once, those that others import first.
  ///
  /// - Throws: an error of swift-protobuf when a set is not a FileDescriptorSet.
  public static func merging(_ sets: [DescriptorSet]) throws -> DescriptorSet {
    var merged = Google_Protobuf_FileDescriptorSet()
    var names: Set<String> = []
    for set in sets {
      let files = try Google_Protobuf_FileDescriptorSet(serializedBytes: set.bytes).file
      merged.file += files.filter { names.insert($0.name).inserted }
    }
    return DescriptorSet(bytes: try merged.serializedBytes())
  }
}
