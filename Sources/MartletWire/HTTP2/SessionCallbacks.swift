// nghttp2's callbacks: C on one side, the session's core on the other.

internal import CNGHTTP2
private import MartletCore

/// The callbacks every session shares, built once.
enum SessionCallbacks {
  // Written once before any session exists and only read from then on.
  nonisolated(unsafe) static let shared: OpaquePointer? = {
    var callbacks: OpaquePointer?
    // Fails only without memory; sessions then fail to be made.
    guard unsafe nghttp2_session_callbacks_new(&callbacks) == 0 else { return nil }
    unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, headersBegan)
    unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks, headerReceived)
    unsafe nghttp2_session_callbacks_set_on_invalid_header_callback(
      callbacks, invalidHeaderReceived)
    unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frameReceived)
    unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, dataReceived)
    unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, streamClosed)
    unsafe nghttp2_session_callbacks_set_send_data_callback(callbacks, dataFrameReady)
    unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frameSent)
    unsafe nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, frameNotSent)
    unsafe nghttp2_session_callbacks_set_error_callback2(callbacks, complained)
    return unsafe callbacks
  }()

  static let resetThisStream = NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
  static let endStreamFlag = UInt8(NGHTTP2_FLAG_END_STREAM.rawValue)
  static let ackFlag = UInt8(NGHTTP2_FLAG_ACK.rawValue)
  static let headers = UInt8(NGHTTP2_HEADERS.rawValue)
  static let data = UInt8(NGHTTP2_DATA.rawValue)
  static let reset = UInt8(NGHTTP2_RST_STREAM.rawValue)
  static let settings = UInt8(NGHTTP2_SETTINGS.rawValue)
  static let ping = UInt8(NGHTTP2_PING.rawValue)
  static let goAway = UInt8(NGHTTP2_GOAWAY.rawValue)
}

private typealias Core = UnsafeMutablePointer<SessionCore>

private func core(_ userData: UnsafeMutableRawPointer?) -> Core {
  // The session was made with its core's address and does not outlive it.
  unsafe userData.unsafelyUnwrapped.assumingMemoryBound(to: SessionCore.self)
}

// MARK: - Header sections received

private let headersBegan: nghttp2_on_begin_headers_callback = { session, frame, userData in
  let core = unsafe core(userData)
  guard let frame = unsafe frame else { return 0 }
  let number = unsafe frame.pointee.hd.stream_id
  if unsafe frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST {
    if unsafe core.pointee.frames.refusesStreams {
      return unsafe core.pointee.refuseStream(number)
    }
    let slot = unsafe core.pointee.slots.take()
    unsafe core.pointee.slots[slot].number = number
    unsafe nghttp2_session_set_stream_user_data(session, number, SessionCore.userData(slot))
    unsafe core.pointee.inboundSlot = slot
  } else {
    unsafe core.pointee.inboundSlot = core.pointee.slot(ofStream: number)
  }
  unsafe core.pointee.beginInbound()
  return 0
}

private let headerReceived: nghttp2_on_header_callback = {
  _, _, name, nameCount, value, valueCount, flags, userData in
  let core = unsafe core(userData)
  let (name, value) = unsafe (
    UnsafeRawBufferPointer(start: name, count: nameCount),
    UnsafeRawBufferPointer(start: value, count: valueCount)
  )
  let isNever = UInt32(flags) & NGHTTP2_NV_FLAG_NO_INDEX.rawValue != 0
  unsafe core.pointee.inboundFields += 1
  unsafe core.pointee.inboundListBytes += nameCount + valueCount + HeaderStorage.fieldOverhead
  guard unsafe core.pointee.inboundListBytes <= core.pointee.maxInflatedBytes else {
    unsafe core.pointee.breach = .headerListTooLarge
    return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
  }
  if unsafe core.pointee.role == .client {
    unsafe core.pointee.keepOfAnswer(name, value, neverIndexed: isNever)
  } else if unsafe core.pointee.inboundListBytes <= core.pointee.maxHeaderListBytes {
    // Past the limit nothing more is kept; `headersEnded` answers for the whole section.
    unsafe core.pointee.keep(name, HTTPFieldValue.trimmed(value), neverIndexed: isNever)
  }
  return 0
}

/// nghttp2 would ignore a malformed field. RFC 9113 §8.1.1 has the whole message refused, or what
/// one hop ignores another may act upon. The text of a status is encoded instead: the status counts.
private let invalidHeaderReceived: nghttp2_on_invalid_header_callback = {
  session, frame, name, nameCount, value, valueCount, flags, userData in
  guard let frame = unsafe frame else { return 0 }
  let spelled = unsafe HeaderName(
    spelled: UnsafeRawBufferPointer(start: name, count: nameCount))
  if spelled == .grpcMessage, unsafe core(userData).pointee.role == .client {
    return unsafe headerReceived(
      session, frame, name, nameCount, value, valueCount, flags, userData)
  }
  unsafe nghttp2_submit_rst_stream(
    session, UInt8(NGHTTP2_FLAG_NONE.rawValue), frame.pointee.hd.stream_id,
    HTTP2ErrorCode.protocolError.rawValue)
  return SessionCallbacks.resetThisStream
}

extension SessionCore {
  @inline(__always)
  mutating func keep(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, neverIndexed: Bool
  ) {
    unsafe inboundStorage?._withUnsafeGuaranteedRef { storage in
      unsafe storage.append(name: name, value: value, neverIndexed: neverIndexed)
    }
  }

  /// A client that has reset too many streams waits for new ones. What the callback returns.
  fileprivate mutating func refuseStream(_ number: Int32) -> CInt {
    if let breach = frames.spendReset() {
      self.breach = breach
      return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }
    inboundSlot = -1
    refusedStreams += 1
    // Fails only without memory.
    _ = unsafe nghttp2_submit_rst_stream(
      session, UInt8(NGHTTP2_FLAG_NONE.rawValue), number, HTTP2ErrorCode.refusedStream.rawValue)
    return SessionCallbacks.resetThisStream
  }

  mutating func beginInbound() {
    inbound.removeAll()
    inboundListBytes = 0
    inboundFields = 0
    keptMetadataBytes = 0
    unsafe inboundStorage = .passUnretained(inbound.owned())
  }

  /// A header section is whole.
  mutating func headersEnded(_ frame: UnsafePointer<nghttp2_frame>) {
    let slot = inboundSlot
    guard slot >= 0 else { return }
    if role == .client {
      tellLeftOut()
    } else {
      if inboundListBytes > maxHeaderListBytes || !inboundCuts.isEmpty {
        return refuse(slot, with: inbound.hasGRPCContentType ? .oversizeAnswer : .oversizePage)
      }
      if inbound.asksForTunnel { return refuse(slot, with: .noTunnelAnswer) }
      if inbound.hostContradictsAuthority {
        return resetUnseen(slots[slot].number)
      }
    }
    let section: HeaderSection
    switch role {
    case .server:
      section = unsafe frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST ? .request : .trailers
    case .client:
      section = inbound.responseSection
    }
    let endOfStream = unsafe frame.pointee.hd.flags & SessionCallbacks.endStreamFlag != 0
    slots[slot].flags.insert(endOfStream ? [.announced, .peerEnded] : .announced)
    // Taken out for the call, so that it is passed without a copy or a reference count.
    var headers = HeaderBlock()
    swap(&headers, &inbound)
    let stream = id(slot)
    tell { $0.headersReceived(headers, section, on: stream, endOfStream: endOfStream) }
    swap(&headers, &inbound)
  }

  /// Resets a malformed message's stream, without a word to the delegate if it is a request's.
  private mutating func resetUnseen(_ number: Int32) {
    // Fails only without memory.
    _ = unsafe nghttp2_submit_rst_stream(
      session, UInt8(NGHTTP2_FLAG_NONE.rawValue), number,
      HTTP2ErrorCode.protocolError.rawValue)
  }

  /// A server answers by itself what is not to be shown to anybody; a stream that is known already
  /// is reset.
  private mutating func refuse(_ slot: Int32, with answer: HeaderBlock) {
    let number = slots[slot].number
    guard role == .server, !slots[slot].flags.contains(.announced) else {
      _ = unsafe nghttp2_submit_rst_stream(
        session, UInt8(NGHTTP2_FLAG_NONE.rawValue), number,
        HTTP2ErrorCode.enhanceYourCalm.rawValue)
      return
    }
    unsafe nghttp2_session_set_stream_user_data(session, number, nil)
    inboundSlot = -1
    slots.free(slot)
    unsafe withPairs(answer) { pairs, count, session in
      _ = unsafe nghttp2_submit_response(session, number, pairs, count, nil)
    }
  }
}

extension HeaderBlock {
  fileprivate static let oversizeAnswer = grpcTrailersOnly(
    .init(.resourceExhausted, "the request's header list is larger than this server accepts"))

  /// For what does not say that it is gRPC, as far as its fields were kept.
  fileprivate static let oversizePage: HeaderBlock = [":status": "431"]

  /// To CONNECT a 2xx would say that a tunnel is open (RFC 9110 §9.3.6), and gRPC's errors are 200.
  fileprivate static let noTunnelAnswer: HeaderBlock = [":status": "405", "allow": "POST"]

  fileprivate var asksForTunnel: Bool {
    unsafe withValue(of: .method) { value in
      unsafe value.count == 7 && value.first == UInt8(ascii: "C")
        && value.elementsEqual("CONNECT".utf8)
    } ?? false
  }

  /// Which section of a response this is, by its `:status`.
  fileprivate var responseSection: HeaderSection {
    let isInformational = unsafe withValue(of: .status) { unsafe $0.first == UInt8(ascii: "1") }
    guard let isInformational else { return .trailers }
    return isInformational ? .informational : .response
  }
}

// MARK: - Frames received

private let frameReceived: nghttp2_on_frame_recv_callback = { _, frame, userData in
  let core = unsafe core(userData)
  guard let frame = unsafe frame else { return 0 }
  switch unsafe frame.pointee.hd.type {
  case SessionCallbacks.headers:
    unsafe core.pointee.headersEnded(frame)
  case SessionCallbacks.data:
    guard unsafe frame.pointee.hd.flags & SessionCallbacks.endStreamFlag != 0 else { break }
    let slot = unsafe core.pointee.slot(ofStream: frame.pointee.hd.stream_id)
    guard slot >= 0 else { break }
    unsafe core.pointee.slots[slot].flags.insert(.peerEnded)
    let stream = unsafe core.pointee.id(slot)
    unsafe core.pointee.tell { $0.endReceived(on: stream) }
  case SessionCallbacks.settings:
    guard unsafe frame.pointee.hd.flags & SessionCallbacks.ackFlag == 0 else { break }
    unsafe core.pointee.learnBudget()
    unsafe core.pointee.tell { $0.settingsReceived() }
  case SessionCallbacks.ping:
    guard unsafe frame.pointee.hd.flags & SessionCallbacks.ackFlag != 0 else {
      return unsafe core.pointee.pingReceived()
    }
    let payload = unsafe withUnsafeBytes(of: frame.pointee.ping.opaque_data) {
      unsafe UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self))
    }
    unsafe core.pointee.tell { $0.pingAcknowledged(payload) }
  case SessionCallbacks.goAway:
    let lastStream = unsafe frame.pointee.goaway.last_stream_id
    let code = unsafe HTTP2ErrorCode(rawValue: frame.pointee.goaway.error_code)
    let text = unsafe UnsafeRawBufferPointer(
      start: frame.pointee.goaway.opaque_data, count: frame.pointee.goaway.opaque_data_len)
    unsafe core.pointee.goAwayText = String(
      decoding: text.prefix(SessionBounds.maxDebugBytes), as: UTF8.self)
    unsafe core.pointee.tell { $0.goAwayReceived(lastStream: lastStream, code) }
  default:
    break
  }
  return 0
}

extension SessionCore {
  /// What the callback returns: anything but 0 ends the connection.
  fileprivate mutating func pingReceived() -> CInt {
    guard role == .server else { return 0 }
    let verdict = pings.pingReceived(now: now, hasCalls: slots.used > 0, framesSent: framesSent)
    switch verdict {
    case .fine: return 0
    case .tooMany:
      breach = .tooManyPings
      return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }
  }
}

private let dataReceived: nghttp2_on_data_chunk_recv_callback = {
  _, _, number, bytes, count, userData in
  let core = unsafe core(userData)
  let slot = unsafe core.pointee.slot(ofStream: number)
  guard slot >= 0, unsafe core.pointee.slots[slot].flags.contains(.announced),
    unsafe !core.pointee.slots[slot].flags.contains(.resetOrdered)
  else {
    unsafe core.pointee.giveConnectionCredit(count)
    return 0
  }
  unsafe core.pointee.received(count, slot)
  let stream = unsafe core.pointee.id(slot)
  unsafe core.pointee.tell {
    unsafe $0.dataReceived(UnsafeRawBufferPointer(start: bytes, count: count), on: stream)
  }
  return 0
}

private let streamClosed: nghttp2_on_stream_close_callback = { _, number, code, userData in
  let core = unsafe core(userData)
  let slot = unsafe core.pointee.slot(ofStream: number)
  if slot >= 0 {
    unsafe core.pointee.close(slot, HTTP2ErrorCode(rawValue: code))
  }
  return 0
}

// MARK: - Frames sent

/// Says how much of a stream's backlog goes into the DATA frame that nghttp2 is about to make; the
/// bytes are written by `dataFrameReady`.
let payloadWanted: nghttp2_data_source_read_callback = {
  session, number, _, wanted, dataFlags, source, userData in
  let core = unsafe core(userData)
  guard let source = unsafe source, let dataFlags = unsafe dataFlags else {
    return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
  }
  let slot = unsafe SessionCore.slot(source.pointee.ptr)
  guard unsafe core.pointee.slots[slot].number == number else {
    return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
  }
  let backlog = unsafe core.pointee.slots[slot].queue.count
  let isFinishing = unsafe core.pointee.slots[slot].flags.contains(.finishing)
  if backlog == 0, !isFinishing {
    unsafe core.pointee.slots[slot].flags.insert(.deferred)
    return Int(NGHTTP2_ERR_DEFERRED.rawValue)
  }
  let room = unsafe core.pointee.room - SessionCore.frameHeaderBytes
  var count = min(wanted, backlog)
  if room >= SessionBounds.minDataRoom { count = min(count, room) }
  var flags = NGHTTP2_DATA_FLAG_NO_COPY.rawValue
  if count == backlog, isFinishing {
    flags |= NGHTTP2_DATA_FLAG_EOF.rawValue
    if unsafe core.pointee.submitTrailers(slot) {
      flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
    }
  }
  unsafe dataFlags.pointee |= flags
  return count
}

extension SessionCore {
  /// Length, type, flags and stream (RFC 9113 §4.1).
  static var frameHeaderBytes: Int { 9 }

  /// Queues the trailers behind the stream's last DATA frame; whether there are any.
  mutating func submitTrailers(_ slot: Int32) -> Bool {
    guard let trailers = slots[slot].trailers.take() else { return false }
    let number = slots[slot].number
    let isSubmitted = unsafe withPairs(trailers) { pairs, count, session in
      unsafe nghttp2_submit_trailer(session, number, pairs, count) == 0
    }
    keepSpareBlock(consume trailers)
    return isSubmitted
  }

  /// Writes a DATA frame. Whether it could: a frame that follows a spill has to wait.
  mutating func emitData(
    _ header: UnsafePointer<UInt8>, _ count: Int, _ slot: Int32
  ) -> Bool {
    if hasSpill { return false }
    let whole = Self.frameHeaderBytes + count
    if room >= whole, let cursor = unsafe cursor {
      unsafe cursor.copyMemory(from: header, byteCount: Self.frameHeaderBytes)
      unsafe slots[slot].queue.read(count, into: cursor + Self.frameHeaderBytes)
      unsafe self.cursor = cursor + whole
    } else {
      unsafe withUnsafeTemporaryAllocation(byteCount: whole, alignment: 1) { frame in
        guard let base = frame.baseAddress else { return }
        unsafe base.copyMemory(from: header, byteCount: Self.frameHeaderBytes)
        unsafe slots[slot].queue.read(count, into: base + Self.frameHeaderBytes)
        unsafe emit(base, whole)
      }
    }
    if slots[slot].flags.contains(.full), slots[slot].queue.count <= maxStreamBacklogBytes / 2 {
      slots[slot].flags.remove(.full)
      writable.append(id(slot))
    }
    return true
  }
}

private let dataFrameReady: nghttp2_send_data_callback = {
  _, _, header, count, source, userData in
  let core = unsafe core(userData)
  guard let source = unsafe source, let header = unsafe header else {
    return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
  }
  let slot = unsafe SessionCore.slot(source.pointee.ptr)
  return unsafe core.pointee.emitData(header, count, slot)
    ? 0 : NGHTTP2_ERR_WOULDBLOCK.rawValue
}

private let frameSent: nghttp2_on_frame_send_callback = { _, frame, userData in
  guard let frame = unsafe frame else { return 0 }
  switch unsafe frame.pointee.hd.type {
  case SessionCallbacks.headers, SessionCallbacks.data:
    unsafe core(userData).pointee.framesSent &+= 1
    if unsafe frame.pointee.hd.flags & SessionCallbacks.endStreamFlag != 0 {
      unsafe core(userData).pointee.streamFinished(frame.pointee.hd.stream_id)
    }
  case SessionCallbacks.reset:
    unsafe core(userData).pointee.resetSent(
      frame.pointee.hd.stream_id, HTTP2ErrorCode(rawValue: frame.pointee.rst_stream.error_code))
  default: break
  }
  return 0
}

extension SessionCore {
  /// RST_STREAM is written; one that nobody on our side ordered was the client's doing.
  fileprivate mutating func resetSent(_ number: Int32, _ code: HTTP2ErrorCode) {
    guard role == .server, code != .noError, code != .internalError else { return }
    let slot = slot(ofStream: number)
    if slot >= 0, slots[slot].flags.contains(.resetOrdered) { return }
    if code == .refusedStream, refusedStreams > 0 {
      refusedStreams -= 1
      return
    }
    breach = frames.spend(.provokedReset) ?? breach
  }

  /// Our side of a stream has ended. A server that has answered before the request was whole asks the client
  /// to stop sending it (RFC 9113 §8.1).
  fileprivate func streamFinished(_ number: Int32) {
    guard role == .server, unsafe nghttp2_session_get_stream_remote_close(session, number) == 0
    else { return }
    unsafe nghttp2_submit_rst_stream(
      session, UInt8(NGHTTP2_FLAG_NONE.rawValue), number, HTTP2ErrorCode.noError.rawValue)
  }
}

/// A header section that cannot be encoded must not leave its stream hanging.
private let frameNotSent: nghttp2_on_frame_not_send_callback = {
  session, frame, error, userData in
  guard let frame = unsafe frame, unsafe frame.pointee.hd.type == SessionCallbacks.headers,
    error == NGHTTP2_ERR_FRAME_SIZE_ERROR.rawValue || error == NGHTTP2_ERR_HEADER_COMP.rawValue,
    unsafe frame.pointee.headers.cat != NGHTTP2_HCAT_REQUEST
  else { return 0 }
  unsafe nghttp2_submit_rst_stream(
    session, UInt8(NGHTTP2_FLAG_NONE.rawValue), frame.pointee.hd.stream_id,
    HTTP2ErrorCode.internalError.rawValue)
  return 0
}

private let complained: nghttp2_error_callback2 = { _, _, message, count, userData in
  let core = unsafe core(userData)
  let bytes = unsafe UnsafeRawBufferPointer(start: message, count: count)
  unsafe core.pointee.complaint = String(decoding: bytes, as: UTF8.self)
  return 0
}
