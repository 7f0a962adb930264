// A URL in, the document behind it out.
import Martlet

/// Fetches documents, from files beneath the allowed folders and over HTTP.
///
/// `user_config`: `allowed_roots` (folders; the app file's and the temporary one), `max_bytes` (4,000,000,
/// below the 4 MiB of a message), `timeout_s` (10).
struct Downloader: Content_V1_Downloader.Service {
  private let files: FileSource
  private let web: WebSource

  init(_ context: ReplicaContext) throws {
    let settings = try DownloaderSettings(context.config)
    files = try FileSource(roots: settings.roots, maxBytes: settings.maxBytes)
    web = WebSource(maxBytes: settings.maxBytes, timeout: settings.timeout)
  }

  func fetch(_ request: Content_V1_AnalyzeRequest, _ call: Call) async throws -> Content_V1_Document
  {
    var document = Content_V1_Document()
    document.url = request.url
    switch try DocumentURL(request.url) {
    case .file(let path):
      document.content = .init(try files.read(path))
    case .web(let url):
      document.content = .init(try await web.fetch(url, timeRemaining: call.timeRemaining))
    }
    return document
  }
}
