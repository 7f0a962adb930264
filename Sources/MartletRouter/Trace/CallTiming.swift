// Where the time of a call went whose bytes only pass, and how much went through it.
internal import MartletCore
internal import MartletNet
internal import MartletWire

/// What a trace says of a plain request, or of one call of a chain of streams. On the router's loop only.
final class CallTiming {
  private let place: Place
  private let began: Timestamp
  private var leg = LegTiming()
  /// When the first message of its answer began to come.
  private var firstAt: Timestamp?
  private var end: (at: Timestamp, code: RPCStatus.Code)?
  private var input = Traffic()
  private var output = Traffic()
  private let loop: Loop

  /// Which call it is.
  struct Place {
    let deployment: String
    /// The method is known to have one request and one response, whose moments are those of the call.
    let isUnary: Bool
    /// In the app file's graph; nil for a plain route's.
    var path: String?
    var name: String?

    fileprivate var heading: TraceRow {
      var row = TraceRow()
      row.add("path", path)
      row.add("name", name)
      row.add("kind", "call")
      return row
    }
  }

  /// The call begins.
  init(_ place: Place, on loop: Loop) {
    self.place = place
    self.loop = loop
    began = loop.now
  }

  func sent(to replica: ReplicaID) {
    leg.sent(to: replica, now: loop.now)
  }

  func took(_ bytes: UnsafeRawBufferPointer) {
    input.add(bytes)
  }

  func gave(_ bytes: UnsafeRawBufferPointer) {
    output.add(bytes)
    if firstAt == nil, output.messages > 0 { firstAt = loop.now }
  }

  /// The replica's trailers, or those that say why there is no answer of one.
  func ended(_ trailers: borrowing HeaderBlock) {
    guard end == nil else { return }
    leg.told = ReplicaWord(trailers)
    ended(trailers.statusOfAnswer.code)
  }

  /// The first end counts.
  func ended(_ code: RPCStatus.Code) {
    if end == nil { end = (loop.now, code) }
  }

  /// - Parameters:
  ///   - start: of the request.
  ///   - now: when the request ends, and with `code`; the call, too, if it still runs.
  ///   - heading: what is said before all else; nil: which call it is.
  func node(
    from start: Timestamp, to now: Timestamp, _ code: RPCStatus.Code, _ heading: TraceRow? = nil
  ) -> TraceText.Node {
    let end = end?.at ?? now
    var row = heading ?? place.heading
    row.add("start_us", began.microseconds(since: start))
    row.add("us", end.microseconds(since: began))
    row.add("status", (self.end?.code ?? code).name)
    row.add("deployment", place.deployment)
    row.add(leg, from: began, to: end)
    if !place.isUnary {
      if let sent = leg.sentAt {
        let first = firstAt ?? end
        row.add("first_us", first.microseconds(since: sent))
        row.add("stream_us", end.microseconds(since: first))
      }
      row.add("in_messages", input.messages)
      row.add("out_messages", output.messages)
    }
    row.add("in_bytes", input.bytes)
    row.add("out_bytes", output.bytes)
    var node = TraceText.Node(row: row)
    if let word = leg.told {
      node.calls = CodeCalls(
        word, began: began.microseconds(since: start), leg.parts(from: began, to: end))
    }
    return node
  }
}

/// What went one way: messages, and their bytes without gRPC's prefixes, compressed if they were.
private struct Traffic {
  private var lengths = MessageLengthGuard(limit: .max)
  private var total = 0

  /// Those that have begun.
  var messages: Int { lengths.messages }
  var bytes: Int { max(0, total - messages * GRPCMessage.prefixBytes) }

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    _ = lengths.excess(in: bytes)
    total += bytes.count
  }
}

/// What a call answers to while its time is taken: passes all on.
final class TimedAnswer: ResponseStream {
  private let next: any ResponseStream
  private let timing: CallTiming

  init(_ next: any ResponseStream, _ timing: CallTiming) {
    self.next = next
    self.timing = timing
  }

  var forwardedIdentity: HeaderBlock? { next.forwardedIdentity }
  var isWritable: Bool { next.isWritable }
  func consumed(_ count: Int) { next.consumed(count) }
  func held(_ count: Int) { next.held(count) }
  var sharingConnection: ObjectIdentifier? { next.sharingConnection }

  func sendHead(_ headers: HeaderBlock, endOfStream: Bool) {
    if endOfStream { timing.ended(headers) }
    next.sendHead(headers, endOfStream: endOfStream)
  }

  func sendData(copying bytes: UnsafeRawBufferPointer) {
    timing.gave(bytes)
    next.sendData(copying: bytes)
  }

  func sendTrailers(_ trailers: HeaderBlock) {
    sendTrailers(copying: trailers)
  }

  func sendTrailers(copying trailers: borrowing HeaderBlock) {
    timing.ended(trailers)
    next.sendTrailers(copying: trailers)
  }
}
