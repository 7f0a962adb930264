// One message out of what answers a call.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// Gathers the one message of an answer, from its head to its trailers. Whoever hears of the answer passes on
/// what comes, in order, and stops after the first error: the answer is no use then.
struct UnaryAnswer {
  enum Outcome {
    case answered([UInt8])
    /// The call ended with a status other than OK.
    case failed(RPCError)
    /// What came is no answer by gRPC, and why.
    case nonsense(RPCStatus)
  }

  private let router: Router
  private let maxMessageBytes: Int
  private var deframer: MessageDeframer
  /// Bytes that its holder has taken for it.
  private var taken = 0
  private var message: [UInt8]?
  /// What the answer says beside its message; gathered for those who pass it on.
  private(set) var metadata = AnswerMetadata()

  init(_ router: Router, maxMessageBytes: Int) {
    self.router = router
    self.maxMessageBytes = maxMessageBytes
    deframer = MessageDeframer(maxMessageBytes: maxMessageBytes)
  }

  /// The head of an answer that goes on. Throws what is wrong with it.
  mutating func began(_ head: borrowing HeaderBlock) throws(RPCError) {
    deframer.decompressor = try router.decompressor(ofAnswer: head, maxMessageBytes)
    metadata.initial = head.ownMetadata
  }

  /// Payload. Throws when it is not framed well, is more than one message, or is long and there is no memory for it:
  /// an answer does not wait, since its request may hold what others wait for.
  mutating func continued(
    _ bytes: UnsafeRawBufferPointer, _ holder: some MemoryHolder
  ) throws(RPCError) {
    var bytes = bytes
    while let next = try nextMessage(from: &bytes) {
      guard message == nil else {
        throw RPCError(
          .internalError, "a call with one answer was answered with two messages")
      }
      message = next
    }
    let needed = max(deframer.announcedBytes, message?.count ?? 0)
    guard needed > MessageHold.freeBytes, needed > taken else { return }
    try holder.grow(by: needed - taken)
    taken = needed
  }

  /// Bytes of the message, as far as it is there.
  var bytes: Int { message?.count ?? 0 }

  private mutating func nextMessage(
    from bytes: inout UnsafeRawBufferPointer
  ) throws(RPCError) -> [UInt8]? {
    do throws(FramingError) {
      return try deframer.next(from: &bytes)
    } catch {
      throw RPCError(Refusal(error, whose: "the answer").status)
    }
  }

  /// The trailers, or the head of an answer that has nothing else.
  mutating func ended(_ trailers: borrowing HeaderBlock) -> Outcome {
    metadata.trailing = trailers.ownMetadata
    guard let status = trailers.grpcStatus else { return .nonsense(trailers.statusOfAnswer) }
    guard status.code == .ok else {
      return .failed(RPCError(status, metadata: trailers.metadata))
    }
    guard let message, deframer.isBetweenMessages else {
      return .nonsense(RPCStatus(.internalError, "OK came without a message"))
    }
    return .answered(message)
  }
}
