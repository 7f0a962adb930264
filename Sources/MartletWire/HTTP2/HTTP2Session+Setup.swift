// How a session is made: nghttp2's options and the settings of the preface.

internal import CNGHTTP2
internal import MartletCore

extension HTTP2Session {
  /// Makes the nghttp2 session whose callbacks reach `core`. It must not outlive `memory`.
  static func makeSession(_ core: UnsafeMutablePointer<SessionCore>, _ memory: SessionMemory) {
    var option: OpaquePointer?
    unsafe precondition(nghttp2_option_new(&option) == 0, "out of memory")
    defer { unsafe nghttp2_option_del(option) }
    // Credit is the consumer's to give.
    unsafe nghttp2_option_set_no_auto_window_update(option, 1)
    // Closed streams are kept for priority trees, which nobody builds any more.
    unsafe nghttp2_option_set_no_closed_streams(option, 1)
    unsafe nghttp2_option_set_max_outbound_ack(option, SessionBounds.maxOutboundAcks)
    unsafe nghttp2_option_set_peer_max_concurrent_streams(
      option, SessionBounds.streamsBeforeSettings)
    unsafe nghttp2_option_set_max_continuations(option, SessionBounds.nghttp2MaxContinuations)
    // Ours is `Limits.Floods.resets`; nghttp2's would only refuse new streams.
    unsafe nghttp2_option_set_stream_reset_rate_limit(option, UInt64(Int64.max), 0)
    // Programs of gRPC send texts as somebody said them; `HTTPFieldValue` makes them fit.
    unsafe nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(option, 1)
    let make =
      unsafe core.pointee.role == .client
      ? nghttp2_session_client_new3 : nghttp2_session_server_new3
    var allocator = unsafe memory.allocator
    // Fails only without memory.
    let result = unsafe make(
      &core.pointee.session, SessionCallbacks.shared, core, option, &allocator)
    precondition(result == 0, "out of memory")
  }

  static func submitPreface(_ core: UnsafeMutablePointer<SessionCore>, _ limits: Limits) {
    func setting(_ id: nghttp2_settings_id, _ value: Int) -> nghttp2_settings_entry {
      nghttp2_settings_entry(
        settings_id: Int32(id.rawValue), value: UInt32(clamping: value))
    }
    var settings = [
      setting(
        NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
        min(limits.initialStreamWindowBytes, Int(Int32.max))),
      setting(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.maxHeaderListBytes),
    ]
    switch unsafe core.pointee.role {
    case .server:
      settings.append(
        setting(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.maxConcurrentStreams))
    case .client:
      settings.append(setting(NGHTTP2_SETTINGS_ENABLE_PUSH, 0))
    }
    // Both fail only without memory or on values that the clamps above rule out.
    let session = unsafe core.pointee.session
    let submitted = unsafe nghttp2_submit_settings(
      session, UInt8(NGHTTP2_FLAG_NONE.rawValue), settings, settings.count)
    let widened = unsafe nghttp2_session_set_local_window_size(
      session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0,
      Int32(clamping: limits.initialConnectionWindowBytes))
    precondition(submitted == 0 && widened == 0, "the preface cannot be queued")
  }
}
