// HTTP/2 as a codec: bytes in, events out; orders in, bytes out.

internal import CNGHTTP2
package import MartletCore

/// One connection's HTTP/2, client or server, without a socket, a clock or a thread. It belongs to
/// one loop: it is not thread-safe.
///
/// `receive` takes what the peer sent and tells the delegate what it meant. Orders (`open`,
/// `respond`, `write`, `finish`, `reset`, …) only queue; `output` turns all that is queued into
/// bytes. Orders on a stream that is closed do nothing.
@safe package final class HTTP2Session {
  package enum Role: Sendable, Hashable {
    case client
    case server
  }

  package let role: Role
  let core: UnsafeMutablePointer<SessionCore>
  /// Outlives `core`, whose nghttp2 session is made of it.
  private let memory: SessionMemory

  /// Queues the preface's settings at once. `limits` bound what the peer may do; sessions of one
  /// thread should share their `memory`.
  package init(_ role: Role, limits: Limits, memory: SessionMemory = SessionMemory()) {
    self.role = role
    self.memory = memory
    unsafe core = .allocate(capacity: 1)
    unsafe core.initialize(to: SessionCore(role, limits: limits, memory: memory))
    unsafe Self.makeSession(core, memory)
    unsafe Self.submitPreface(core, limits)
  }

  deinit {
    unsafe core.deinitialize(count: 1)
    unsafe core.deallocate()
  }

  // MARK: Bytes

  /// Decodes what the peer sent, which came at `now`. Throws when the connection is beyond repair:
  /// then call `output` once more for the GOAWAY that says why, close the transport and call `end`.
  package func receive(
    _ bytes: UnsafeRawBufferPointer, at now: Timestamp, _ delegate: any HTTP2SessionDelegate
  ) throws(HTTP2SessionError) {
    guard unsafe !core.pointee.isEnded else { return }
    if let failure = unsafe core.pointee.failure { throw failure }
    unsafe core.pointee.enter(delegate)
    defer { unsafe core.pointee.leave() }
    unsafe core.pointee.now = now
    unsafe core.pointee.frames.pieceBegan(now, framesSent: core.pointee.framesSent)
    var rest = unsafe bytes
    if unsafe core.pointee.frames.hasPartialHeader {
      var offset = 0
      let header = unsafe core.pointee.frames.wholeHeader(bytes, &offset)
      unsafe rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
      if let header {
        try unsafe Self.read(header) { bytes throws(HTTP2SessionError) in try unsafe decode(bytes) }
      }
    }
    try unsafe decode(rest)
    unsafe core.pointee.frames.pieceEnded(now)
    if unsafe core.pointee.queueIsTooLong { throw fail(.peerDoesNotRead) }
  }

  private func decode(_ bytes: UnsafeRawBufferPointer) throws(HTTP2SessionError) {
    var fed = 0
    var offset = 0
    while true {
      let wasHolding = unsafe core.pointee.frames.isHolding
      let stop = unsafe core.pointee.frames.advance(bytes, from: &offset)
      if wasHolding { try feedHeld() } else { try unsafe feed(bytes, fed..<offset) }
      fed = offset
      switch stop {
      case .end:
        unsafe core.pointee.frames.keepPartialHeader(
          UnsafeRawBufferPointer(rebasing: bytes[offset...]))
        return
      case .held: break
      case .released: unsafe core.pointee.frames.release()
      case .settings:
        if let breach = unsafe core.pointee.settingsBreach() { throw fail(breach) }
      case .breach(let breach): throw fail(breach)
      case .afterEnd(let number, let end, let type):
        if let breach = unsafe core.pointee.frameAfterEnd(on: number, end, type) {
          throw fail(breach)
        }
      }
    }
  }

  /// Feeds what has become of a header section that is held back.
  private func feedHeld() throws(HTTP2SessionError) {
    let frames = unsafe core.pointee.frames.takeHeldFrames()
    guard !frames.isEmpty else { return }
    unsafe core.pointee.inboundCuts = core.pointee.frames.cuts
    try unsafe Self.read(frames) { bytes throws(HTTP2SessionError) in
      try unsafe feed(bytes, 0..<bytes.count)
    }
    unsafe core.pointee.inboundCuts = []
  }

  /// An array's own way to its bytes forgets the type of what is thrown.
  private static func read(
    _ array: [UInt8], _ body: (UnsafeRawBufferPointer) throws(HTTP2SessionError) -> Void
  ) throws(HTTP2SessionError) {
    var failure: HTTP2SessionError?
    unsafe array.withUnsafeBytes { bytes in
      do throws(HTTP2SessionError) { try unsafe body(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  private func feed(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
  ) throws(HTTP2SessionError) {
    guard let base = bytes.baseAddress, !range.isEmpty else { return }
    // All bytes are taken or the result is negative: no callback of ours pauses.
    let taken = unsafe nghttp2_session_mem_recv(
      core.pointee.session, (base + range.lowerBound).assumingMemoryBound(to: UInt8.self),
      range.count)
    guard taken < 0 else { return }
    throw fail(CInt(truncatingIfNeeded: taken))
  }

  /// When the peer's last bytes came.
  package var lastReceived: Timestamp { unsafe core.pointee.now }

  /// When the header section began that is not whole yet; nil between sections.
  package var headersSince: Timestamp? { unsafe core.pointee.frames.headersSince }

  /// Whether a request has ever begun (server).
  package var hasHadRequest: Bool { unsafe core.pointee.frames.hasHadRequest }

  /// The peer, a client, has cancelled a quarter of what it may at once, or has made us reset as much.
  package var isResetOften: Bool { unsafe core.pointee.frames.isResetOften }

  /// Whether `output` has something to write.
  package var wantsWrite: Bool {
    guard unsafe !core.pointee.isEnded else { return false }
    if unsafe core.pointee.hasSpill { return true }
    guard unsafe core.pointee.failure == nil else {
      return unsafe !core.pointee.lastWords.isEmpty
    }
    return unsafe nghttp2_session_want_write(core.pointee.session) != 0
  }

  /// Encodes what is queued, as much as fits. Returns the bytes written; call again while
  /// `wantsWrite`. Give it room: 64 KiB coalesces many streams.
  package func output(
    into buffer: UnsafeMutableRawBufferPointer, _ delegate: any HTTP2SessionDelegate
  ) throws(HTTP2SessionError) -> Int {
    guard unsafe !core.pointee.isEnded, let base = buffer.baseAddress else { return 0 }
    unsafe core.pointee.enter(delegate)
    defer { unsafe core.pointee.leave() }
    unsafe core.pointee.cursor = base
    unsafe core.pointee.cursorEnd = base + buffer.count
    defer {
      unsafe core.pointee.cursor = nil
      unsafe core.pointee.cursorEnd = nil
    }
    guard unsafe core.pointee.drainSpill() else { return buffer.count }
    if unsafe core.pointee.failure == nil {
      while unsafe core.pointee.room > 0 {
        guard try emitFrame() else { break }
      }
      tellWritable(delegate)
      // The frames of this output are good; the GOAWAY comes with the next one.
      if let breach = unsafe core.pointee.breach { _ = fail(breach) }
    } else {
      try emitLastWords()
    }
    return unsafe buffer.count - core.pointee.room
  }

  /// Writes the next frame; false when there is none.
  private func emitFrame() throws(HTTP2SessionError) -> Bool {
    var frame: UnsafePointer<UInt8>?
    let count = unsafe nghttp2_session_mem_send(core.pointee.session, &frame)
    guard count >= 0 else { throw fail(CInt(truncatingIfNeeded: count)) }
    guard count > 0, let frame = unsafe frame else { return false }
    unsafe core.pointee.isGreeted = true
    unsafe core.pointee.emit(frame, count)
    return true
  }

  /// The GOAWAY of a failed session, behind our SETTINGS if these are still to be written. What else
  /// is queued stays unwritten.
  private func emitLastWords() throws(HTTP2SessionError) {
    var words: [UInt8] = []
    unsafe swap(&words, &core.pointee.lastWords)
    guard !words.isEmpty else { return }
    if unsafe !core.pointee.isGreeted { _ = try emitFrame() }
    unsafe words.withUnsafeBytes { words in
      guard let base = words.baseAddress else { return }
      unsafe core.pointee.emit(base, words.count)
    }
  }

  /// Whether both sides are done: GOAWAY went one way or the other and no stream is left, or the peer
  /// broke the protocol and was told so. The driver closes the transport and calls `end`.
  package var isFinished: Bool {
    if unsafe core.pointee.isEnded { return true }
    guard unsafe core.pointee.failure == nil else { return !wantsWrite }
    return unsafe !core.pointee.hasSpill
      && nghttp2_session_want_read(core.pointee.session) == 0
      && nghttp2_session_want_write(core.pointee.session) == 0
  }

  /// Whether the session has failed, by the peer's fault or by `abort`: its last words are a GOAWAY with the reason.
  package var saidWhyItFailed: Bool { unsafe core.pointee.failure != nil }

  /// What nghttp2 last complained about, for logs; nil when all went well.
  package var complaint: String? { unsafe core.pointee.complaint }

  /// The transport is gone: closes every stream that is still open, each once. Streams that were
  /// never written close with `.refusedStream`, the others with `code`. Idempotent; orders given
  /// from then on do nothing.
  package func end(_ code: HTTP2ErrorCode, _ delegate: any HTTP2SessionDelegate) {
    guard unsafe !core.pointee.isEnded else { return }
    unsafe core.pointee.enter(delegate)
    defer { unsafe core.pointee.leave() }
    unsafe core.pointee.isEnded = true
    for slot in unsafe 0..<Int32(core.pointee.slots.capacity) {
      let number = unsafe core.pointee.slots[slot].number
      guard number != 0 else { continue }
      // nghttp2 knows a request's stream from the moment its headers are encoded.
      let isWritten =
        unsafe role == .server
        || nghttp2_session_get_stream_local_close(core.pointee.session, number) >= 0
      unsafe core.pointee.close(slot, isWritten ? code : .refusedStream)
    }
  }

  // MARK: Inside

  private func tellWritable(_ delegate: any HTTP2SessionDelegate) {
    guard unsafe !core.pointee.writable.isEmpty else { return }
    var streams: [HTTP2StreamID] = []
    unsafe swap(&streams, &core.pointee.writable)
    for stream in streams {
      guard unsafe core.pointee.slots.holds(stream),
        unsafe !core.pointee.slots[stream.slot].flags.contains(.finishing)
      else { continue }
      delegate.streamBecameWritable(stream)
    }
  }

  /// Makes the failure of a call of nghttp2's lasting.
  private func fail(_ result: CInt) -> HTTP2SessionError {
    if let breach = unsafe core.pointee.breach { return fail(breach) }
    let reason =
      unsafe core.pointee.complaint ?? String(cString: nghttp2_strerror(result))
    let code: HTTP2ErrorCode
    switch result {
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue: code = .protocolError
    case NGHTTP2_ERR_FLOODED.rawValue, NGHTTP2_ERR_TOO_MANY_CONTINUATIONS.rawValue:
      code = .enhanceYourCalm
    default: code = .internalError
    }
    return fail(code, reason, debugData: "")
  }

  private func fail(_ breach: Breach) -> HTTP2SessionError {
    fail(breach.code, breach.reason, debugData: breach.reason)
  }

  func fail(
    _ code: HTTP2ErrorCode, _ reason: String, debugData: String
  ) -> HTTP2SessionError {
    let failure = HTTP2SessionError(code: code, reason: reason)
    unsafe core.pointee.failure = failure
    unsafe core.pointee.lastWords = goAwayFrame(code, debugData)
    return failure
  }

  /// Made by hand: nghttp2 puts a GOAWAY behind all that is queued, and its own has no debug data.
  private func goAwayFrame(_ code: HTTP2ErrorCode, _ debugData: String) -> [UInt8] {
    func bytes(_ word: UInt32) -> [UInt8] { unsafe withUnsafeBytes(of: word.bigEndian, Array.init) }
    let debug = Array(debugData.utf8)
    let last = unsafe nghttp2_session_get_last_proc_stream_id(core.pointee.session)
    return bytes(UInt32(8 + debug.count) << 8 | UInt32(FrameType.goAway.rawValue)) + [0] + bytes(0)
      + bytes(UInt32(bitPattern: last)) + bytes(code.rawValue) + debug
  }
}

/// Why a session cannot go on.
package struct HTTP2SessionError: Error, Sendable, Hashable, CustomStringConvertible {
  package var code: HTTP2ErrorCode
  /// What nghttp2 says about it.
  package var reason: String

  package var description: String { "HTTP/2 connection failed: \(reason) (\(code))" }
}
