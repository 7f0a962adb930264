// Memory for nghttp2, which asks for and gives back a dozen small pieces for each request.

internal import CNGHTTP2

/// Keeps freed pieces in lists by size and hands them out again, for all sessions of one thread:
/// malloc and free were a tenth of a forwarded request, a list is a few instructions. Pieces beyond
/// `SessionBounds.maxPooledPieceBytes`, and all once the lists hold
/// `SessionBounds.maxPooledBytes`, come from and go to malloc.
///
/// Sessions that were made with it keep it alive. Not thread-safe.
@safe package final class SessionMemory {
  let pool: UnsafeMutablePointer<PiecePool>

  package init() {
    unsafe pool = .allocate(capacity: 1)
    unsafe pool.initialize(to: PiecePool())
  }

  deinit {
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
        guard !overflow, let piece = unsafe piecePool(pool).pointee.allocate(bytes) else {
          return nil
        }
        unsafe piece.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        return unsafe piece
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

/// The lists. Every piece lies behind a header that says which list it belongs to.
@safe struct PiecePool: ~Copyable {
  /// Sizes go in these steps: one list each.
  private static let stepBytes = 32
  private static let lists = SessionBounds.maxPooledPieceBytes / stepBytes
  /// Keeps what follows aligned as malloc does.
  private static let headerBytes = 16
  /// The list of a piece that belongs to none.
  private static let none = 0

  /// The first piece of each list; a free piece holds the address of the next one. Index 0 is unused.
  private let first: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private(set) var pooledBytes = 0

  init() {
    unsafe first = .allocate(capacity: Self.lists + 1)
    unsafe first.initialize(repeating: nil, count: Self.lists + 1)
  }

  deinit {
    for list in 1...Self.lists {
      while let piece = unsafe first[list] {
        unsafe first[list] = piece.load(as: UnsafeMutableRawPointer?.self)
        unsafe martlet_free(piece - Self.headerBytes)
      }
    }
    unsafe first.deallocate()
  }

  mutating func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
    let list = Self.list(for: count)
    guard list != Self.none else { return unsafe Self.fresh(count, list) }
    if let piece = unsafe first[list] {
      unsafe first[list] = piece.load(as: UnsafeMutableRawPointer?.self)
      pooledBytes -= list * Self.stepBytes
      return unsafe piece
    }
    return unsafe Self.fresh(list * Self.stepBytes, list)
  }

  mutating func free(_ piece: UnsafeMutableRawPointer?) {
    guard let piece = unsafe piece else { return }
    let list = unsafe Self.list(of: piece)
    guard list != Self.none, pooledBytes < SessionBounds.maxPooledBytes else {
      return unsafe martlet_free(piece - Self.headerBytes)
    }
    unsafe piece.storeBytes(of: first[list], as: UnsafeMutableRawPointer?.self)
    unsafe first[list] = piece
    pooledBytes += list * Self.stepBytes
  }

  mutating func reallocate(
    _ piece: UnsafeMutableRawPointer?, _ count: Int
  ) -> UnsafeMutableRawPointer? {
    guard let piece = unsafe piece else { return unsafe allocate(count) }
    let list = unsafe Self.list(of: piece)
    guard list != Self.none else {
      let base = unsafe martlet_realloc(piece - Self.headerBytes, count + Self.headerBytes)
      return unsafe base.map { unsafe $0 + Self.headerBytes }
    }
    let room = list * Self.stepBytes
    if count <= room { return unsafe piece }
    guard let grown = unsafe allocate(count) else { return nil }
    unsafe grown.copyMemory(from: piece, byteCount: room)
    unsafe free(piece)
    return unsafe grown
  }

  private static func list(for count: Int) -> Int {
    guard count <= SessionBounds.maxPooledPieceBytes else { return none }
    return max(1, (count + stepBytes - 1) / stepBytes)
  }

  private static func list(of piece: UnsafeMutableRawPointer) -> Int {
    unsafe (piece - headerBytes).load(as: Int.self)
  }

  private static func fresh(_ count: Int, _ list: Int) -> UnsafeMutableRawPointer? {
    guard let base = unsafe martlet_malloc(count + headerBytes) else { return nil }
    unsafe base.storeBytes(of: list, as: Int.self)
    return unsafe base + headerBytes
  }
}
