// The graph of Understanding/Analyze once more, as code.
import Martlet

/// Calls the other deployments through handles. Each call takes over the deadline, the metadata and the
/// cancellation of the one that is answered; the first that fails cancels those beside it and is the
/// answer.
struct Conductor: Content_V1_Conductor.Service {
  private let downloader: Content_V1_Downloader.Client
  private let preprocessor: Content_V1_Preprocessor.Client
  private let detector: Content_V1_Detector.Client
  private let experts: (looped: Content_V1_Classifier.Client, open: Content_V1_Classifier.Client)
  private let perceptron: Content_V1_Classifier.Client
  private let neighbours: Content_V1_Classifier.Client
  private let softmax: Content_V1_Classifier.Client
  private let combiner: Content_V1_Combiner.Client

  init(_ context: ReplicaContext) {
    downloader = context.handle(Content_V1_Downloader.self, on: "downloader")
    preprocessor = context.handle(Content_V1_Preprocessor.self, on: "preprocessor")
    detector = context.handle(Content_V1_Detector.self, on: "detector")
    experts = (
      looped: context.handle(Content_V1_Classifier.self, on: "expert-looped"),
      open: context.handle(Content_V1_Classifier.self, on: "expert-open")
    )
    perceptron = context.handle(Content_V1_Classifier.self, on: "perceptron")
    neighbours = context.handle(Content_V1_Classifier.self, on: "neighbours")
    softmax = context.handle(Content_V1_Classifier.self, on: "softmax")
    combiner = context.handle(Content_V1_Combiner.self, on: "combiner")
  }

  func analyze(
    _ request: Content_V1_AnalyzeRequest, _ call: Call
  ) async throws -> Content_V1_AnalyzeResponse {
    let document = try await downloader.fetch(request)
    let page = try await preprocessor.prepare(document)
    var detections = try await detector.detect(page)
    detections.labels = try await labels(of: detections.boxes)
    return try await combiner.combine(detections)
  }

  /// Asks for all crops at once, of which the detector finds `PageLimits.glyphs` at most; the labels are in
  /// the crops' order.
  private func labels(of crops: [Content_V1_Crop]) async throws -> [Content_V1_Label] {
    try await withThrowingTaskGroup(of: (Int, Content_V1_Label).self) { group in
      for (index, crop) in crops.enumerated() {
        group.addTask { (index, try await label(of: crop)) }
      }
      var labels = [Content_V1_Label](repeating: Content_V1_Label(), count: crops.count)
      for try await (index, label) in group { labels[index] = label }
      return labels
    }
  }

  private func label(of crop: Content_V1_Crop) async throws -> Content_V1_Label {
    switch crop.kind {
    case "looped": try await experts.looped.classify(crop)
    case "open": try await experts.open.classify(crop)
    default: try await vote(on: crop)
    }
  }

  private func vote(on crop: Content_V1_Crop) async throws -> Content_V1_Label {
    async let first = perceptron.classify(crop)
    async let second = neighbours.classify(crop)
    async let third = softmax.classify(crop)
    return winner(of: try await (first, second, third))
  }

  /// Two of three that agree win; where each says another digit, the first does.
  private func winner(
    of labels: (Content_V1_Label, Content_V1_Label, Content_V1_Label)
  ) -> Content_V1_Label {
    labels.1.object == labels.2.object && labels.0.object != labels.1.object ? labels.1 : labels.0
  }
}
