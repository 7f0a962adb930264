// What one request holds of its process's memory for messages.
package import MartletCore
internal import MartletWire

/// A request's part of a `MessageMemory`. What it holds goes back with `release`, or with the object at the latest. On
/// its loop only, but for its end.
package final class MessageHold: @unchecked Sendable {
  /// A message that is shorter never asks.
  package static let freeBytes = ByteBudgetTerms.freeBytes

  let loop: Loop
  let holder: ByteBudget.Holder
  private let memory: MessageMemory
  /// Bytes that are held, or waited for.
  private(set) var bytes = 0
  package private(set) var isWaiting = false
  private var isReleased = false
  private var whenDecided: ((RPCError?) -> Void)?
  private var waitTimer: Timer?

  /// What still comes, and when it was last looked whether it does.
  private var pace: BodyPace?
  private var paceTimer: Timer?

  /// - Parameter connection: whose share it is of; nil for one that carries the calls of many.
  package init(_ loop: Loop, connection: ObjectIdentifier?) {
    self.loop = loop
    memory = loop.messageMemory
    holder = memory.enter(connection: connection)
  }

  deinit {
    if !isReleased { memory.leave(holder) }
  }

  /// Asks for room for a message that was announced. True: it may come. False: `whenDecided` says when, or why not.
  /// Also said there: that it stopped coming.
  package func reserve(
    _ bytes: Int, whenDecided: @escaping (RPCError?) -> Void
  ) throws(RPCError) -> Bool {
    switch memory.reserve(bytes, for: self, now: loop.now) {
    case .granted:
      self.bytes += bytes
      self.whenDecided = whenDecided
      return true
    case .waits:
      self.bytes += bytes
      self.whenDecided = whenDecided
      isWaiting = true
      waitTimer = loop.schedule(after: memory.maxWait) { [memory, loop] in
        memory.timePassed(now: loop.now)
      }
      return false
    case .refused(let refusal):
      throw RPCError(refusal, bytes, memory.total)
    }
  }

  /// The budget's word for one that waited.
  func decided(_ refusal: ByteBudget.Refusal?) {
    guard isWaiting, !isReleased else { return }
    isWaiting = false
    waitTimer?.cancel()
    waitTimer = nil
    whenDecided?(refusal.map { RPCError($0, bytes, memory.total) })
  }

  /// Takes more at once, for what was not announced.
  package func grow(by bytes: Int) throws(RPCError) {
    guard memory.grow(holder, by: bytes) else { throw RPCError(.spent, bytes, memory.total) }
    self.bytes += bytes
  }

  /// Sees to it that at least so many bytes are held.
  package func ensure(_ bytes: Int) throws(RPCError) {
    if bytes > self.bytes { try grow(by: bytes - self.bytes) }
  }

  /// Gives back all but so many bytes.
  package func shrink(to bytes: Int) {
    guard bytes < self.bytes, !isWaiting, !isReleased else { return }
    self.bytes = bytes
    memory.shrink(holder, to: bytes)
  }

  /// Gives everything back.
  package func release() {
    guard !isReleased else { return }
    isReleased = true
    isWaiting = false
    whenDecided = nil
    waitTimer?.cancel()
    waitTimer = nil
    stopWatching()
    bytes = 0
    memory.leave(holder)
  }

  // MARK: The pace of what comes

  /// From now on the peer may send, and is to.
  func watchPace() {
    pace = BodyPace()
    paceTimer = loop.schedule(after: BodyPace.step) { [weak self] in self?.stepPassed() }
  }

  func received(_ count: Int) {
    pace?.received(count)
  }

  /// The message is whole.
  func stopWatching() {
    pace = nil
    paceTimer?.cancel()
    paceTimer = nil
  }

  private func stepPassed() {
    guard pace != nil, !isReleased else { return }
    guard pace?.stepPassed() == true else {
      pace = nil
      whenDecided?(
        RPCError(
          .resourceExhausted,
          "the message stopped coming for \(Int(BodyPace.step.inSeconds)) s while \(bytes) bytes were "
            + "reserved for it"))
      return
    }
    paceTimer = loop.schedule(after: BodyPace.step) { [weak self] in self?.stepPassed() }
  }
}

extension RPCError {
  init(_ refusal: ByteBudget.Refusal, _ bytes: Int, _ total: Int) {
    let reason =
      switch refusal {
      case .neverFits:
        "a message of \(bytes) bytes is more than all memory for messages, which is \(total) bytes"
      case .tooManyWait:
        "there is no memory for a message of \(bytes) bytes, and as many requests wait for it as may"
      case .waitedTooLong:
        "there was no memory for a message of \(bytes) bytes in time"
      case .spent:
        "there is no memory for \(bytes) more bytes of messages"
      }
    self.init(.resourceExhausted, "\(reason) \(MessageMemoryLimit.settings)")
  }
}

/// A request that may hold memory.
package protocol MemoryHolder: AnyObject {
  var hold: MessageHold? { get set }
  var memoryLoop: Loop { get }
}

extension MemoryHolder {
  /// Takes memory for what is there already or was announced in an answer.
  package func grow(by bytes: Int) throws(RPCError) {
    let hold = hold ?? MessageHold(memoryLoop, connection: nil)
    self.hold = hold
    try hold.grow(by: bytes)
  }

  /// Goes on with a message of so many bytes instead of what came.
  package func go(onWith bytes: Int) throws(RPCError) {
    guard hold != nil || bytes > MessageHold.freeBytes else { return }
    try grow(by: max(0, bytes - (hold?.bytes ?? 0)))
    hold?.shrink(to: bytes)
  }
}
