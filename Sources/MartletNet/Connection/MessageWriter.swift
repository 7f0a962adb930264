// Where one side of a call writes its messages.
package import MartletCore

/// Writes messages to one stream. `write` suspends while more than `Limits.maxStreamBacklogBytes`
/// wait for a slow peer.
package struct MessageWriter: Sendable {
  let outbox: MessageOutbox

  /// Sends one message. Returns when it is queued and the queue is short enough for the next one.
  /// Throws what ended the call, RESOURCE_EXHAUSTED when the message is longer than
  /// `Limits.maxMessageBytes`, and CANCELLED when the writing task is cancelled.
  ///
  /// - Parameter compressed: false sends the message as it is, however the call's others are sent.
  package func write(_ message: [UInt8], compressed: Bool = true) async throws(RPCError) {
    try await outbox.write(message, compressed: compressed)
  }

  /// Says that no message follows. A client's `stream` does it by itself when its body returns; a
  /// server's handler does it by returning, so there it does nothing. Throws what ended the call.
  package func finish() async throws(RPCError) {
    try await outbox.finish()
  }
}

/// The stream behind a `MessageOutbox`; called on the loop.
protocol MessageSink: AnyObject {
  /// Queues one message; returns the bytes that now wait in the stream.
  func send(_ message: [UInt8]) throws(RPCError) -> Int
  /// As `send`, and does not compress the message.
  func sendUncompressed(_ message: [UInt8]) throws(RPCError) -> Int
  func finishSending()
}

/// What a `MessageWriter` writes to. Its state belongs to the loop of its stream.
final class MessageOutbox: @unchecked Sendable {
  typealias Waiter = UnsafeContinuation<Result<Void, RPCError>, Never>

  let loop: Loop
  private let maxBacklogBytes: Int
  /// Gone when the call is over; a writer may be kept longer than that.
  private weak var sink: (any MessageSink)?
  private var ending: RPCError?
  private var waiters: [Waiter] = []

  init(loop: Loop, maxBacklogBytes: Int, sink: any MessageSink) {
    self.loop = loop
    self.maxBacklogBytes = maxBacklogBytes
    self.sink = sink
  }

  // MARK: The stream's side, on the loop

  /// The backlog fell; writers may go on.
  func becameWritable() {
    resumeAll(.success(()))
  }

  /// Nothing more can be sent. Writers that wait, and all later ones, get `error`.
  func end(_ error: RPCError) {
    guard ending == nil else { return }
    ending = error
    resumeAll(.failure(error))
  }

  private func resumeAll(_ result: Result<Void, RPCError>) {
    let resumed = waiters
    waiters = []
    for waiter in resumed { waiter.resume(returning: result) }
  }

  // MARK: The writer's side, on any thread

  func write(_ message: [UInt8], compressed: Bool) async throws(RPCError) {
    if loop.isCurrent, try sendNow(message, compressed) { return }
    let sent = loop.isCurrent
    let result = await withTaskCancellationHandler {
      await withUnsafeContinuation { (waiter: Waiter) in
        loop.run { self.wait(waiter, toSend: sent ? nil : message, compressed) }
      }
    } onCancel: {
      loop.execute {
        self.resumeAll(.failure(RPCError(.cancelled, "the writing task was cancelled")))
      }
    }
    try result.get()
  }

  func finish() async throws(RPCError) {
    if loop.isCurrent { return try finishNow().get() }
    let result = await withUnsafeContinuation { (waiter: Waiter) in
      loop.execute { waiter.resume(returning: self.finishNow()) }
    }
    try result.get()
  }

  private func finishNow() -> Result<Void, RPCError> {
    if let ending { return .failure(ending) }
    sink?.finishSending()
    return .success(())
  }

  /// True when the next message may follow at once.
  private func sendNow(_ message: [UInt8], _ compressed: Bool) throws(RPCError) -> Bool {
    if let ending { throw ending }
    guard let sink else { throw RPCError(.cancelled, "the call is over") }
    let backlog = compressed ? try sink.send(message) : try sink.sendUncompressed(message)
    return backlog <= maxBacklogBytes
  }

  private func wait(_ waiter: Waiter, toSend message: [UInt8]?, _ compressed: Bool) {
    if let message {
      do throws(RPCError) {
        if try sendNow(message, compressed) { return waiter.resume(returning: .success(())) }
      } catch {
        return waiter.resume(returning: .failure(error))
      }
    } else if let ending {
      return waiter.resume(returning: .failure(ending))
    }
    waiters.append(waiter)
  }
}
