// Pieces of memory in lists by size.

internal import CNGHTTP2

/// The lists. Every piece lies behind a header that says which list it belongs to.
@safe struct PiecePool: ~Copyable {
  /// Sizes go in these steps: one list each.
  static let stepBytes = 32
  static let lists = SessionBounds.maxPooledPieceBytes / stepBytes
  /// Keeps what follows aligned as malloc does.
  static let headerBytes = 16
  /// The header of a piece from malloc.
  static let none = lists + 1
  /// The header of nghttp2's session, and of what lies on the same pages: of the table of streams, which
  /// was never written to, and of the frame buffer.
  static let session = lists + 2
  static let table = 0
  static let frameBuffer = lists + 3

  /// The first piece of each list; a free piece holds the address of the next one. Index 0 is unused.
  private let first: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private(set) var pooledBytes = 0

  var pages = SessionPages()
  /// Where the table and the frame buffer go that nghttp2 will ask for next.
  var tablePlace: UnsafeMutableRawPointer?
  var frameBufferPlace: UnsafeMutableRawPointer?

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

  /// A piece from its list, as nearly always, is within the caller's own code: a request takes a dozen.
  @inline(__always)
  mutating func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
    let list = Self.list(for: count)
    guard list != Self.none, let piece = unsafe first[list] else {
      return unsafe allocateElsewhere(count, list)
    }
    unsafe first[list] = piece.load(as: UnsafeMutableRawPointer?.self)
    pooledBytes &-= list &* Self.stepBytes
    return unsafe piece
  }

  @inline(never)
  private mutating func allocateElsewhere(_ count: Int, _ list: Int) -> UnsafeMutableRawPointer? {
    guard list != Self.none else {
      return unsafe takeFrameBufferPlace(count) ?? Self.fresh(count, list)
    }
    return unsafe Self.fresh(list * Self.stepBytes, list)
  }

  @inline(__always)
  mutating func free(_ piece: UnsafeMutableRawPointer?) {
    guard let piece = unsafe piece else { return }
    let list = unsafe Self.list(of: piece)
    guard 1...Self.lists ~= list, pooledBytes < SessionBounds.maxPooledBytes else {
      return unsafe freeElsewhere(piece, list)
    }
    unsafe piece.storeBytes(of: first[list], as: UnsafeMutableRawPointer?.self)
    unsafe first[list] = piece
    pooledBytes &+= list &* Self.stepBytes
  }

  @inline(never)
  private mutating func freeElsewhere(_ piece: UnsafeMutableRawPointer, _ list: Int) {
    switch list {
    // They go with their session.
    case Self.table, Self.frameBuffer: return
    case Self.session: return unsafe pages.give(piece - Self.headerBytes)
    default: return unsafe martlet_free(piece - Self.headerBytes)
    }
  }

  mutating func reallocate(
    _ piece: UnsafeMutableRawPointer?, _ count: Int
  ) -> UnsafeMutableRawPointer? {
    guard let piece = unsafe piece else { return unsafe allocate(count) }
    let list = unsafe Self.list(of: piece)
    guard 1...Self.lists ~= list else {
      precondition(list == Self.none, "nghttp2 resizes nothing that it makes for a session")
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

  @inline(__always) private static func list(for count: Int) -> Int {
    guard count > 0 else { return 1 }
    guard count <= SessionBounds.maxPooledPieceBytes else { return none }
    return (count &+ (stepBytes - 1)) / stepBytes
  }

  @inline(__always) private static func list(of piece: UnsafeMutableRawPointer) -> Int {
    unsafe (piece - headerBytes).load(as: Int.self)
  }

  static func fresh(_ count: Int, _ list: Int) -> UnsafeMutableRawPointer? {
    guard let base = unsafe martlet_malloc(count + headerBytes) else { return nil }
    unsafe base.storeBytes(of: list, as: Int.self)
    return unsafe base + headerBytes
  }
}
