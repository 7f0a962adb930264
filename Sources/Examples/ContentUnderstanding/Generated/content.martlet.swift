// Services and field paths of content/v1/content.proto, written by protoc-gen-martlet. Do not edit.
// swift-format-ignore-file
internal import Martlet

/// The front door: a graph of the services below answers it.
enum Content_V1_Understanding: ServiceNamespace {
  static let name = "content.v1.Understanding"
  static var descriptorSet: DescriptorSet { martletDescriptors_content_v1_content_proto }

  static let analyze = UnaryMethod<Content_V1_AnalyzeRequest, Content_V1_AnalyzeResponse>(
    service: name, method: "Analyze", descriptorSet: descriptorSet)
  static let analyzeFast = UnaryMethod<Content_V1_AnalyzeRequest, Content_V1_AnalyzeResponse>(
    service: name, method: "AnalyzeFast", descriptorSet: descriptorSet)

  /// What a server of content.v1.Understanding does.
  protocol Service: DeploymentService {
    /// INVALID_ARGUMENT when the URL or the image behind it is not one that can be read, NOT_FOUND and
    /// PERMISSION_DENIED when there is none or it may not be had.
    func analyze(_ request: Content_V1_AnalyzeRequest, _ call: Call) async throws -> Content_V1_AnalyzeResponse

    /// The same at less cost: one classifier reads every glyph, and several those that it is unsure of.
    func analyzeFast(_ request: Content_V1_AnalyzeRequest, _ call: Call) async throws -> Content_V1_AnalyzeResponse
  }

  /// Calls content.v1.Understanding.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    /// INVALID_ARGUMENT when the URL or the image behind it is not one that can be read, NOT_FOUND and
    /// PERMISSION_DENIED when there is none or it may not be had.
    func analyze(
      _ request: Content_V1_AnalyzeRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Content_V1_AnalyzeResponse {
      try await target.call(Content_V1_Understanding.analyze, request, timeout: timeout, metadata: metadata)
    }

    /// The same at less cost: one classifier reads every glyph, and several those that it is unsure of.
    func analyzeFast(
      _ request: Content_V1_AnalyzeRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Content_V1_AnalyzeResponse {
      try await target.call(Content_V1_Understanding.analyzeFast, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Content_V1_Understanding {
  /// Adds the methods of content.v1.Understanding to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Content_V1_Understanding.self)
    binder.add(Content_V1_Understanding.analyze) { try await $0.analyze($1, $2) }
    binder.add(Content_V1_Understanding.analyzeFast) { try await $0.analyzeFast($1, $2) }
  }
}

extension Content_V1_Understanding.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Content_V1_Understanding.bind(&binder)
  }
}

/// What `Understanding/Analyze` does, by code in a deployment instead of a graph.
enum Content_V1_Conductor: ServiceNamespace {
  static let name = "content.v1.Conductor"
  static var descriptorSet: DescriptorSet { martletDescriptors_content_v1_content_proto }

  static let analyze = UnaryMethod<Content_V1_AnalyzeRequest, Content_V1_AnalyzeResponse>(
    service: name, method: "Analyze", descriptorSet: descriptorSet)

  /// What a server of content.v1.Conductor does.
  protocol Service: DeploymentService {
    func analyze(_ request: Content_V1_AnalyzeRequest, _ call: Call) async throws -> Content_V1_AnalyzeResponse
  }

  /// Calls content.v1.Conductor.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    func analyze(
      _ request: Content_V1_AnalyzeRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Content_V1_AnalyzeResponse {
      try await target.call(Content_V1_Conductor.analyze, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Content_V1_Conductor {
  /// Adds the methods of content.v1.Conductor to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Content_V1_Conductor.self)
    binder.add(Content_V1_Conductor.analyze) { try await $0.analyze($1, $2) }
  }
}

extension Content_V1_Conductor.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Content_V1_Conductor.bind(&binder)
  }
}

enum Content_V1_Downloader: ServiceNamespace {
  static let name = "content.v1.Downloader"
  static var descriptorSet: DescriptorSet { martletDescriptors_content_v1_content_proto }

  static let fetch = UnaryMethod<Content_V1_AnalyzeRequest, Content_V1_Document>(
    service: name, method: "Fetch", descriptorSet: descriptorSet)

  /// What a server of content.v1.Downloader does.
  protocol Service: DeploymentService {
    /// Fetches what a `file:` or `http:` URL names.
    func fetch(_ request: Content_V1_AnalyzeRequest, _ call: Call) async throws -> Content_V1_Document
  }

  /// Calls content.v1.Downloader.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    /// Fetches what a `file:` or `http:` URL names.
    func fetch(
      _ request: Content_V1_AnalyzeRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Content_V1_Document {
      try await target.call(Content_V1_Downloader.fetch, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Content_V1_Downloader {
  /// Adds the methods of content.v1.Downloader to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Content_V1_Downloader.self)
    binder.add(Content_V1_Downloader.fetch) { try await $0.fetch($1, $2) }
  }
}

extension Content_V1_Downloader.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Content_V1_Downloader.bind(&binder)
  }
}

enum Content_V1_Preprocessor: ServiceNamespace {
  static let name = "content.v1.Preprocessor"
  static var descriptorSet: DescriptorSet { martletDescriptors_content_v1_content_proto }

  static let prepare = UnaryMethod<Content_V1_Document, Content_V1_Page>(
    service: name, method: "Prepare", descriptorSet: descriptorSet)

  /// What a server of content.v1.Preprocessor does.
  protocol Service: DeploymentService {
    /// Decodes a PNG and makes an upright map of its ink.
    func prepare(_ request: Content_V1_Document, _ call: Call) async throws -> Content_V1_Page
  }

  /// Calls content.v1.Preprocessor.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    /// Decodes a PNG and makes an upright map of its ink.
    func prepare(
      _ request: Content_V1_Document, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Content_V1_Page {
      try await target.call(Content_V1_Preprocessor.prepare, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Content_V1_Preprocessor {
  /// Adds the methods of content.v1.Preprocessor to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Content_V1_Preprocessor.self)
    binder.add(Content_V1_Preprocessor.prepare) { try await $0.prepare($1, $2) }
  }
}

extension Content_V1_Preprocessor.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Content_V1_Preprocessor.bind(&binder)
  }
}

enum Content_V1_Detector: ServiceNamespace {
  static let name = "content.v1.Detector"
  static var descriptorSet: DescriptorSet { martletDescriptors_content_v1_content_proto }

  static let detect = UnaryMethod<Content_V1_Page, Content_V1_Detections>(
    service: name, method: "Detect", descriptorSet: descriptorSet)

  /// What a server of content.v1.Detector does.
  protocol Service: DeploymentService {
    /// Finds the glyphs of a page.
    func detect(_ request: Content_V1_Page, _ call: Call) async throws -> Content_V1_Detections
  }

  /// Calls content.v1.Detector.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    /// Finds the glyphs of a page.
    func detect(
      _ request: Content_V1_Page, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Content_V1_Detections {
      try await target.call(Content_V1_Detector.detect, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Content_V1_Detector {
  /// Adds the methods of content.v1.Detector to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Content_V1_Detector.self)
    binder.add(Content_V1_Detector.detect) { try await $0.detect($1, $2) }
  }
}

extension Content_V1_Detector.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Content_V1_Detector.bind(&binder)
  }
}

enum Content_V1_Classifier: ServiceNamespace {
  static let name = "content.v1.Classifier"
  static var descriptorSet: DescriptorSet { martletDescriptors_content_v1_content_proto }

  static let classify = UnaryMethod<Content_V1_Crop, Content_V1_Label>(
    service: name, method: "Classify", descriptorSet: descriptorSet)

  /// What a server of content.v1.Classifier does.
  protocol Service: DeploymentService {
    /// Says which digit a glyph is.
    func classify(_ request: Content_V1_Crop, _ call: Call) async throws -> Content_V1_Label
  }

  /// Calls content.v1.Classifier.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    /// Says which digit a glyph is.
    func classify(
      _ request: Content_V1_Crop, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Content_V1_Label {
      try await target.call(Content_V1_Classifier.classify, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Content_V1_Classifier {
  /// Adds the methods of content.v1.Classifier to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Content_V1_Classifier.self)
    binder.add(Content_V1_Classifier.classify) { try await $0.classify($1, $2) }
  }
}

extension Content_V1_Classifier.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Content_V1_Classifier.bind(&binder)
  }
}

enum Content_V1_Voter: ServiceNamespace {
  static let name = "content.v1.Voter"
  static var descriptorSet: DescriptorSet { martletDescriptors_content_v1_content_proto }

  static let vote = UnaryMethod<Content_V1_Votes, Content_V1_Label>(
    service: name, method: "Vote", descriptorSet: descriptorSet)

  /// What a server of content.v1.Voter does.
  protocol Service: DeploymentService {
    /// The answer that an ensemble gives.
    func vote(_ request: Content_V1_Votes, _ call: Call) async throws -> Content_V1_Label
  }

  /// Calls content.v1.Voter.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    /// The answer that an ensemble gives.
    func vote(
      _ request: Content_V1_Votes, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Content_V1_Label {
      try await target.call(Content_V1_Voter.vote, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Content_V1_Voter {
  /// Adds the methods of content.v1.Voter to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Content_V1_Voter.self)
    binder.add(Content_V1_Voter.vote) { try await $0.vote($1, $2) }
  }
}

extension Content_V1_Voter.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Content_V1_Voter.bind(&binder)
  }
}

enum Content_V1_Combiner: ServiceNamespace {
  static let name = "content.v1.Combiner"
  static var descriptorSet: DescriptorSet { martletDescriptors_content_v1_content_proto }

  static let combine = UnaryMethod<Content_V1_Detections, Content_V1_AnalyzeResponse>(
    service: name, method: "Combine", descriptorSet: descriptorSet)

  /// What a server of content.v1.Combiner does.
  protocol Service: DeploymentService {
    /// Joins each glyph's label with its pixels.
    func combine(_ request: Content_V1_Detections, _ call: Call) async throws -> Content_V1_AnalyzeResponse
  }

  /// Calls content.v1.Combiner.
  struct Client: ServiceClient {
    let target: CallTarget

    init(_ target: CallTarget) {
      self.target = target
    }

    /// Joins each glyph's label with its pixels.
    func combine(
      _ request: Content_V1_Detections, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Content_V1_AnalyzeResponse {
      try await target.call(Content_V1_Combiner.combine, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Content_V1_Combiner {
  /// Adds the methods of content.v1.Combiner to what a server answers.
  static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Content_V1_Combiner.self)
    binder.add(Content_V1_Combiner.combine) { try await $0.combine($1, $2) }
  }
}

extension Content_V1_Combiner.Service {
  static func bind(_ binder: inout ServiceBinder<Self>) {
    Content_V1_Combiner.bind(&binder)
  }
}

extension Content_V1_AnalyzeRequest {
  /// The fields of content.v1.AnalyzeRequest, for `Switch` and `ForEach`.
  enum fields {
    static let url = FieldPath<Content_V1_AnalyzeRequest, String>("url")
  }
}

extension Content_V1_AnalyzeResponse {
  /// The fields of content.v1.AnalyzeResponse, for `Switch` and `ForEach`.
  enum fields {
    static let objects = FieldPath<Content_V1_AnalyzeResponse, [Content_V1_AnalyzedObject]>("objects")
  }
}

extension Content_V1_AnalyzedObject {
  /// The fields of content.v1.AnalyzedObject, for `Switch` and `ForEach`.
  enum fields {
    static let object = FieldPath<Content_V1_AnalyzedObject, String>("object")
    static let score = FieldPath<Content_V1_AnalyzedObject, Float>("score")
    static let segmentPixels = FieldPath<Content_V1_AnalyzedObject, [Content_V1_Pixel]>("segment_pixels")
  }
}

extension Content_V1_Pixel {
  /// The fields of content.v1.Pixel, for `Switch` and `ForEach`.
  enum fields {
    static let x = FieldPath<Content_V1_Pixel, UInt32>("x")
    static let y = FieldPath<Content_V1_Pixel, UInt32>("y")
  }
}

extension Content_V1_Document {
  /// The fields of content.v1.Document, for `Switch` and `ForEach`.
  enum fields {
    static let url = FieldPath<Content_V1_Document, String>("url")
    static let content = FieldPath<Content_V1_Document, [UInt8]>("content")
  }
}

extension Content_V1_Page {
  /// The fields of content.v1.Page, for `Switch` and `ForEach`.
  enum fields {
    static let width = FieldPath<Content_V1_Page, UInt32>("width")
    static let height = FieldPath<Content_V1_Page, UInt32>("height")
    static let ink = FieldPath<Content_V1_Page, [UInt8]>("ink")
    static let skew = FieldPath<Content_V1_Page, Content_V1_Skew>("skew")
  }
}

extension Content_V1_Skew {
  /// The fields of content.v1.Skew, for `Switch` and `ForEach`.
  enum fields {
    static let degrees = FieldPath<Content_V1_Skew, Double>("degrees")
    static let sourceWidth = FieldPath<Content_V1_Skew, UInt32>("source_width")
    static let sourceHeight = FieldPath<Content_V1_Skew, UInt32>("source_height")
  }
}

extension Content_V1_Detections {
  /// The fields of content.v1.Detections, for `Switch` and `ForEach`.
  enum fields {
    static let boxes = FieldPath<Content_V1_Detections, [Content_V1_Crop]>("boxes")
    static let labels = FieldPath<Content_V1_Detections, [Content_V1_Label]>("labels")
    static let segments = FieldPath<Content_V1_Detections, [Content_V1_Segment]>("segments")
  }
}

extension Content_V1_Crop {
  /// The fields of content.v1.Crop, for `Switch` and `ForEach`.
  enum fields {
    static let kind = FieldPath<Content_V1_Crop, String>("kind")
    static let box = FieldPath<Content_V1_Crop, Content_V1_Box>("box")
    static let cells = FieldPath<Content_V1_Crop, [UInt8]>("cells")
    static let side = FieldPath<Content_V1_Crop, UInt32>("side")
  }
}

extension Content_V1_Box {
  /// The fields of content.v1.Box, for `Switch` and `ForEach`.
  enum fields {
    static let x = FieldPath<Content_V1_Box, UInt32>("x")
    static let y = FieldPath<Content_V1_Box, UInt32>("y")
    static let width = FieldPath<Content_V1_Box, UInt32>("width")
    static let height = FieldPath<Content_V1_Box, UInt32>("height")
  }
}

extension Content_V1_Label {
  /// The fields of content.v1.Label, for `Switch` and `ForEach`.
  enum fields {
    static let object = FieldPath<Content_V1_Label, String>("object")
    static let score = FieldPath<Content_V1_Label, Float>("score")
  }
}

extension Content_V1_Votes {
  /// The fields of content.v1.Votes, for `Switch` and `ForEach`.
  enum fields {
    static let labels = FieldPath<Content_V1_Votes, [Content_V1_Label]>("labels")
  }
}

extension Content_V1_Segment {
  /// The fields of content.v1.Segment, for `Switch` and `ForEach`.
  enum fields {
    static let runs = FieldPath<Content_V1_Segment, [UInt32]>("runs")
  }
}

/// content/v1/content.proto and everything it imports.
private let martletDescriptors_content_v1_content_proto = DescriptorSet(
  base64: """
    Cp8NChhjb250ZW50L3YxL2NvbnRlbnQucHJvdG8SCmNvbnRlbnQudjEiIgoOQW5hbHl6ZVJlcXVlc3QSEAoDdXJsGAEg\
    ASgJUgN1cmwiRwoPQW5hbHl6ZVJlc3BvbnNlEjQKB29iamVjdHMYASADKAsyGi5jb250ZW50LnYxLkFuYWx5emVkT2Jq\
    ZWN0UgdvYmplY3RzInkKDkFuYWx5emVkT2JqZWN0EhYKBm9iamVjdBgBIAEoCVIGb2JqZWN0EhQKBXNjb3JlGAIgASgC\
    UgVzY29yZRI5Cg5zZWdtZW50X3BpeGVscxgDIAMoCzIRLmNvbnRlbnQudjEuUGl4ZWxSDnNlZ21lbnRfcGl4ZWxzIiMK\
    BVBpeGVsEgwKAXgYASABKA1SAXgSDAoBeRgCIAEoDVIBeSI2CghEb2N1bWVudBIQCgN1cmwYASABKAlSA3VybBIYCgdj\
    b250ZW50GAIgASgMUgdjb250ZW50ImwKBFBhZ2USFAoFd2lkdGgYASABKA1SBXdpZHRoEhYKBmhlaWdodBgCIAEoDVIG\
    aGVpZ2h0EhAKA2luaxgDIAEoDFIDaW5rEiQKBHNrZXcYBCABKAsyEC5jb250ZW50LnYxLlNrZXdSBHNrZXciaAoEU2tl\
    dxIYCgdkZWdyZWVzGAEgASgBUgdkZWdyZWVzEiEKDHNvdXJjZV93aWR0aBgCIAEoDVILc291cmNlV2lkdGgSIwoNc291\
    cmNlX2hlaWdodBgDIAEoDVIMc291cmNlSGVpZ2h0IpABCgpEZXRlY3Rpb25zEiYKBWJveGVzGAEgAygLMhAuY29udGVu\
    dC52MS5Dcm9wUgVib3hlcxIpCgZsYWJlbHMYAiADKAsyES5jb250ZW50LnYxLkxhYmVsUgZsYWJlbHMSLwoIc2VnbWVu\
    dHMYAyADKAsyEy5jb250ZW50LnYxLlNlZ21lbnRSCHNlZ21lbnRzImcKBENyb3ASEgoEa2luZBgBIAEoCVIEa2luZBIh\
    CgNib3gYAiABKAsyDy5jb250ZW50LnYxLkJveFIDYm94EhQKBWNlbGxzGAMgASgMUgVjZWxscxISCgRzaWRlGAQgASgN\
    UgRzaWRlIk8KA0JveBIMCgF4GAEgASgNUgF4EgwKAXkYAiABKA1SAXkSFAoFd2lkdGgYAyABKA1SBXdpZHRoEhYKBmhl\
    aWdodBgEIAEoDVIGaGVpZ2h0IjUKBUxhYmVsEhYKBm9iamVjdBgBIAEoCVIGb2JqZWN0EhQKBXNjb3JlGAIgASgCUgVz\
    Y29yZSIyCgVWb3RlcxIpCgZsYWJlbHMYASADKAsyES5jb250ZW50LnYxLkxhYmVsUgZsYWJlbHMiHQoHU2VnbWVudBIS\
    CgRydW5zGAEgAygNUgRydW5zMpsBCg1VbmRlcnN0YW5kaW5nEkIKB0FuYWx5emUSGi5jb250ZW50LnYxLkFuYWx5emVS\
    ZXF1ZXN0GhsuY29udGVudC52MS5BbmFseXplUmVzcG9uc2USRgoLQW5hbHl6ZUZhc3QSGi5jb250ZW50LnYxLkFuYWx5\
    emVSZXF1ZXN0GhsuY29udGVudC52MS5BbmFseXplUmVzcG9uc2UyTwoJQ29uZHVjdG9yEkIKB0FuYWx5emUSGi5jb250\
    ZW50LnYxLkFuYWx5emVSZXF1ZXN0GhsuY29udGVudC52MS5BbmFseXplUmVzcG9uc2UyRwoKRG93bmxvYWRlchI5CgVG\
    ZXRjaBIaLmNvbnRlbnQudjEuQW5hbHl6ZVJlcXVlc3QaFC5jb250ZW50LnYxLkRvY3VtZW50MkEKDFByZXByb2Nlc3Nv\
    chIxCgdQcmVwYXJlEhQuY29udGVudC52MS5Eb2N1bWVudBoQLmNvbnRlbnQudjEuUGFnZTI+CghEZXRlY3RvchIyCgZE\
    ZXRlY3QSEC5jb250ZW50LnYxLlBhZ2UaFi5jb250ZW50LnYxLkRldGVjdGlvbnMyPQoKQ2xhc3NpZmllchIvCghDbGFz\
    c2lmeRIQLmNvbnRlbnQudjEuQ3JvcBoRLmNvbnRlbnQudjEuTGFiZWwyNQoFVm90ZXISLAoEVm90ZRIRLmNvbnRlbnQu\
    djEuVm90ZXMaES5jb250ZW50LnYxLkxhYmVsMkoKCENvbWJpbmVyEj4KB0NvbWJpbmUSFi5jb250ZW50LnYxLkRldGVj\
    dGlvbnMaGy5jb250ZW50LnYxLkFuYWx5emVSZXNwb25zZWIGcHJvdG8z
    """)
