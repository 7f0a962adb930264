// The begun answer to a call that can still be sent again.
internal import MartletWire

/// Head and payload of a response that is not whole yet.
struct HeldAnswer {
  private var head = HeaderBlock()
  private var payload: [UInt8] = []

  /// Bytes of payload.
  var count: Int { payload.count }

  /// `spare` is an empty block, whose memory the head is kept in.
  mutating func begin(_ head: borrowing HeaderBlock, in spare: consuming HeaderBlock) {
    spare.append(contentsOf: head)
    self.head = consume spare
    payload.removeAll(keepingCapacity: true)
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    payload.append(contentsOf: bytes)
  }

  mutating func takeHead() -> HeaderBlock {
    var taken = HeaderBlock()
    swap(&taken, &head)
    return taken
  }

  mutating func takePayload() -> [UInt8] {
    var taken: [UInt8] = []
    swap(&taken, &payload)
    return taken
  }

  mutating func drop() {
    self = HeldAnswer()
  }
}
