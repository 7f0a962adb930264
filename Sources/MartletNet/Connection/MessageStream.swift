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

    package mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(RPCError) -> [UInt8]? {
      try await inbox.next()
    }
  }

  package func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(inbox: inbox)
  }
}

/// What a `MessageStream` reads from. Its state belongs to the loop of its stream.
final class MessageInbox: @unchecked Sendable {
  typealias Waiter = UnsafeContinuation<Result<[UInt8]?, RPCError>, Never>

  enum Ending {
    case finished
    case failed(RPCError)
  }

  let loop: Loop
  private var queue: [(message: FramedMessage?, credit: Int)] = []
  private var head = 0
  private var ending: Ending?
  private var waiter: Waiter?

  /// Called on the loop with the flow-control credit of each message that was taken.
  var whenTaken: ((_ credit: Int) -> Void)?

  /// Called on the loop when a message that was taken turns out not to be one.
  var whenBroken: ((RPCError) -> Void)?

  init(loop: Loop) {
    self.loop = loop
  }

  var isEmpty: Bool { head == queue.count }

  // MARK: The stream's side, on the loop

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
  func end(_ ending: Ending) {
    guard self.ending == nil else { return }
    self.ending = ending
    if case .failed = ending { dropQueue() }
    guard let waiter else { return }
    self.waiter = nil
    waiter.resume(returning: endResult)
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
