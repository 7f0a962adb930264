// The calls that a handler makes while its own caller wants to know what it does.
package import MartletCore
internal import MartletWire
internal import Synchronization

/// What a handler asked of other deployments, for the trailers of its answer: one `martlet-trace` for each
/// call that has ended. Any thread.
package final class CallTrace: Sendable {
  /// Calls that are told of; further ones are counted.
  static let maxCalls = 128

  /// Bytes that they take of the trailers: half of what a router accepts (`Limits.maxHeaderListBytes`). The
  /// other half is for the status, its details and the handler's own.
  static let maxBytes = 16_000

  /// For what says how many there were besides.
  private static let countBytes = 80

  private struct State {
    var texts: [String] = []
    var bytes = 0
    /// Calls that are under way.
    var open = 0
    var omitted = 0
  }

  /// When the handler began.
  let began: Timestamp
  private let state = Mutex(State())

  init(began: Timestamp) {
    self.began = began
  }

  /// The handler makes a call. Whoever carries it out says once how it `ended`.
  package func call(_ method: MethodName, on deployment: String, now: Timestamp) -> TracedCall {
    state.withLock { $0.open += 1 }
    return TracedCall(self, method, on: deployment, began: now)
  }

  /// Keeps the first of these texts that there is room for.
  fileprivate func callEnded(_ texts: [String]) {
    state.withLock { state in
      state.open -= 1
      guard state.texts.count < Self.maxCalls,
        let text = texts.first(where: { state.bytes + Self.bytes(of: $0) <= Self.maxBytes })
      else { return state.omitted += 1 }
      state.texts.append(text)
      state.bytes += Self.bytes(of: text)
    }
  }

  /// Adds to trailers what is known by now, as far as all of them stay within `limit` bytes.
  func append(to trailers: inout HeaderBlock, limit: Int) {
    var (texts, left) = state.withLock { ($0.texts, $0.omitted + $0.open) }
    var room = limit - trailers.listBytes - Self.countBytes
    texts.removeAll { text in
      room -= Self.bytes(of: text)
      if room < 0 { left += 1 }
      return room < 0
    }
    if left > 0 { texts.append("{\"more\":\(left)}") }
    for text in texts {
      trailers.append(name: TraceHeader.trace, value: text, neverIndexed: true)
    }
  }

  /// What a trailer counts as (RFC 9113 §6.5.2).
  private static func bytes(of text: String) -> Int {
    TraceHeader.trace.utf8.count + text.utf8.count + 32
  }
}

/// A call that a handler makes, for its `CallTrace`. A class, so that it costs calls nothing that are none.
package final class TracedCall: Sendable {
  private let trace: CallTrace
  private let method: MethodName
  private let deployment: String
  private let began: Timestamp

  fileprivate init(
    _ trace: CallTrace, _ method: MethodName, on deployment: String, began: Timestamp
  ) {
    self.trace = trace
    self.method = method
    self.deployment = deployment
    self.began = began
  }

  /// Keeps what the trailers say of the call. The handler gets the others.
  func ended(
    _ result: Result<UnaryResponse, RPCError>, now: Timestamp
  ) -> Result<UnaryResponse, RPCError> {
    switch result {
    case .success(var response):
      take(&response.trailingMetadata, .ok, now)
      return .success(response)
    case .failure(var error):
      take(&error.metadata, error.code, now)
      return .failure(error)
    }
  }

  private func take(_ trailers: inout Metadata, _ code: RPCStatus.Code, _ now: Timestamp) {
    let told = trailers[TraceHeader.trace]
    trailers.removeTrace()
    trace.callEnded([told.flatMap(placed), ownText(code, now)].compactMap { $0 })
  }

  private var startMicroseconds: Int64 { Self.microseconds(from: trace.began, to: began) }

  /// The trace of the call with the time at which it was made.
  private func placed(_ text: String) -> String? {
    guard text.hasPrefix("{\"") else { return nil }
    return "{\"start_us\":\(startMicroseconds),\(text.dropFirst())"
  }

  /// What is known here, for a call that no router had the last word on, and where its trace is too long.
  private func ownText(_ code: RPCStatus.Code, _ now: Timestamp) -> String {
    let microseconds = ConfigValue.integer(Self.microseconds(from: began, to: now))
    let node: [String: ConfigValue] = [
      "kind": .string("call"), "deployment": .string(deployment), "start_us": .integer(0),
      "us": microseconds, "status": .string(code.name),
    ]
    let trace: [String: ConfigValue] = [
      "route": .string(method.description), "start_us": .integer(startMicroseconds),
      "us": microseconds, "nodes": .array([.object(node)]),
    ]
    return ConfigValue.object(trace).json.asciiJSON
  }

  private static func microseconds(from start: Timestamp, to end: Timestamp) -> Int64 {
    max(0, end.duration(since: start).saturatedNanoseconds / 1_000)
  }
}

extension Metadata {
  /// Takes out what only the mesh says.
  package mutating func removeTrace() {
    for name in TraceHeader.all where contains(name) { removeAll(named: name) }
  }
}
