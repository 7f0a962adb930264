// Deployments for tests of the builders: small, but real services of the content protos.
import Martlet
import SwiftProtobuf

struct Downloader: Content_V1_Downloader.Service {
  init(_ context: ReplicaContext) {}

  func fetch(
    _ request: Content_V1_AnalyzeRequest, _ call: Call
  ) async throws -> Content_V1_Document {
    .with { $0.url = request.url }
  }
}

struct Classifier: Content_V1_Classifier.Service {
  let answer: String

  init(_ context: ReplicaContext) throws {
    guard case .string(let answer)? = context.config["answer"] else {
      throw RPCError(.invalidArgument, "user_config needs \"answer\"")
    }
    self.answer = answer
  }

  func classify(_ request: Content_V1_Crop, _ call: Call) async throws -> Content_V1_Label {
    .with { $0.object = answer }
  }
}

/// Serves two services, so it says by hand what it binds.
struct Everything: Content_V1_Downloader.Service, Content_V1_Classifier.Service {
  init(_ context: ReplicaContext) {}

  static func bind(_ binder: inout ServiceBinder<Everything>) {
    Content_V1_Downloader.bind(&binder)
    Content_V1_Classifier.bind(&binder)
  }

  func fetch(
    _ request: Content_V1_AnalyzeRequest, _ call: Call
  ) async throws -> Content_V1_Document {
    .with { $0.url = request.url }
  }

  func classify(_ request: Content_V1_Crop, _ call: Call) async throws -> Content_V1_Label {
    .with { $0.object = request.kind }
  }
}
