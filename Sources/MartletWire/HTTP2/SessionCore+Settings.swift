// The peer's settings, each value of them.

internal import CNGHTTP2

extension SessionCore {
  private static var settingBytes: Int { 6 }
  private static var maxWindow: Int { Int(Int32.max) }

  /// What is wrong with the SETTINGS frame that is about to take effect. nghttp2 looks at each setting's last
  /// value alone, and where a window overflows it resets the stream instead of ending the connection
  /// (RFC 9113 §6.5.3, §6.9.2).
  func settingsBreach() -> Breach? {
    let payload = frames.settings
    for start in stride(from: 0, to: payload.count - (Self.settingBytes - 1), by: Self.settingBytes)
    {
      let name = UInt16(payload[start]) << 8 | UInt16(payload[start + 1])
      let value = payload[(start + 2)..<(start + Self.settingBytes)].reduce(0) { $0 << 8 | Int($1) }
      if let breach = settingBreach(name, value) { return breach }
    }
    return nil
  }

  private func settingBreach(_ name: UInt16, _ value: Int) -> Breach? {
    let isGood: Bool
    switch UInt32(name) {
    case NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue:
      isGood = value == 0 || (value == 1 && role == .server)
    case NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL.rawValue,
      NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES.rawValue:
      isGood = value <= 1
    case NGHTTP2_SETTINGS_MAX_FRAME_SIZE.rawValue:
      isGood = (1 << 14..<1 << 24).contains(value)
    case NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue:
      if value > Self.maxWindow { return .initialWindowTooLarge }
      return overflowsAWindow(value) ? .windowOverflow : nil
    default:
      isGood = true
    }
    return isGood ? nil : .badSetting(name)
  }

  private func overflowsAWindow(_ initial: Int) -> Bool {
    let before = unsafe nghttp2_session_get_remote_settings(
      session, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE)
    let growth = initial - Int(before)
    guard growth > 0 else { return false }
    for slot in 0..<Int32(slots.capacity) where slots[slot].number != 0 {
      // -1 for a stream that nghttp2 does not know (yet), 0 for a negative window.
      let window = unsafe nghttp2_session_get_stream_remote_window_size(
        session, slots[slot].number)
      if Int(window) + growth > Self.maxWindow { return true }
    }
    return false
  }
}
