// Labels and pixels in, objects out.
import Martlet

/// Answers in the shape that clients get.
struct Combiner: Content_V1_Combiner.Service {
  /// Pixels in one answer: each is up to 10 bytes of a message of 4 MiB.
  private static let greatestAnswer = 400_000

  init(_ context: ReplicaContext) {}

  func combine(
    _ detections: Content_V1_Detections, _ call: Call
  ) async throws -> Content_V1_AnalyzeResponse {
    guard detections.labels.count == detections.segments.count else {
      throw RPCError(
        .invalidArgument,
        "\(detections.labels.count) labels do not fit \(detections.segments.count) segments")
    }
    let count = detections.segments.reduce(0) { $0 + $1.pixelCount }
    guard count <= Self.greatestAnswer else {
      throw RPCError(
        .resourceExhausted,
        "the objects of the page have \(count) pixels; an answer holds \(Self.greatestAnswer)")
    }
    var response = Content_V1_AnalyzeResponse()
    response.objects = zip(detections.labels, detections.segments).map { label, segment in
      var object = Content_V1_AnalyzedObject()
      object.object = label.object
      object.score = label.score
      object.segmentPixels = segment.pixels
      return object
    }
    return response
  }
}

extension Content_V1_Segment {
  /// How many pixels the runs have together.
  fileprivate var pixelCount: Int {
    stride(from: 2, to: runs.count, by: 3).reduce(0) { $0 + Int(runs[$1]) }
  }

  fileprivate var pixels: [Content_V1_Pixel] {
    var pixels: [Content_V1_Pixel] = []
    pixels.reserveCapacity(pixelCount)
    for index in stride(from: 2, to: runs.count, by: 3) {
      for offset in 0..<runs[index] {
        var pixel = Content_V1_Pixel()
        pixel.x = runs[index - 1] &+ offset
        pixel.y = runs[index - 2]
        pixels.append(pixel)
      }
    }
    return pixels
  }
}
