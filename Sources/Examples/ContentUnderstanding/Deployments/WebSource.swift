// Documents of other servers.
private import AsyncHTTPClient
import Martlet
private import NIOCore
private import NIOHTTP1

/// Fetches over HTTP with bounds on size and time.
struct WebSource: Sendable {
  /// Redirects that are followed, as browsers follow twenty and curl fifty.
  private static let greatestRedirects = 5

  private let client: HTTPClient
  private let maxBytes: Int
  private let timeout: Duration

  init(maxBytes: Int, timeout: Duration) {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .follow(
      max: Self.greatestRedirects, allowCycles: false)
    configuration.timeout.connect = .seconds(3)
    // One client for the life of the process.
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    self.maxBytes = maxBytes
    self.timeout = timeout
  }

  /// The body behind a URL. Throws DEADLINE_EXCEEDED when it does not come in time, which is
  /// `timeRemaining` if that is less than the source's own limit; NOT_FOUND, PERMISSION_DENIED,
  /// INVALID_ARGUMENT or UNAVAILABLE for other answers.
  func fetch(_ url: String, timeRemaining: Duration?) async throws -> [UInt8] {
    let time = min(timeout, timeRemaining ?? timeout)
    do {
      let response = try await client.execute(
        HTTPClientRequest(url: url), timeout: TimeAmount(time))
      if let error = error(response.status, url) { throw error }
      let body = try await response.body.collect(upTo: maxBytes)
      return Array(body.readableBytesView)
    } catch let error as RPCError {
      throw error
    } catch let error as CancellationError {
      throw error
    } catch {
      throw translated(error, url, time)
    }
  }

  private func error(_ status: HTTPResponseStatus, _ url: String) -> RPCError? {
    let answer = "\(url): the server answers \(status.code) \(status.reasonPhrase)"
    return switch status.code {
    case 200..<300: nil
    case 401, 403, 407: RPCError(.permissionDenied, answer)
    case 404, 410: RPCError(.notFound, answer)
    case 408, 504: RPCError(.deadlineExceeded, answer)
    case 429, 500...: RPCError(.unavailable, answer)
    default: RPCError(.invalidArgument, answer)
    }
  }

  private func translated(_ error: any Error, _ url: String, _ time: Duration) -> RPCError {
    if error is NIOTooManyBytesError {
      return RPCError(
        .invalidArgument, "\(url): the document has more than \(maxBytes) bytes", cause: error)
    }
    switch error as? HTTPClientError {
    case .deadlineExceeded?, .readTimeout?, .connectTimeout?:
      return RPCError(.deadlineExceeded, "\(url): no answer within \(time)", cause: error)
    case .invalidURL?, .emptyHost?, .emptyScheme?, .missingSocketPath?, .redirectLimitReached?,
      .redirectCycleDetected?:
      return RPCError(.invalidArgument, "\(url): \(error)", cause: error)
    default:
      return RPCError(.unavailable, "\(url) cannot be reached: \(error)", cause: error)
    }
  }
}
