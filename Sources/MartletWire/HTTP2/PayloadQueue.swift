// The payload that waits in one stream.

/// A FIFO of bytes, made of retained arrays (never copied until they are written out) and of runs of
/// copied ones. A queue that holds one piece at a time, as a unary call's does, allocates
/// nothing of its own.
struct PayloadQueue {
  private struct Piece {
    var bytes: [UInt8]
    var offset = 0
    /// Bytes of gRPC's prefix that are still to be written before `bytes`.
    var prefixLeft = 0
    /// Whether `bytes` is the queue's own and may grow.
    var isOwn = false

    var count: Int { prefixLeft + bytes.count - offset }

    /// A piece is read from its front while it grows, so it must end some day.
    var canGrow: Bool { isOwn && bytes.count < SessionBounds.maxOwnPieceBytes }

    mutating func readPrefix(_ wanted: Int, into target: UnsafeMutableRawPointer) -> Int {
      // Byte 0 is the compressed flag, 0; the other four are the length, big-endian.
      let length = UInt32(truncatingIfNeeded: bytes.count)
      if wanted >= PayloadQueue.prefixBytes, prefixLeft == PayloadQueue.prefixBytes {
        unsafe target.storeBytes(of: 0, as: UInt8.self)
        unsafe target.storeBytes(of: length.bigEndian, toByteOffset: 1, as: UInt32.self)
        prefixLeft = 0
        return PayloadQueue.prefixBytes
      }
      let start = PayloadQueue.prefixBytes - prefixLeft
      let taken = min(wanted, prefixLeft)
      for index in start..<start + taken {
        let byte = index == 0 ? 0 : UInt8(truncatingIfNeeded: length >> UInt32(8 * (4 - index)))
        unsafe target.storeBytes(of: byte, toByteOffset: index - start, as: UInt8.self)
      }
      prefixLeft -= taken
      return taken
    }

    mutating func readBytes(_ wanted: Int, into target: UnsafeMutableRawPointer) -> Int {
      let taken = min(wanted, bytes.count - offset)
      guard taken > 0 else { return 0 }
      let start = offset
      unsafe bytes.span.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        unsafe target.copyMemory(from: base + start, byteCount: taken)
      }
      offset += taken
      return taken
    }
  }

  /// Flag byte and four bytes of length (gRPC over HTTP/2, "Length-Prefixed-Message").
  private static let prefixBytes = 5

  private var first = Piece(bytes: [])
  private var rest: [Piece] = []
  private var restStart = 0
  private var hasFirst = false
  private var spare: [UInt8] = []

  /// Bytes queued, prefixes included.
  private(set) var count = 0

  /// Queues a message behind its prefix.
  mutating func append(message: [UInt8]) {
    push(Piece(bytes: message, prefixLeft: Self.prefixBytes))
  }

  mutating func append(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    push(Piece(bytes: bytes))
  }

  mutating func append(copying bytes: UnsafeRawBufferPointer) {
    guard unsafe !bytes.isEmpty else { return }
    if let last = rest.indices.last {
      if rest[last].canGrow {
        unsafe rest[last].bytes.append(contentsOf: bytes)
        count += bytes.count
        return
      }
    } else if hasFirst, first.canGrow {
      unsafe first.bytes.append(contentsOf: bytes)
      count += bytes.count
      return
    }
    var own: [UInt8] = []
    swap(&own, &spare)
    unsafe own.append(contentsOf: bytes)
    push(Piece(bytes: own, isOwn: true))
  }

  private mutating func push(_ piece: consuming Piece) {
    count += piece.count
    if hasFirst {
      rest.append(piece)
    } else {
      first = piece
      hasFirst = true
    }
  }

  /// Moves the first `wanted` bytes to `target`; there must be as many.
  mutating func read(_ wanted: Int, into target: UnsafeMutableRawPointer) {
    precondition(wanted <= count, "the queue holds less")
    count -= wanted
    var written = 0
    while written < wanted {
      if first.prefixLeft > 0 {
        unsafe written += first.readPrefix(wanted - written, into: target + written)
      }
      unsafe written += first.readBytes(wanted - written, into: target + written)
      if first.count == 0 { drop() }
    }
  }

  /// Takes the first piece off, which has been read to its end.
  private mutating func drop() {
    var old = Piece(bytes: [])
    if restStart < rest.count {
      swap(&old, &rest[restStart])
      swap(&old, &first)
      restStart += 1
      if restStart == rest.count {
        rest.removeAll(keepingCapacity: true)
        restStart = 0
      } else if restStart >= 64, restStart * 2 >= rest.count {
        // A queue that never runs empty must not grow by what it has delivered.
        rest.removeFirst(restStart)
        restStart = 0
      }
    } else {
      swap(&old, &first)
      hasFirst = false
    }
    keepSpare(&old)
  }

  private mutating func keepSpare(_ piece: inout Piece) {
    guard piece.isOwn, piece.bytes.capacity <= SessionBounds.maxSpareBytes else { return }
    swap(&piece.bytes, &spare)
    spare.removeAll(keepingCapacity: true)
  }

  /// Drops all that is queued; keeps little memory.
  mutating func removeAll() {
    guard hasFirst else { return }
    var old = Piece(bytes: [])
    swap(&old, &first)
    hasFirst = false
    keepSpare(&old)
    rest = []
    restStart = 0
    count = 0
  }
}
