// Where the large pieces lie that nghttp2 makes for a session.

internal import CNGHTTP2

extension PiecePool {
  /// What calloc does.
  mutating func allocateZeros(_ count: Int) -> UnsafeMutableRawPointer? {
    if SessionBounds.sessionBytes ~= count { return unsafe allocateSession() }
    if count == SessionBounds.streamTableBytes, let place = unsafe tablePlace {
      unsafe tablePlace = nil
      return unsafe place
    }
    guard let piece = unsafe allocate(count) else { return nil }
    unsafe piece.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    return unsafe piece
  }

  private mutating func allocateSession() -> UnsafeMutableRawPointer? {
    guard let pages = unsafe pages.take() else { return nil }
    unsafe pages.storeBytes(of: Self.session, as: Int.self)
    unsafe tablePlace = pages + SessionPages.tableOffset
    unsafe frameBufferPlace = pages + SessionPages.frameBufferOffset
    return unsafe pages + Self.headerBytes
  }

  /// Nil when `count` is no frame buffer, or its session lies elsewhere.
  mutating func takeFrameBufferPlace(_ count: Int) -> UnsafeMutableRawPointer? {
    guard SessionBounds.frameBufferBytes ~= count, let place = unsafe frameBufferPlace else {
      return nil
    }
    unsafe frameBufferPlace = nil
    unsafe (place - Self.headerBytes).storeBytes(of: Self.frameBuffer, as: Int.self)
    return unsafe place
  }
}
