// The content-understanding app: from the URL of a page to the digits on it and their pixels.
import Martlet

@main struct ContentUnderstanding: Application {
  var deployments: Deployments {
    Deployment("downloader", Downloader.self, execution: .threads(2))
      .maxOngoingRequests(32)
      .maxQueuedRequests(1024)
      .requestTimeout(.seconds(30))
      .resources(cpus: 0.05)
      .idempotent()
    Deployment("preprocessor", Preprocessor.self, execution: .threads(1))
      .maxOngoingRequests(2)
      .maxQueuedRequests(1024)
      .resources(cpus: 0.2)
      .idempotent()
    Deployment("detector", Detector.self, execution: .threads(1))
      .maxOngoingRequests(2)
      .maxQueuedRequests(1024)
      .resources(cpus: 0.2)
      .idempotent()
    for name in ["expert-looped", "expert-open", "perceptron", "neighbours", "softmax"] {
      classifier(name)
    }
    Deployment("combiner", Combiner.self)
      .maxOngoingRequests(32)
      .maxQueuedRequests(1024)
      .resources(cpus: 0.05)
      .idempotent()
    Deployment("conductor", Conductor.self)
      .maxOngoingRequests(32)
      .maxQueuedRequests(1024)
      .requestTimeout(.seconds(30))
      .resources(cpus: 0.05)
      .idempotent()
  }

  /// A page makes a call for each of its glyphs, all at once. Each is computed for half a millisecond, on a
  /// thread of its own, so that the connections are served meanwhile.
  private func classifier(_ name: String) -> Deployment {
    Deployment(name, DigitClassifier.self, execution: .threads(1))
      .autoscaling(1...4, targetOngoingRequests: 16)
      .maxOngoingRequests(32)
      .maxQueuedRequests(4096)
      .resources(cpus: 0.05)
      .idempotent()
      .userConfig(["weights": .string("weights/\(name).safetensors")])
  }

  /// Three families of classifiers decide by majority.
  private var vote: Ensemble<Content_V1_Crop, Content_V1_Label> {
    Ensemble(combine: .vote(Content_V1_Label.fields.object)) {
      Content_V1_Classifier.classify.on("perceptron")
      Content_V1_Classifier.classify.on("neighbours")
      Content_V1_Classifier.classify.on("softmax")
    }
  }

  var routes: Routes {
    Route(Content_V1_Understanding.analyze) {
      Content_V1_Downloader.fetch.on("downloader")
      Content_V1_Preprocessor.prepare.on("preprocessor")
      Content_V1_Detector.detect.on("detector")
      ForEach(Content_V1_Detections.fields.boxes) {
        Switch(on: Content_V1_Crop.fields.kind) {
          Case("looped") { Content_V1_Classifier.classify.on("expert-looped") }
          Case("open") { Content_V1_Classifier.classify.on("expert-open") }
          Default { vote }
        }
      }
      Content_V1_Combiner.combine.on("combiner")
    }
    Route(Content_V1_Understanding.analyzeFast) {
      Content_V1_Downloader.fetch.on("downloader")
      Content_V1_Preprocessor.prepare.on("preprocessor")
      Content_V1_Detector.detect.on("detector")
      ForEach(Content_V1_Detections.fields.boxes) { Content_V1_Classifier.classify.route }
      Content_V1_Combiner.combine.on("combiner")
    }
    // A cascade: the smallest classifier answers alone where it is sure.
    Route(Content_V1_Classifier.classify) {
      Content_V1_Classifier.classify.on("softmax")
      Switch(on: Content_V1_Label.fields.score) {
        Case(0.9...) { Return(Content_V1_Label.self) }
        Default { FromRequest { vote }.insteadOf(Content_V1_Label.self) }
      }
    }
    Route(Content_V1_Conductor.self, to: "conductor")
  }
}
