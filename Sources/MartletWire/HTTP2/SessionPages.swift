// Pages of memory for nghttp2's sessions.

internal import CNGHTTP2

/// What nghttp2 makes once for a session is large and mostly untouched while there are few calls, and
/// the kernel gives memory only to pages that were touched. So each session has pages of its own:
///
///     page 0      the session, and the beginning of its frame buffer, which most frames do not exceed
///     page 1–4    the rest of the frame buffer
///     page 5      the table of streams, first written to with the first stream
///
/// Pages that are given back return to the kernel at once.
@safe struct SessionPages: ~Copyable {
  /// Behind the largest session, aligned, with room for the piece's header.
  static let frameBufferOffset = SessionBounds.sessionBytes.upperBound + PiecePool.headerBytes * 2
  static let tableOffset = 5 * SessionBounds.pageBytes
  private static let bytes = tableOffset + SessionBounds.streamTableBytes

  private var blocks: [UnsafeMutableRawPointer] = unsafe []
  /// All zeros.
  private var free: [UnsafeMutableRawPointer] = unsafe []

  /// Sessions that have pages.
  var inUse: Int { unsafe blocks.count * SessionBounds.sessionsInBlock - free.count }

  deinit {
    unsafe blocks.forEach { unsafe martlet_free($0) }
  }

  /// Zeros, from the beginning of a page on; nil without memory.
  mutating func take() -> UnsafeMutableRawPointer? {
    if let pages = unsafe free.popLast() { return unsafe pages }
    let count = SessionBounds.sessionsInBlock
    guard let block = unsafe martlet_zero_pages(SessionBounds.pageBytes, count * Self.bytes) else {
      return nil
    }
    unsafe blocks.append(block)
    for index in (1..<count).reversed() { unsafe free.append(block + index * Self.bytes) }
    return unsafe block
  }

  mutating func give(_ pages: UnsafeMutableRawPointer) {
    guard unsafe martlet_forget(pages, Self.bytes) == 0 else {
      preconditionFailure("the kernel does not take memory back")
    }
    unsafe free.append(pages)
  }
}
