// Weights on disk: named tensors in the safetensors format.
private import FoundationEssentials

/// A file of tensors: the length of a JSON header as a little-endian 64-bit number, the header, the data
/// (https://github.com/huggingface/safetensors#format). Of its types F32, I8 and U8 are read.
struct TensorFile: Sendable {
  /// Bytes; the example's own weights take a tenth.
  private static let greatestFile = 16 << 20

  /// What the header says beside the tensors.
  let metadata: [String: String]

  private let entries: [String: Entry]
  private let data: [UInt8]

  /// What is wrong with a file.
  struct Fault: Error, CustomStringConvertible {
    let description: String
  }

  private struct Entry: Decodable {
    let dtype: String
    let shape: [Int]
    let offsets: [Int]

    private enum CodingKeys: String, CodingKey {
      case dtype
      case shape
      case offsets = "data_offsets"
    }
  }

  private struct Header: Decodable {
    var metadata: [String: String] = [:]
    var entries: [String: Entry] = [:]

    private struct Key: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }

      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      for key in container.allKeys {
        if key.stringValue == "__metadata__" {
          metadata = try container.decode([String: String].self, forKey: key)
        } else {
          entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
        }
      }
    }
  }

  init(path: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    do {
      try self.init(bytes)
    } catch {
      throw Fault(description: "\(path): \(error)")
    }
  }

  init(_ bytes: [UInt8]) throws {
    guard bytes.count >= 8, bytes.count <= Self.greatestFile else {
      throw Fault(description: "\(bytes.count) bytes are no weights")
    }
    let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(bytes.count - 8) else {
      throw Fault(description: "the header is cut short")
    }
    let end = 8 + Int(length)
    let header = try JSONDecoder().decode(Header.self, from: Data(bytes[8..<end]))
    metadata = header.metadata
    entries = header.entries
    data = Array(bytes[end...])
  }

  /// The shape of a tensor; nil when there is none of that name.
  func shape(_ name: String) -> [Int]? {
    entries[name]?.shape
  }

  /// The numbers of an F32 tensor.
  func floats(_ name: String, shape: [Int]) throws -> [Float] {
    let bytes = try bytes(name, type: "F32", size: 4, shape: shape)
    return stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { index in
      let pattern = bytes[index..<(index + 4)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      return Float(bitPattern: pattern)
    }
  }

  /// The numbers of an I8 tensor.
  func signedBytes(_ name: String, shape: [Int]) throws -> [Int8] {
    try bytes(name, type: "I8", size: 1, shape: shape).map { Int8(bitPattern: $0) }
  }

  /// The numbers of a U8 tensor.
  func bytes(_ name: String, shape: [Int]) throws -> [UInt8] {
    Array(try bytes(name, type: "U8", size: 1, shape: shape))
  }

  private func bytes(
    _ name: String, type: String, size: Int, shape: [Int]
  ) throws -> ArraySlice<UInt8> {
    guard let entry = entries[name] else {
      throw Fault(description: "there is no tensor \"\(name)\"")
    }
    guard entry.dtype == type, entry.shape == shape, entry.offsets.count == 2,
      let start = entry.offsets.first, let end = entry.offsets.last, start >= 0,
      start <= end, end <= data.count, end - start == shape.reduce(size, *)
    else {
      throw Fault(
        description: "the tensor \"\(name)\" is \(entry.dtype) \(entry.shape), not \(type) \(shape)"
      )
    }
    return data[start..<end]
  }
}
