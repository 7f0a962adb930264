// What a driver orders: about streams, then about the connection.

internal import CNGHTTP2

extension HTTP2Session {
  /// Whether `open` would succeed now.
  package var canOpen: Bool {
    unsafe role == .client && !core.pointee.isEnded && core.pointee.failure == nil
      && core.pointee.slots.used < min(peerMaxConcurrentStreams, core.pointee.maxStreams)
      && nghttp2_session_check_request_allowed(core.pointee.session) != 0
  }

  /// Opens a stream (client). Nil when the peer sent GOAWAY, the limit of concurrent streams (the
  /// peer's, or ours if less) is reached, or the session ended.
  package func open(
    _ headers: borrowing HeaderBlock, endOfStream: Bool = false
  ) -> HTTP2StreamID? {
    guard canOpen else { return nil }
    let slot = unsafe core.pointee.slots.take()
    let number = unsafe core.pointee.withPairs(headers) { pairs, count, session in
      unsafe Self.withProvider(slot, unless: endOfStream) { provider in
        unsafe nghttp2_submit_request(
          session, nil, pairs, count, provider, SessionCore.userData(slot))
      }
    }
    guard number > 0 else {
      // No memory, or 2³¹ stream numbers are used up: a new connection has new ones.
      unsafe core.pointee.slots.free(slot)
      return nil
    }
    unsafe core.pointee.slots[slot].number = number
    unsafe core.pointee.slots[slot].flags =
      endOfStream ? [.announced, .headOrdered, .finishing] : [.announced, .headOrdered]
    return HTTP2StreamID(number: number, slot: slot)
  }

  /// What the peer takes of a header list, if this one is longer; `open` must not be called with it then.
  @inline(__always)
  package func limit(exceededBy headers: borrowing HeaderBlock) -> Int? {
    guard unsafe core.pointee.isLong(headers) else { return nil }
    let most = unsafe core.pointee.budget.forRequests
    return headers.listBytes > most ? most : nil
  }

  /// Sends the response head (server), once for each stream. With `endOfStream` it is a
  /// trailers-only answer.
  package func respond(
    on stream: HTTP2StreamID, _ headers: borrowing HeaderBlock, endOfStream: Bool = false
  ) {
    guard role == .server, isLive(stream),
      unsafe core.pointee.slots[stream.slot].flags.isDisjoint(with: [.headOrdered, .resetOrdered])
    else { return }
    if unsafe core.pointee.isLong(headers),
      let shorter = unsafe headers.fitted(to: core.pointee.budget)
    {
      return submit(shorter, on: stream, endOfStream: endOfStream)
    }
    submit(headers, on: stream, endOfStream: endOfStream)
  }

  private func submit(
    _ headers: borrowing HeaderBlock, on stream: HTTP2StreamID, endOfStream: Bool
  ) {
    unsafe core.pointee.slots[stream.slot].flags.insert(
      endOfStream ? [.headOrdered, .finishing] : .headOrdered)
    unsafe core.pointee.withPairs(headers) { pairs, count, session in
      unsafe Self.withProvider(stream.slot, unless: endOfStream) { provider in
        // Fails when the stream is closing, which `streamClosed` tells, or without memory.
        _ = unsafe nghttp2_submit_response(session, stream.number, pairs, count, provider)
      }
    }
  }

  /// Sends a head that is not the final one (server, RFC 9113 §8.1): `:status` is 1xx, and `respond` follows.
  package func inform(on stream: HTTP2StreamID, _ headers: borrowing HeaderBlock) {
    guard role == .server, isLive(stream),
      unsafe core.pointee.slots[stream.slot].flags.isDisjoint(with: [.headOrdered, .resetOrdered])
    else { return }
    unsafe core.pointee.withPairs(headers) { pairs, count, session in
      // Fails when the stream is closing, which `streamClosed` tells, or without memory.
      _ = unsafe nghttp2_submit_headers(
        session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.number, nil, pairs, count, nil)
    }
  }

  /// Queues one gRPC message: the 5-byte prefix and `message`, which is retained, not copied.
  package func write(message: [UInt8], on stream: HTTP2StreamID) {
    unsafe core.pointee.queue(on: stream) { $0.append(message: message) }
  }

  /// Queues payload as it is, retained.
  package func write(_ bytes: [UInt8], on stream: HTTP2StreamID) {
    unsafe core.pointee.queue(on: stream) { $0.append(bytes) }
  }

  /// Queues a copy of payload, as a proxy does with borrowed bytes.
  package func write(copying bytes: UnsafeRawBufferPointer, on stream: HTTP2StreamID) {
    unsafe core.pointee.queue(on: stream) { unsafe $0.append(copying: bytes) }
  }

  /// Ends our side once the backlog is written; with trailers when given. A server responds first.
  /// If its client has not ended its side by then, the stream is reset with NO_ERROR, which asks
  /// the client to stop (RFC 9113 §8.1).
  package func finish(_ stream: HTTP2StreamID, trailers: consuming HeaderBlock? = nil) {
    guard isLive(stream),
      unsafe core.pointee.slots[stream.slot].flags.isDisjoint(with: [.finishing, .resetOrdered])
    else { return }
    guard unsafe core.pointee.slots[stream.slot].flags.contains(.headOrdered) else {
      // An end without a beginning is no HTTP message; the client must not wait for one.
      return reset(stream, .internalError)
    }
    unsafe core.pointee.slots[stream.slot].flags.insert(.finishing)
    unsafe core.pointee.slots[stream.slot].trailers = fitted(trailers)
    unsafe core.pointee.resume(stream.slot)
  }

  private func fitted(_ trailers: consuming HeaderBlock?) -> HeaderBlock? {
    guard let trailers, unsafe core.pointee.isLong(trailers) else { return trailers }
    return unsafe trailers.fitted(to: core.pointee.budget) ?? trailers
  }

  /// Ends our side as `finish` does, with a copy of trailers that the caller only borrowed.
  package func finish(_ stream: HTTP2StreamID, copyingTrailers trailers: borrowing HeaderBlock) {
    guard isLive(stream) else { return }
    var copy = unsafe core.pointee.takeSpareBlock()
    copy.append(contentsOf: trailers)
    finish(stream, trailers: consume copy)
  }

  /// Resets the stream; its backlog goes with it. No more data is announced for it; `streamClosed`
  /// follows from `output`.
  package func reset(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode) {
    guard isLive(stream),
      unsafe !core.pointee.slots[stream.slot].flags.contains(.resetOrdered)
    else { return }
    // The backlog stays until the stream closes: nghttp2 may have made a DATA frame of it already,
    // which waits for room in the output and is written before the reset.
    unsafe core.pointee.slots[stream.slot].flags.insert(.resetOrdered)
    // Fails only without memory.
    _ = unsafe nghttp2_submit_rst_stream(
      core.pointee.session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.number, code.rawValue)
  }

  /// Gives `count` received payload bytes back to the peer's windows. What a closed stream left
  /// unconsumed is given back by itself.
  package func consumed(_ count: Int, on stream: HTTP2StreamID) {
    guard isLive(stream) else { return }
    unsafe core.pointee.consume(count, stream.slot)
  }

  /// Gives `count` received payload bytes back to the connection's window, and not yet to the stream's: `consumed`
  /// follows for the same bytes.
  package func held(_ count: Int, on stream: HTTP2StreamID) {
    guard isLive(stream) else { return }
    unsafe core.pointee.prepay(count, stream.slot)
  }

  /// Payload bytes queued on the stream and not yet in any output.
  package func backlog(of stream: HTTP2StreamID) -> Int {
    guard isLive(stream) else { return 0 }
    return unsafe core.pointee.slots[stream.slot].queue.count
  }

  /// Whether a writer may go on: false from when the backlog reaches `Limits.maxStreamBacklogBytes`
  /// until `streamBecameWritable`, and for a closed stream.
  package func isWritable(_ stream: HTTP2StreamID) -> Bool {
    guard isLive(stream) else { return false }
    return unsafe !core.pointee.slots[stream.slot].flags.contains(.full)
  }

  private func isLive(_ stream: HTTP2StreamID) -> Bool {
    unsafe core.pointee.slots.holds(stream) && !core.pointee.isEnded
  }

  /// Calls `body` with the source of a stream's payload, or with nil where there is none.
  private static func withProvider<Result>(
    _ slot: Int32, unless isEmpty: Bool,
    _ body: (UnsafePointer<nghttp2_data_provider>?) -> Result
  ) -> Result {
    if isEmpty { return body(nil) }
    var provider = unsafe nghttp2_data_provider()
    unsafe provider.source.ptr = SessionCore.userData(slot)
    unsafe provider.read_callback = payloadWanted
    return unsafe withUnsafePointer(to: &provider) { unsafe body($0) }
  }
}

// MARK: - The connection

extension HTTP2Session {
  /// Streams announced and not yet closed.
  package var openStreams: Int { unsafe core.pointee.slots.used }

  /// What the peer allows; 100 until its settings arrive.
  package var peerMaxConcurrentStreams: Int {
    unsafe Int(
      nghttp2_session_get_remote_settings(
        core.pointee.session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS))
  }

  /// Announces a graceful end (server): GOAWAY with the highest stream number, so that requests in
  /// flight are not lost. Send `goAway` a round trip later (see `ping`).
  package func sendShutdownNotice() {
    guard unsafe role == .server && !core.pointee.isEnded else { return }
    unsafe nghttp2_submit_shutdown_notice(core.pointee.session)
  }

  /// GOAWAY, with `reason` as its debug data: streams accepted so far finish, new ones are refused.
  package func goAway(_ code: HTTP2ErrorCode = .noError, _ reason: String = "") {
    guard unsafe !core.pointee.isEnded else { return }
    let debug = Array(reason.utf8)
    unsafe nghttp2_submit_goaway(
      core.pointee.session, UInt8(NGHTTP2_FLAG_NONE.rawValue),
      nghttp2_session_get_last_proc_stream_id(core.pointee.session), code.rawValue, debug,
      debug.count)
  }

  /// Ends the connection: a GOAWAY with `reason` as its debug data is all that is still written. The driver
  /// calls `output`, closes the transport and calls `end`.
  package func abort(_ code: HTTP2ErrorCode, _ reason: String) {
    guard unsafe !core.pointee.isEnded && core.pointee.failure == nil else { return }
    _ = fail(code, reason, debugData: reason)
  }

  /// What the peer's last GOAWAY says besides its code; empty when nothing.
  package var goAwayText: String { unsafe core.pointee.goAwayText }

  /// PING; `pingAcknowledged` brings `payload` back.
  package func ping(_ payload: UInt64) {
    guard unsafe !core.pointee.isEnded else { return }
    let bytes = unsafe withUnsafeBytes(of: payload.bigEndian) { unsafe Array($0) }
    unsafe nghttp2_submit_ping(
      core.pointee.session, UInt8(NGHTTP2_FLAG_NONE.rawValue), bytes)
  }
}
