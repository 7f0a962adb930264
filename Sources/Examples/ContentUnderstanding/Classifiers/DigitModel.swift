// What every family of classifiers can do, and how one is read from its file.

/// Tells digits apart.
protocol DigitModel: Sendable {
  /// How probable each digit is, 0 to 9, for the cells of a crop: `DigitModels.side` squared of them,
  /// each 0 to 16.
  func probabilities(of cells: [UInt8]) -> [Float]
}

/// The families of classifiers.
enum DigitModels {
  /// Cells along one side of a crop.
  static let side = 16

  /// Digits.
  static let classes = 10

  /// Reads the model of the file's family, `network` or `neighbours`.
  static func model(_ file: TensorFile) throws -> any DigitModel {
    switch file.metadata["family"] {
    case "network": return try Networks(file)
    case "neighbours": return try Neighbours(file)
    case let other:
      throw TensorFile.Fault(
        description: "the family \"\(other ?? "")\" is neither network nor neighbours")
    }
  }
}
