// The begun answer to a call that can still be sent again.
internal import MartletWire

/// Head and payload of a response that is not whole yet.
struct HeldAnswer {
  private var head = HeaderBlock()
  private var payload: [UInt8] = []

  /// Bytes of payload.
  var count: Int { payload.count }

  mutating func begin(_ head: HeaderBlock) {
    self.head = head
    payload.removeAll(keepingCapacity: true)
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    payload.append(contentsOf: bytes)
  }

  mutating func take() -> (head: HeaderBlock, payload: [UInt8]) {
    defer { self = HeldAnswer() }
    return (head, payload)
  }
}
