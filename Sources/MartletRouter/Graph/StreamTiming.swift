// Where the time of a call that streams went, and how much went through it.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// What a trace says of one call of a chain. On the router's loop only.
final class StreamTiming {
  let call: GraphPlan.StreamCall
  let began: Timestamp
  private(set) var leg = LegTiming()
  /// When the first message of its answer began to come.
  private(set) var firstAt: Timestamp?
  private(set) var end: (at: Timestamp, code: RPCStatus.Code)?
  private(set) var input = Amount()
  private(set) var output = Amount()
  private let loop: Loop

  /// Messages, and their bytes without gRPC's prefixes, compressed if they were.
  struct Amount {
    private var prefixes = MessageLengthGuard(limit: .max)
    private var total = 0

    var messages: Int { prefixes.messageCount }
    var bytes: Int { max(0, total - messages * GRPCMessage.prefixBytes) }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
      _ = prefixes.excess(in: bytes)
      total += bytes.count
    }
  }

  /// The call begins.
  init(_ call: GraphPlan.StreamCall, on loop: Loop) {
    self.call = call
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

  /// The first end counts.
  func ended(_ code: RPCStatus.Code) {
    if end == nil { end = (loop.now, code) }
  }
}

/// What a call answers to while its time is taken: passes all on.
final class TimedAnswer: ResponseStream {
  private let next: any ResponseStream
  private let timing: StreamTiming

  init(_ next: any ResponseStream, _ timing: StreamTiming) {
    self.next = next
    self.timing = timing
  }

  var forwardedIdentity: HeaderBlock? { next.forwardedIdentity }
  var isWritable: Bool { next.isWritable }
  func consumed(_ count: Int) { next.consumed(count) }

  func sendHead(_ headers: HeaderBlock, endOfStream: Bool) {
    if endOfStream { timing.ended(headers.statusOfAnswer.code) }
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
    timing.ended(trailers.statusOfAnswer.code)
    next.sendTrailers(copying: trailers)
  }
}
