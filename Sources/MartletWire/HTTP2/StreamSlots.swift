// The streams of one session, in slots that are used again and again.

/// What the session knows of one stream beyond what nghttp2 does.
struct StreamSlot {
  struct Flags: OptionSet {
    var rawValue: UInt8
    /// The delegate knows the stream and is owed a `streamClosed`.
    static let announced = Flags(rawValue: 1 << 0)
    /// The response head was ordered, or, on a client, the request.
    static let headOrdered = Flags(rawValue: 1 << 1)
    /// `finish` was ordered: what is queued is all there will be.
    static let finishing = Flags(rawValue: 1 << 2)
    /// nghttp2 asked for payload when there was none and waits to be resumed.
    static let deferred = Flags(rawValue: 1 << 3)
    /// The backlog reached its limit; the delegate is owed a `streamBecameWritable`.
    static let full = Flags(rawValue: 1 << 4)
    /// The peer ended its side, so its stream window needs no credit any more.
    static let peerEnded = Flags(rawValue: 1 << 5)
    static let resetOrdered = Flags(rawValue: 1 << 6)
  }

  /// The stream's number; 0 when the slot is free.
  var number: Int32 = 0
  var nextFree: Int32 = -1
  var flags: Flags = []
  var queue = PayloadQueue()
  var trailers: HeaderBlock?
  /// Payload bytes that the delegate got and did not give back.
  var unconsumed = 0
  /// Of those, bytes that were given back to the connection's window already.
  var prepaid = 0
  /// Consumed bytes of the stream's window that nghttp2 was not told of yet.
  var credit = 0
}

/// Slots with a free list. Memory is bounded by the streams that may be open at once.
@safe struct StreamSlots: ~Copyable {
  private var base: UnsafeMutablePointer<StreamSlot>
  private(set) var capacity: Int
  private var firstFree: Int32
  /// Slots in use.
  private(set) var used = 0

  init() {
    capacity = SessionBounds.initialSlots
    unsafe base = .allocate(capacity: capacity)
    firstFree = -1
    link(0..<capacity)
  }

  deinit {
    unsafe base.deinitialize(count: capacity)
    unsafe base.deallocate()
  }

  private mutating func link(_ range: Range<Int>) {
    for index in range.reversed() {
      unsafe (base + index).initialize(to: StreamSlot())
      unsafe base[index].nextFree = firstFree
      firstFree = Int32(index)
    }
  }

  /// A free slot, not yet marked as used.
  mutating func take() -> Int32 {
    if firstFree < 0 {
      let grown = capacity * 2
      let fresh = UnsafeMutablePointer<StreamSlot>.allocate(capacity: grown)
      unsafe fresh.moveInitialize(from: base, count: capacity)
      unsafe base.deallocate()
      unsafe base = fresh
      link(capacity..<grown)
      capacity = grown
    }
    let slot = firstFree
    unsafe firstFree = base[Int(slot)].nextFree
    used += 1
    return slot
  }

  /// Gives a slot back, its payload dropped.
  mutating func free(_ slot: Int32) {
    unsafe base[Int(slot)].queue.removeAll()
    unsafe base[Int(slot)].trailers = nil
    unsafe base[Int(slot)].number = 0
    unsafe base[Int(slot)].flags = []
    unsafe base[Int(slot)].unconsumed = 0
    unsafe base[Int(slot)].prepaid = 0
    unsafe base[Int(slot)].credit = 0
    unsafe base[Int(slot)].nextFree = firstFree
    firstFree = slot
    used -= 1
  }

  subscript(slot: Int32) -> StreamSlot {
    unsafeAddress { unsafe UnsafePointer(base + Int(slot)) }
    nonmutating unsafeMutableAddress { unsafe base + Int(slot) }
  }

  /// Whether `stream` is still the one in its slot.
  func holds(_ stream: HTTP2StreamID) -> Bool {
    guard stream.slot >= 0, Int(stream.slot) < capacity else { return false }
    return unsafe base[Int(stream.slot)].number == stream.number
  }
}
