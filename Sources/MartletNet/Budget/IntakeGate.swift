// Window for what follows of a message only once there is memory for it.
package import MartletCore
internal import MartletWire

/// Where payload comes from.
package protocol PayloadSource {
  /// Gives `count` received payload bytes back to the peer's windows.
  func consumed(_ count: Int)

  /// Gives them back to the connection's window alone: the stream has to wait.
  func held(_ count: Int)

  /// The connection whose share of memory its messages take; nil for one that carries the calls of many.
  var sharingConnection: ObjectIdentifier? { get }
}

extension PayloadSource {
  package func held(_ count: Int) {}
  package var sharingConnection: ObjectIdentifier? { nil }
}

/// Gives a request's payload back to its peer's window. Short messages pass as they come. A longer one has its room
/// reserved by what its prefix announces, and its peer waits for that with no more than a stream's first window sent.
package struct IntakeGate {
  package var hold: MessageHold?
  private var uncredited = 0

  package init() {}

  /// The room is not there yet: the request is not to go on.
  package var isWaiting: Bool { hold?.isWaiting ?? false }

  /// Payload came, after which the message in the making was announced with so many bytes; 0: there is none.
  ///
  /// - Parameter whenDecided: hears later of one that waits, and of one that stops coming; nil: call `granted`.
  @inline(__always)
  package mutating func received(
    _ count: Int, announced: Int, from source: some PayloadSource, on loop: Loop,
    whenDecided: @autoclosure () -> (RPCError?) -> Void
  ) throws(RPCError) {
    if hold == nil, announced <= MessageHold.freeBytes { return source.consumed(count) }
    try receivedLong(count, announced, source, loop, whenDecided())
  }

  @inline(never)
  private mutating func receivedLong(
    _ count: Int, _ announced: Int, _ source: some PayloadSource, _ loop: Loop,
    _ whenDecided: @escaping (RPCError?) -> Void
  ) throws(RPCError) {
    guard let hold else {
      let hold = MessageHold(loop, connection: source.sharingConnection)
      self.hold = hold
      guard try hold.reserve(announced, whenDecided: whenDecided) else {
        return keep(count, source)
      }
      hold.watchPace()
      return source.consumed(count)
    }
    if hold.isWaiting { return keep(count, source) }
    source.consumed(count)
    if announced == 0 { hold.stopWatching() } else { hold.received(count) }
  }

  private mutating func keep(_ count: Int, _ source: some PayloadSource) {
    uncredited += count
    source.held(count)
  }

  /// There is room now: the peer may go on.
  package mutating func granted(_ source: some PayloadSource, isWhole: Bool) {
    if !isWhole { hold?.watchPace() }
    source.consumed(uncredited)
    uncredited = 0
  }

  /// A message of so many bytes is there, whatever was announced.
  @inline(__always)
  package mutating func ensure(_ bytes: Int, on loop: Loop) throws(RPCError) {
    if bytes > MessageHold.freeBytes { try ensureLong(bytes, loop) }
  }

  @inline(never)
  private mutating func ensureLong(_ bytes: Int, _ loop: Loop) throws(RPCError) {
    let hold = hold ?? MessageHold(loop, connection: nil)
    self.hold = hold
    try hold.ensure(bytes)
  }

  /// As `ensure`, for what comes on top: `part` is what may be too short to ask.
  @inline(__always)
  package mutating func ensure(_ bytes: Int, on loop: Loop, for part: Int) throws(RPCError) {
    if part > MessageHold.freeBytes { try ensureLong(bytes, loop) }
  }

  /// Nothing is held any more.
  package mutating func release() {
    guard let hold else { return }
    hold.release()
    self.hold = nil
  }
}

extension Int {
  /// The least multiple of a step that is not less.
  func rounded(upTo step: Int) -> Int { (self + step - 1) / step * step }
}
