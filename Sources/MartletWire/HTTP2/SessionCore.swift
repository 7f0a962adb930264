// The state of a session that nghttp2's callbacks reach.

internal import CNGHTTP2
internal import MartletCore

/// Lives at one address for as long as its nghttp2 session, which holds that address as its user
/// data. Callbacks and orders work on it through that pointer alone: no reference counting, and no
/// exclusivity checks when a delegate gives orders from within an event.
@safe struct SessionCore: ~Copyable {
  let role: HTTP2Session.Role
  /// Set right after `init`, never nil while the session lives.
  var session: OpaquePointer?

  let maxHeaderListBytes: Int
  /// A list that is longer ends the connection.
  let maxInflatedBytes: Int
  let maxStreamBacklogBytes: Int
  let maxStreams: Int
  /// Whether the connection's window opens as payload comes, not as it is read.
  let creditsConnectionAtOnce: Bool
  let streamCreditStep: Int
  let connectionCreditStep: Int

  var slots = StreamSlots()
  /// Connection credit that nghttp2 was not told of yet.
  var connectionCredit = 0

  /// Whom `receive`, `output` and `end` tell; `isInCall` while one of them runs.
  private var listener = Listener()
  private var told: Unmanaged<Listener>
  private(set) var isInCall = false

  /// Reads along what the peer sends.
  var frames: InboundFrames

  /// The header section that is being received: they never interleave.
  var inbound = HeaderBlock()
  /// Its memory from when it began until it is shown, when nobody else has it.
  var inboundStorage: Unmanaged<HeaderStorage>?
  var inboundListBytes = 0
  var inboundSlot: Int32 = -1
  /// Its fields so far, and what was cut of them before nghttp2 saw them.
  var inboundFields = 0
  var inboundCuts: [HeaderSectionCutter.Cut] = []
  /// What is kept of an answer's metadata.
  var keptMetadataBytes = 0
  /// Streams that `refuseStream` refused and whose RST_STREAM is not written yet.
  var refusedStreams = 0
  /// Names of an answer's fields that are not kept.
  var leftOut: [String] = []

  /// Where the running `output` writes next and where its buffer ends.
  var cursor: UnsafeMutableRawPointer?
  var cursorEnd: UnsafeMutableRawPointer?
  /// What did not fit the last output buffer, from `spillStart` on.
  var spill: [UInt8] = []
  var spillStart = 0

  /// Streams whose backlog fell; told after the output is written.
  var writable: [HTTP2StreamID] = []

  /// Emptied header blocks, for the next copies.
  private var spareBlocks: [HeaderBlock] = []

  /// How long a header list may be for the peer.
  private(set) var budget = HeaderBudget(announced: nil)
  /// Sections of fewer bytes are not looked at.
  private var unfittedBytes = 0

  /// Scratch for header sections on their way to nghttp2; belongs to the session's memory.
  private let pairs: UnsafeMutablePointer<HeaderPairs>

  /// When the bytes that are being decoded came.
  var now = Timestamp.zero
  var pings: PingPolicy
  /// HEADERS and DATA frames written.
  var framesSent = 0
  /// What the peer's last GOAWAY says besides its code, cut to `SessionBounds.maxDebugBytes`.
  var goAwayText = ""

  var isEnded = false
  /// Found by a callback, which ends the decoding.
  var breach: Breach?
  var failure: HTTP2SessionError?
  /// The GOAWAY that says why the session failed; nothing follows it.
  var lastWords: [UInt8] = []
  /// Whether our SETTINGS are written, without which a peer understands no GOAWAY.
  var isGreeted = false
  /// What nghttp2 last complained about.
  var complaint: String?

  /// Must not outlive `memory`.
  init(_ role: HTTP2Session.Role, limits: Limits, memory: SessionMemory) {
    self.role = role
    frames = InboundFrames(isServer: role == .server, limits)
    pings = PingPolicy(limits.keepalive)
    maxHeaderListBytes = limits.maxHeaderListBytes
    maxInflatedBytes =
      limits.maxHeaderListBytes
      * (role == .server ? limits.headerExcess : SessionBounds.answerExcess)
    maxStreamBacklogBytes = limits.maxStreamBacklogBytes
    maxStreams = limits.maxConcurrentStreams
    creditsConnectionAtOnce = role == .client || limits.connectionsAreShared
    streamCreditStep = limits.initialStreamWindowBytes / SessionBounds.creditFraction
    connectionCreditStep = limits.initialConnectionWindowBytes / SessionBounds.creditFraction
    unfittedBytes = budget.surely
    unsafe pairs = memory.pairs
    unsafe told = .passUnretained(listener)
  }

  deinit {
    unsafe nghttp2_session_del(session)
  }

  var room: Int {
    guard let cursor = unsafe cursor, let cursorEnd = unsafe cursorEnd else { return 0 }
    return unsafe cursorEnd - cursor
  }

  // MARK: The delegate

  /// Begins a call of `receive`, `output` or `end` by `delegate`'s owner.
  mutating func enter(_ delegate: any HTTP2SessionDelegate) {
    precondition(!isInCall, "receive, output and end must not be called from an event")
    isInCall = true
    guard !listener.speaks(to: delegate) else { return }
    listener = .to(delegate)
    unsafe told = .passUnretained(listener)
  }

  mutating func leave() {
    isInCall = false
  }

  func tell(_ event: (Listener) -> Void) {
    unsafe told._withUnsafeGuaranteedRef { event($0) }
  }

  /// Whether more frames wait for the peer than one that reads would leave.
  var queueIsTooLong: Bool {
    unsafe nghttp2_session_get_outbound_queue_size(session)
      > max(SessionBounds.leastQueuedFrames, maxStreams * SessionBounds.maxQueuedFramesPerStream)
  }

  // MARK: Streams

  /// nghttp2's user data for the stream in `slot`; nil stands for none, hence the 1.
  static func userData(_ slot: Int32) -> UnsafeMutableRawPointer? {
    unsafe UnsafeMutableRawPointer(bitPattern: Int(slot) + 1)
  }

  static func slot(_ userData: UnsafeMutableRawPointer?) -> Int32 {
    Int32(truncatingIfNeeded: Int(bitPattern: userData) - 1)
  }

  /// The slot of an open stream; -1 for one that was never announced, such as a refused one.
  func slot(ofStream number: Int32) -> Int32 {
    if inboundSlot >= 0, slots[inboundSlot].number == number { return inboundSlot }
    return unsafe Self.slot(nghttp2_session_get_stream_user_data(session, number))
  }

  func id(_ slot: Int32) -> HTTP2StreamID {
    HTTP2StreamID(number: slots[slot].number, slot: slot)
  }

  /// Frees the slot and tells the delegate, if the delegate knew the stream.
  mutating func close(_ slot: Int32, _ code: HTTP2ErrorCode) {
    let stream = id(slot)
    let wasAnnounced = slots[slot].flags.contains(.announced)
    if !creditsConnectionAtOnce {
      giveConnectionCredit(slots[slot].unconsumed - slots[slot].prepaid)
    }
    slots.free(slot)
    if wasAnnounced { tell { $0.streamClosed(stream, code) } }
  }

  /// DATA or HEADERS have come on a stream that the client had ended; what is wrong, where that is more than the
  /// stream.
  mutating func frameAfterEnd(
    on number: Int32, _ end: SentEnds.End, _ type: FrameType
  ) -> Breach? {
    // Half-closed, or about to be reset: nghttp2 sees to that.
    guard unsafe nghttp2_session_find_stream(session, number) == nil else { return nil }
    guard type == .data || end == .reset else { return .frameAfterEnd }
    // Fails only without memory.
    _ = unsafe nghttp2_submit_rst_stream(
      session, UInt8(NGHTTP2_FLAG_NONE.rawValue), number, HTTP2ErrorCode.streamClosed.rawValue)
    return nil
  }

  // MARK: Flow control

  /// Payload came for a stream that somebody reads. On a connection that carries the calls of many a
  /// few slow readers would hold up all the others if its window waited for them (RFC 9113 §5.2.2), so
  /// there each stream's own window is the bound.
  mutating func received(_ count: Int, _ slot: Int32) {
    slots[slot].unconsumed += count
    if creditsConnectionAtOnce { giveConnectionCredit(count) }
  }

  mutating func giveConnectionCredit(_ count: Int) {
    connectionCredit += count
    guard connectionCredit >= connectionCreditStep, connectionCredit > 0 else { return }
    // Fails only when more is given back than was received, which `unconsumed` rules out.
    unsafe nghttp2_session_consume_connection(session, connectionCredit)
    connectionCredit = 0
  }

  /// What is still to give back to the connection's window of bytes that a stream's reader has taken.
  @inline(__always)
  private mutating func unpaid(_ count: Int, _ slot: Int32) -> Int {
    guard slots[slot].prepaid > 0 else { return count }
    let prepaid = min(count, slots[slot].prepaid)
    slots[slot].prepaid -= prepaid
    return count - prepaid
  }

  /// Gives bytes back to the connection's window alone: the stream has to wait, its connection's others do not.
  mutating func prepay(_ count: Int, _ slot: Int32) {
    guard !creditsConnectionAtOnce else { return }
    let count = min(count, slots[slot].unconsumed - slots[slot].prepaid)
    guard count > 0 else { return }
    slots[slot].prepaid += count
    giveConnectionCredit(count)
  }

  mutating func consume(_ count: Int, _ slot: Int32) {
    let count = min(count, slots[slot].unconsumed)
    guard count > 0 else { return }
    slots[slot].unconsumed -= count
    if !creditsConnectionAtOnce { giveConnectionCredit(unpaid(count, slot)) }
    guard !slots[slot].flags.contains(.peerEnded) else { return }
    slots[slot].credit += count
    guard slots[slot].credit >= streamCreditStep else { return }
    unsafe nghttp2_session_consume_stream(session, slots[slot].number, slots[slot].credit)
    slots[slot].credit = 0
  }

  // MARK: Header sections on their way out

  /// The peer's SETTINGS have come.
  mutating func learnBudget() {
    let announced = unsafe nghttp2_session_get_remote_settings(
      session, NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE)
    budget = HeaderBudget(announced: announced == .max ? nil : Int(announced))
    unfittedBytes = budget.surely
  }

  /// Whether a header list may be longer than the peer surely takes. Known names and literals are counted as if
  /// they were long: this is asked for every section.
  @inline(__always)
  func isLong(_ headers: borrowing HeaderBlock) -> Bool {
    guard let storage = headers.storage else { return false }
    return storage.byteCount + storage.fieldCount * SessionBounds.mostUncountedFieldBytes
      > unfittedBytes
  }

  /// Calls `body` with `headers` as nghttp2 wants them.
  func withPairs<Result>(
    _ headers: borrowing HeaderBlock,
    _ body: (UnsafePointer<nghttp2_nv>, Int, OpaquePointer?) -> Result
  ) -> Result {
    unsafe body(pairs.pointee.fill(headers), headers.storage?.fieldCount ?? 0, session)
  }

  mutating func takeSpareBlock() -> HeaderBlock {
    spareBlocks.popLast() ?? HeaderBlock()
  }

  /// Keeps the memory of a block that nobody else has.
  mutating func keepSpareBlock(_ block: consuming HeaderBlock) {
    guard spareBlocks.count < SessionBounds.maxSpareBlocks, block.isSoleOwner else { return }
    block.removeAll()
    spareBlocks.append(block)
  }

  // MARK: Payload on its way out

  /// Queues payload by `append` and wakes the stream.
  mutating func queue(on stream: HTTP2StreamID, _ append: (inout PayloadQueue) -> Void) {
    guard slots.holds(stream) else { return }
    guard slots[stream.slot].flags.isDisjoint(with: [.finishing, .resetOrdered]) else { return }
    append(&slots[stream.slot].queue)
    if slots[stream.slot].queue.count >= maxStreamBacklogBytes {
      slots[stream.slot].flags.insert(.full)
    }
    resume(stream.slot)
  }

  mutating func resume(_ slot: Int32) {
    guard slots[slot].flags.contains(.deferred) else { return }
    slots[slot].flags.remove(.deferred)
    // Fails when the stream is closing: then its payload is dropped with it.
    unsafe nghttp2_session_resume_data(session, slots[slot].number)
  }

  /// Writes `count` bytes to the output buffer and what does not fit to the spill.
  mutating func emit(_ bytes: UnsafeRawPointer, _ count: Int) {
    guard let cursor = unsafe cursor else { return }
    let fitting = min(count, room)
    unsafe cursor.copyMemory(from: bytes, byteCount: fitting)
    unsafe self.cursor = cursor + fitting
    guard fitting < count else { return }
    unsafe spill.append(
      contentsOf: UnsafeRawBufferPointer(start: bytes + fitting, count: count - fitting))
  }

  /// Moves what the last output left over into this one; whether that was all.
  mutating func drainSpill() -> Bool {
    guard spillStart < spill.count else { return true }
    guard let cursor = unsafe cursor else { return false }
    let fitting = min(spill.count - spillStart, room)
    let start = spillStart
    unsafe spill.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe cursor.copyMemory(from: base + start, byteCount: fitting)
    }
    unsafe self.cursor = cursor + fitting
    spillStart += fitting
    guard spillStart == spill.count else { return false }
    spill.removeAll(keepingCapacity: true)
    spillStart = 0
    return true
  }

  var hasSpill: Bool { spillStart < spill.count }
}
