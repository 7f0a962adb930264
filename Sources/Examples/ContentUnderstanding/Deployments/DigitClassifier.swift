// A crop in, a digit out.
import Martlet

/// Answers with whatever model its weights hold: the experts and the ensemble differ only in those.
struct DigitClassifier: Content_V1_Classifier.Service {
  private let model: any DigitModel

  /// Reads the file that `user_config.weights` names, relative to the app file's folder.
  init(_ context: ReplicaContext) throws {
    guard case .string(let path)? = context.config["weights"] else {
      throw TensorFile.Fault(
        description: "\(context.deployment): user_config.weights must name a file of weights")
    }
    model = try DigitModels.model(TensorFile(path: path))
  }

  func classify(_ crop: Content_V1_Crop, _ call: Call) async throws -> Content_V1_Label {
    guard crop.side == DigitModels.side,
      crop.cells.count == DigitModels.side * DigitModels.side
    else {
      throw RPCError(
        .invalidArgument,
        "a crop of \(crop.cells.count) cells with side \(crop.side) is not one of "
          + "\(DigitModels.side) x \(DigitModels.side)")
    }
    let probabilities = model.probabilities(of: [UInt8](crop.cells))
    var best = 0
    for digit in probabilities.indices where probabilities[digit] > probabilities[best] {
      best = digit
    }
    var label = Content_V1_Label()
    label.object = "\(best)"
    label.score = probabilities[best]
    return label
  }
}
