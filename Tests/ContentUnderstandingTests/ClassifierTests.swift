// The committed weights, read and used as the Python that trained them does.
import FoundationEssentials
import Testing

@testable import ContentUnderstanding

@Suite struct ClassifierTests {
  /// A crop of a held-out page, and what `tools/train-digits` found each classifier to say of it.
  private struct Sample: Decodable {
    struct Label: Decodable {
      let object: String
      let score: Float
    }

    let digit: Int
    let cells: [UInt8]
    let labels: [String: Label]
  }

  private static let tests = URL(filePath: #filePath).deletingLastPathComponent()

  private static let weights = tests.deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "deploy/content-understanding/weights")

  private func samples() throws -> [Sample] {
    let file = Self.tests.appending(path: "Samples/labels.json")
    return try JSONDecoder().decode([Sample].self, from: Data(contentsOf: file))
  }

  @Test(arguments: ["expert-looped", "expert-open", "perceptron", "neighbours", "softmax"])
  func saysWhatPythonSays(name: String) throws {
    let path = Self.weights.appending(path: "\(name).safetensors").path
    let model = try DigitModels.model(TensorFile(path: path))
    let samples = try samples()
    #expect(samples.count >= 10)
    for sample in samples {
      let label = try #require(sample.labels[name])
      let digit = try #require(Int(label.object))
      let probabilities = model.probabilities(of: sample.cells)
      #expect(probabilities.count == DigitModels.classes)
      #expect(abs(probabilities[digit] - label.score) < 1e-3)
      #expect(probabilities.max() == probabilities[digit])
      #expect(abs(probabilities.reduce(0, +) - 1) < 1e-4)
    }
  }
}

@Suite struct TensorFileTests {
  private func file(_ header: String, _ data: [UInt8]) -> [UInt8] {
    let length = UInt64(header.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8) + data
  }

  @Test func readsTensorsByName() throws {
    let header = """
      {"__metadata__":{"family":"network"},\
      "a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},\
      "b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}
      """
    let tensors = try TensorFile(file(header, [0xFF, 3, 0, 0, 0x80, 0x3F]))
    #expect(tensors.metadata == ["family": "network"])
    #expect(try tensors.signedBytes("a", shape: [2]) == [-1, 3])
    #expect(try tensors.floats("b", shape: [1]) == [1])
    #expect(tensors.shape("c") == nil)
    #expect(throws: TensorFile.Fault.self) { try tensors.bytes("a", shape: [2]) }
  }

  @Test(arguments: [[0, 3], [1, 2], [2, 1], [-1, 1], [0]])
  func refusesOffsetsOutsideTheData(offsets: [Int]) throws {
    let header = #"{"a":{"dtype":"U8","shape":[2],"data_offsets":\#(offsets)}}"#
    let tensors = try TensorFile(file(header, [1, 2]))
    #expect(throws: TensorFile.Fault.self) { try tensors.bytes("a", shape: [2]) }
  }

  @Test func refusesAHeaderThatIsCutShort() {
    #expect(throws: TensorFile.Fault.self) { try TensorFile([9, 0, 0, 0, 0, 0, 0, 0, 1]) }
    #expect(throws: TensorFile.Fault.self) { try TensorFile([1, 2]) }
  }
}
