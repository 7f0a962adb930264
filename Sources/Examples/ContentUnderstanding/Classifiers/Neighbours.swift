// The nearest examples decide.
private import Glibc

/// Compares a crop with examples that were kept; each of the nearest few votes for its digit with a
/// weight that falls with its distance.
struct Neighbours: DigitModel {
  private let examples: [[SIMD16<Int16>]]
  private let digits: [Int]
  private let count: Int
  private let reach: Float

  /// Reads the tensors `examples` (U8, examples times cells) and `digits` (U8), how many neighbours vote
  /// (`neighbours`), and the squared distance at which a vote has fallen to 1/e (`reach`).
  init(_ file: TensorFile) throws {
    guard let shape = file.shape("examples"), let kept = shape.first, kept > 0,
      let count = file.metadata["neighbours"].flatMap({ Int($0) }), (1...kept).contains(count),
      let reach = file.metadata["reach"].flatMap({ Float($0) }), reach > 0
    else {
      throw TensorFile.Fault(description: "examples, neighbours or reach is missing")
    }
    let cells = DigitModels.side * DigitModels.side
    let bytes = try file.bytes("examples", shape: [kept, cells])
    digits = try file.bytes("digits", shape: [kept]).map { Int($0) }
    guard digits.allSatisfy({ $0 < DigitModels.classes }) else {
      throw TensorFile.Fault(description: "an example is of no digit")
    }
    examples = (0..<kept).map { Self.groups(bytes[($0 * cells)..<(($0 + 1) * cells)]) }
    self.count = count
    self.reach = reach
  }

  func probabilities(of cells: [UInt8]) -> [Float] {
    let crop = Self.groups(cells[...])
    // A cell holds 16 at most, so a squared difference is at most 256 and sixteen of them fit.
    let distances = examples.map { example in
      var sum = SIMD16<Int16>.zero
      for index in crop.indices {
        let difference = example[index] &- crop[index]
        sum &+= difference &* difference
      }
      return (0..<16).reduce(Int32(0)) { $0 + Int32(sum[$1]) }
    }
    let nearest = distances.indices.sorted { (distances[$0], $0) < (distances[$1], $1) }
    var votes = [Float](repeating: 0, count: DigitModels.classes)
    let least = Float(distances[nearest[0]])
    for index in nearest.prefix(count) {
      votes[digits[index]] += expf((least - Float(distances[index])) / reach)
    }
    let sum = votes.reduce(0, +)
    return votes.map { $0 / sum }
  }

  private static func groups(_ cells: ArraySlice<UInt8>) -> [SIMD16<Int16>] {
    stride(from: cells.startIndex, to: cells.endIndex, by: 16).map { start in
      var group = SIMD16<Int16>.zero
      for index in start..<min(start + 16, cells.endIndex) {
        group[index - start] = Int16(min(cells[index], UInt8(CropNormalizer.fullCell)))
      }
      return group
    }
  }
}
