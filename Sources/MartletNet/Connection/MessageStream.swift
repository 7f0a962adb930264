// The messages that arrive on one stream, for one reader.
package import MartletCore
internal import MartletWire

/// The messages of one direction of a call, in order. Its iterator throws the `RPCError` with which
/// the call failed. One reader at a time: a second one that waits is a programming error.
package struct MessageStream: AsyncSequence, Sendable {
  package typealias Element = [UInt8]
  package typealias Failure = RPCError

  let inbox: MessageInbox

  package struct AsyncIterator: AsyncIteratorProtocol {
    package typealias Element = [UInt8]
    package typealias Failure = RPCError

    let inbox: MessageInbox

    /// The next message, nil after the last one. Throws what ended the call, and CANCELLED when the
    /// reading task is cancelled.
    package mutating func next() async throws(RPCError) -> [UInt8]? {
      try await inbox.next()
    }

    /// How the message that `next` gave last was compressed; nil when it was not.
    package var lastCompression: Compression? { inbox.lastCompression }

    package mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(RPCError) -> [UInt8]? {
      try await inbox.next()
    }
  }

  package func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(inbox: inbox)
  }

  /// The metadata that came before the messages. Waits until it is here; throws what ended the call
  /// before that, and CANCELLED when the waiting task is cancelled.
  package func initialMetadata() async throws(RPCError) -> Metadata {
    try await inbox.initialMetadata()
  }

  /// The metadata that came with the status OK; empty until then.
  package func trailingMetadata() async -> Metadata {
    await inbox.trailingMetadata()
  }
}

/// What a `MessageStream` reads from. Its state belongs to the loop of its stream.
final class MessageInbox: @unchecked Sendable {
  typealias Waiter = UnsafeContinuation<Result<[UInt8]?, RPCError>, Never>
  private typealias HeadWaiter = UnsafeContinuation<Result<Metadata, RPCError>, Never>

  enum Ending {
    case finished
    case failed(RPCError)
  }

  let loop: Loop
  private var queue: [(message: FramedMessage?, credit: Int)] = []
  private var head = 0
  private var ending: Ending?
  private var waiter: Waiter?
  private var initial: Metadata?
  private var headWaiters: [HeadWaiter] = []
  private var trailer = Metadata()

  /// Written only while the reader waits in `next`, so that the reader may look at it in between, on
  /// any thread.
  private(set) var lastCompression: Compression?

  /// Called on the loop with the flow-control credit of each message that was taken.
  var whenTaken: ((_ credit: Int) -> Void)?

  /// Called on the loop when a message that was taken turns out not to be one.
  var whenBroken: ((RPCError) -> Void)?

  init(loop: Loop) {
    self.loop = loop
  }

  var isEmpty: Bool { head == queue.count }

  // MARK: The stream's side, on the loop

  /// The head arrived.
  func began(_ metadata: Metadata) {
    initial = metadata
    resumeHeadWaiters(.success(metadata))
  }

  /// A message arrived whose reader owes the peer `credit` bytes of window.
  func received(_ message: FramedMessage, credit: Int) {
    guard ending == nil else { return }
    if let waiter {
      self.waiter = nil
      whenTaken?(credit)
      waiter.resume(returning: opened(message))
    } else {
      queue.append((message, credit))
    }
  }

  /// Nothing follows. What is queued is still handed out after an orderly end, not after a failure.
  func end(_ ending: Ending, trailer: Metadata = Metadata()) {
    guard self.ending == nil else { return }
    self.ending = ending
    self.trailer = trailer
    if case .failed = ending { dropQueue() }
    resumeHeadWaiters(headAtEnd)
    guard let waiter else { return }
    self.waiter = nil
    waiter.resume(returning: endResult)
  }

  private func resumeHeadWaiters(_ result: Result<Metadata, RPCError>) {
    let resumed = headWaiters
    headWaiters = []
    for waiter in resumed { waiter.resume(returning: result) }
  }

  /// A call that ended well without a head had nothing to say in it.
  private var headAtEnd: Result<Metadata, RPCError> {
    if let initial { return .success(initial) }
    switch ending {
    case .failed(let error): return .failure(error)
    case .finished, nil: return .success(Metadata())
    }
  }

  private func dropQueue() {
    queue = []
    head = 0
  }

  private var endResult: Result<[UInt8]?, RPCError> {
    switch ending {
    case .failed(let error): .failure(error)
    case .finished, nil: .success(nil)
    }
  }

  // MARK: The reader's side, on any thread

  func next() async throws(RPCError) -> [UInt8]? {
    if loop.isCurrent, let result = take() { return try result.get() }
    let result = await withTaskCancellationHandler {
      await withUnsafeContinuation { (waiter: Waiter) in
        loop.run { self.wait(waiter) }
      }
    } onCancel: {
      loop.execute { self.waitWasCancelled() }
    }
    return try result.get()
  }

  func initialMetadata() async throws(RPCError) -> Metadata {
    let result = await withTaskCancellationHandler {
      await withUnsafeContinuation { (waiter: HeadWaiter) in
        loop.run {
          if self.initial != nil || self.ending != nil {
            waiter.resume(returning: self.headAtEnd)
          } else {
            self.headWaiters.append(waiter)
          }
        }
      }
    } onCancel: {
      loop.execute {
        self.resumeHeadWaiters(
          .failure(RPCError(.cancelled, "the task that waited for the head was cancelled")))
      }
    }
    return try result.get()
  }

  func trailingMetadata() async -> Metadata {
    await withUnsafeContinuation { (waiter: UnsafeContinuation<Metadata, Never>) in
      loop.run { waiter.resume(returning: self.trailer) }
    }
  }

  private func take() -> Result<[UInt8]?, RPCError>? {
    guard head < queue.count else { return ending == nil ? nil : endResult }
    let (message, credit) = queue[head]
    queue[head].message = nil
    head += 1
    if head == queue.count {
      queue.removeAll(keepingCapacity: true)
      head = 0
    }
    whenTaken?(credit)
    return message.map { opened($0) }
  }

  /// What the reader gets of a message. Messages that nobody has taken yet stay compressed.
  private func opened(_ message: FramedMessage) -> Result<[UInt8]?, RPCError> {
    lastCompression = message.compression
    do throws(FramingError) {
      return .success(try message.plain())
    } catch {
      let error = RPCError(error)
      end(.failed(error))
      whenBroken?(error)
      return .failure(error)
    }
  }

  private func wait(_ waiter: Waiter) {
    if let result = take() { return waiter.resume(returning: result) }
    precondition(self.waiter == nil, "two tasks read one MessageStream")
    self.waiter = waiter
  }

  private func waitWasCancelled() {
    guard let waiter else { return }
    self.waiter = nil
    waiter.resume(returning: .failure(RPCError(.cancelled, "the reading task was cancelled")))
  }
}
