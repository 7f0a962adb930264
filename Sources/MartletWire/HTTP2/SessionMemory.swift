// Memory for sessions: nghttp2 asks for and gives back a dozen small pieces for each request.

internal import CNGHTTP2

/// Keeps freed pieces in lists by size and hands them out again, for all sessions of one thread:
/// malloc and free were a tenth of a forwarded request, a list is a few instructions. Pieces beyond
/// `SessionBounds.maxPooledPieceBytes`, and all once the lists hold
/// `SessionBounds.maxPooledBytes`, come from and go to malloc.
///
/// Sessions that were made with it keep it alive. Not thread-safe.
@safe package final class SessionMemory {
  let pool: UnsafeMutablePointer<PiecePool>
  let pairs: UnsafeMutablePointer<HeaderPairs>

  package init() {
    unsafe pairs = .allocate(capacity: 1)
    unsafe pairs.initialize(to: HeaderPairs())
    unsafe pool = .allocate(capacity: 1)
    unsafe pool.initialize(to: PiecePool())
  }

  deinit {
    unsafe pairs.deinitialize(count: 1)
    unsafe pairs.deallocate()
    unsafe pool.deinitialize(count: 1)
    unsafe pool.deallocate()
  }

  /// Bytes in the lists.
  package var pooledBytes: Int { unsafe pool.pointee.pooledBytes }

  /// How nghttp2 asks for memory (nghttp2_session_server_new3(3)).
  var allocator: nghttp2_mem {
    unsafe nghttp2_mem(
      mem_user_data: pool,
      malloc: { count, pool in unsafe piecePool(pool).pointee.allocate(count) },
      free: { piece, pool in unsafe piecePool(pool).pointee.free(piece) },
      calloc: { count, size, pool in
        let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
        return unsafe overflow ? nil : piecePool(pool).pointee.allocateZeros(bytes)
      },
      realloc: { piece, count, pool in
        unsafe piecePool(pool).pointee.reallocate(piece, count)
      })
  }
}

private func piecePool(_ userData: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<PiecePool> {
  // nghttp2 passes on what `allocator` gave it.
  unsafe userData.unsafelyUnwrapped.assumingMemoryBound(to: PiecePool.self)
}
