// How a server's session goes on from a request that came as HTTP/1.1.

internal import CNGHTTP2

extension HTTP2Session {
  /// Makes an HTTP/1.1 request that asked for `Upgrade: h2c` stream 1 (RFC 7540 §3.2). `settings` is
  /// its HTTP2-Settings field, decoded. Call it on a server's fresh session, and
  /// `receiveUpgraded` next. Throws when the settings are none.
  package func upgrade(settings: [UInt8], isHead: Bool) throws(HTTP2SessionError) -> HTTP2StreamID {
    precondition(role == .server, "a client's session is upgraded by its server's 101")
    // Nobody is told of these settings: the client's preface, which must follow, brings its own.
    let result = unsafe settings.withUnsafeBufferPointer { payload in
      unsafe nghttp2_session_upgrade2(
        core.pointee.session, payload.baseAddress, payload.count, isHead ? 1 : 0, nil)
    }
    // INVALID_ARGUMENT: not a SETTINGS payload; PROTO: not fresh; NOMEM.
    guard result == 0 else {
      throw HTTP2SessionError(
        code: .protocolError, reason: unsafe String(cString: nghttp2_strerror(result)))
    }
    let slot = unsafe core.pointee.slots.take()
    unsafe core.pointee.slots[slot].number = 1
    unsafe core.pointee.slots[slot].flags = [.announced, .peerEnded]
    unsafe nghttp2_session_set_stream_user_data(
      core.pointee.session, 1, SessionCore.userData(slot))
    return HTTP2StreamID(number: 1, slot: slot)
  }

  /// Tells the delegate of the whole request of `upgrade`, unless its stream is over already. Its payload came
  /// outside of HTTP/2 and counts against no window.
  package func receiveUpgraded(
    _ request: borrowing HeaderBlock, body: [UInt8], on stream: HTTP2StreamID,
    _ delegate: any HTTP2SessionDelegate
  ) {
    guard unsafe !core.pointee.isEnded, wantsMore(of: stream) else { return }
    unsafe core.pointee.enter(delegate)
    defer { unsafe core.pointee.leave() }
    delegate.headersReceived(request, .request, on: stream, endOfStream: body.isEmpty)
    guard !body.isEmpty, wantsMore(of: stream) else { return }
    unsafe body.withUnsafeBytes { unsafe delegate.dataReceived($0, on: stream) }
    guard wantsMore(of: stream) else { return }
    delegate.endReceived(on: stream)
  }

  /// Whether the delegate has not reset the stream meanwhile.
  private func wantsMore(of stream: HTTP2StreamID) -> Bool {
    unsafe core.pointee.slots.holds(stream)
      && !core.pointee.slots[stream.slot].flags.contains(.resetOrdered)
  }
}
