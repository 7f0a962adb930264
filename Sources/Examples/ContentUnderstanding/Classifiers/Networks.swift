// Networks of neurons: softmax regression with one layer, perceptrons with more.
private import Glibc

/// The mean of what several networks say. Each is a row of layers: rectified linear units, and a softmax
/// at the end.
struct Networks: DigitModel {
  private let members: [[Layer]]

  /// Reads tensors `M.L.weights` (I8, outputs times inputs), `M.L.scales` (F32, one per output) and
  /// `M.L.biases` (F32) for each layer L of each member M, both from 0 on.
  init(_ file: TensorFile) throws {
    var members: [[Layer]] = []
    while file.shape("\(members.count).0.weights") != nil {
      var layers: [Layer] = []
      var inputs = DigitModels.side * DigitModels.side
      while let shape = file.shape("\(members.count).\(layers.count).weights") {
        let name = "\(members.count).\(layers.count)"
        layers.append(try Layer(file, name: name, inputs: inputs, outputs: shape.first ?? 0))
        inputs = layers[layers.count - 1].outputs
      }
      guard inputs == DigitModels.classes else {
        throw TensorFile.Fault(description: "network \(members.count) has \(inputs) outputs")
      }
      members.append(layers)
    }
    guard !members.isEmpty else { throw TensorFile.Fault(description: "there is no network") }
    self.members = members
  }

  func probabilities(of cells: [UInt8]) -> [Float] {
    let full = Float(CropNormalizer.fullCell)
    let inputs = Vectors(cells.map { Float($0) / full })
    var sums = [Float](repeating: 0, count: DigitModels.classes)
    for layers in members {
      var values = inputs
      for layer in layers.dropLast() {
        values = Vectors(layer.outputs(values).map { max(0, $0) })
      }
      let said = softmax(layers[layers.count - 1].outputs(values))
      for index in sums.indices { sums[index] += said[index] }
    }
    return sums.map { $0 / Float(members.count) }
  }
}

/// Numbers in groups of eight, the last filled up with zeros, for the CPU to take a group at a time.
private struct Vectors: Sendable {
  var groups: [SIMD8<Float>]

  init(_ numbers: [Float]) {
    groups = stride(from: 0, to: numbers.count, by: 8).map { start in
      var group = SIMD8<Float>.zero
      for index in start..<min(start + 8, numbers.count) { group[index - start] = numbers[index] }
      return group
    }
  }
}

/// One layer: a weighted sum for each output.
private struct Layer: Sendable {
  let outputs: Int
  private let rows: [Vectors]
  private let biases: [Float]

  init(_ file: TensorFile, name: String, inputs: Int, outputs: Int) throws {
    self.outputs = outputs
    let weights = try file.signedBytes("\(name).weights", shape: [outputs, inputs])
    let scales = try file.floats("\(name).scales", shape: [outputs])
    biases = try file.floats("\(name).biases", shape: [outputs])
    rows = (0..<outputs).map { row in
      Vectors(weights[(row * inputs)..<((row + 1) * inputs)].map { Float($0) * scales[row] })
    }
  }

  func outputs(_ inputs: Vectors) -> [Float] {
    zip(rows, biases).map { row, bias in
      var sum = SIMD8<Float>.zero
      for index in row.groups.indices {
        sum.addProduct(row.groups[index], inputs.groups[index])
      }
      return sum.sum() + bias
    }
  }
}

/// Numbers as probabilities that grow with them exponentially.
func softmax(_ numbers: [Float]) -> [Float] {
  let greatest = numbers.max() ?? 0
  let powers = numbers.map { expf($0 - greatest) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}
