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

  /// Takes what protoc-gen-martlet wrote: standard base64 (RFC 4648 §4), decoded when it is asked
  /// for.
  public init(base64: StaticString) {
    form = .base64(base64)
  }

  /// The set as protoc writes it.
  public var bytes: [UInt8] {
    switch form {
    case .bytes(let bytes): bytes
    case .base64(let text): text.withUTF8Buffer { decode($0) }
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

/// Decodes base64; what is none is skipped.
private func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.count * 3 / 4)
  var bits: UInt32 = 0
  var count = 0
  for character in text {
    guard let value = value(of: character) else { continue }
    bits = bits << 6 | value
    count += 6
    if count >= 8 {
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
  }
  return bytes
}

private func value(of character: UInt8) -> UInt32? {
  switch character {
  case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
  case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
  case UInt8(ascii: "+"): 62
  case UInt8(ascii: "/"): 63
  default: nil
  }
}
