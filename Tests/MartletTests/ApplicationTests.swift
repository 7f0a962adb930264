// An app as Swift becomes the app of the app file.
import Martlet
import MartletCore
import SwiftProtobuf
import Testing

private struct PageReader: Application {
  var deployments: Deployments {
    Deployment("downloader", Downloader.self)
    Deployment("expert", Classifier.self, execution: .threads(2))
      .autoscaling(
        0...4, targetOngoingRequests: 3, lookBackPeriod: .seconds(2), downscaleDelay: .seconds(5)
      )
      .resources(cpus: 1, gpus: 0.3)
      .maxOngoingRequests(2)
      .maxQueuedRequests(16)
      .maxMessage(bytes: 8 << 20)
      .requestTimeout(.seconds(5))
      .idempotent()
      .userConfig(["answer": .string("7")])
      .environment(["MODE": "fast"])
    for name in ["a", "b"] { Deployment(name, Everything.self).replicas(2) }
  }

  var routes: Routes {
    Route(Content_V1_Classifier.self, to: "expert")
    Route(Content_V1_Downloader.fetch, to: "downloader")
  }
}

@Suite struct ApplicationTests {
  private let spec = PageReader().spec(executable: "./reader", protos: ["page-reader.binpb"])

  @Test func nameIsTheTypesInDashes() {
    #expect(spec.name == "page-reader")
  }

  @Test func replicasRunTheSameExecutable() {
    #expect(spec.deployment(named: "expert")?.command == ["./reader", "replica", "expert"])
  }

  @Test func unsaidIsTheAppFilesDefault() {
    var plain = DeploymentSpec(
      name: "downloader", command: ["./reader", "replica", "downloader"],
      services: ["content.v1.Downloader"])
    plain.name = "downloader"
    #expect(spec.deployment(named: "downloader") == plain)
  }

  @Test func everyModifierIsKept() {
    var expert = DeploymentSpec(
      name: "expert", command: ["./reader", "replica", "expert"],
      services: ["content.v1.Classifier"])
    var autoscaling = AutoscalingSpec(
      minReplicas: 0, maxReplicas: 4, targetOngoingRequests: 3)
    autoscaling.lookBackPeriod = .seconds(2)
    autoscaling.downscaleDelay = .seconds(5)
    expert.replicas = .auto(autoscaling)
    expert.resources = Resources(milliCPUs: 1000, milliGPUs: 300)
    expert.maxOngoingRequests = 2
    expert.maxQueuedRequests = 16
    expert.maxMessageBytes = 8 << 20
    expert.requestTimeout = .seconds(5)
    expert.idempotent = true
    expert.userConfig = .object(["answer": .string("7")])
    expert.environment = ["MODE": "fast"]
    #expect(spec.deployment(named: "expert") == expert)
  }

  @Test func aTypeMayServeTwoServices() {
    #expect(
      spec.deployment(named: "b")?.services == ["content.v1.Downloader", "content.v1.Classifier"])
    #expect(spec.deployment(named: "b")?.replicas == .fixed(2))
  }

  @Test func plainRoutes() {
    let fetch = MethodName(service: "content.v1.Downloader", method: "Fetch")
    #expect(
      spec.routes == [
        .service("content.v1.Classifier", deployment: "expert"),
        .method(fetch, deployment: "downloader"),
      ])
  }

  @Test func theFileReadsBackAsTheApp() throws {
    let yaml = AppFile.yaml(for: spec)
    #expect(try AppFile.read(text: yaml, file: "app.yaml").spec == spec)
    #expect(spec.problems() == [])
  }

  @Test func descriptorsComeOnce() throws {
    let bytes = try PageReader().descriptorSet().bytes
    let set = try Google_Protobuf_FileDescriptorSet(serializedBytes: bytes)
    #expect(set.file.map(\.name) == ["content/v1/content.proto"])
  }
}
