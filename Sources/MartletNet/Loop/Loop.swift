// One thread with one NIO event loop, on which connections live and handlers run.
package import MartletCore
internal import MartletWire
internal import NIOConcurrencyHelpers
internal import NIOCore

/// An event loop with its thread, usable as a `TaskExecutor`: a task that prefers a loop runs on the
/// loop's thread whenever it is not isolated to an actor.
///
/// Work of a loop is done in *turns*. A turn takes every event that the kernel has ready, over all
/// connections; then `turn()` runs tasks and closures until none is left and lets each connection
/// that has something to say write once. Handlers therefore see one read and one write for as many
/// requests as arrived together, which decides the CPU time of a request. While reads arrive alone, each
/// has its turn as soon as it is taken: having NIO call for it costs some 3,000 instructions. A turn whose
/// handlers take long lets out what is finished in between: answers do not wait for other callers' handlers.
package final class Loop: TaskExecutor, Sendable {
  /// Rounds of `turn()` before the kernel is asked for events again. A task that never stops
  /// yielding would otherwise keep every connection waiting.
  static let maxRoundsPerTurn = 64

  /// Pause before the next turn when `maxRoundsPerTurn` was reached. NIO looks at its descriptors only
  /// once no timer is due, so this must be longer than it takes to set the timer and come back to it:
  /// 5 µs was not in debug builds, where such a task then kept everybody from being served.
  private static let breather = TimeAmount.microseconds(200)

  /// Turns in a row with one read each, after which reads are believed to arrive alone; and every so many turns
  /// it is looked whether they still do.
  private static let turnsOfLoneReads = 16

  /// How long what a turn has finished may wait for further handlers of the turn, in nanoseconds. It waits
  /// longer where writing it costs more than that: see `handlersMayTake`.
  private static let longestHold: Int64 = 100_000

  /// Handlers run for so many times as long as writing what they finished takes. A loop that answers
  /// hundreds of quick calls a turn thus still writes once a turn to each connection.
  private static let handlersForOneFlush: Int64 = 2

  /// Handlers that take less than this, in nanoseconds, are quick: after some of them the clock is read only
  /// once for `mostHandlersForOneLook`, since reading it takes as long as a hundredth part of a small call.
  private static let quickHandler: Int64 = 10_000
  private static let mostHandlersForOneLook = 4

  /// Places of the loop's queues that are kept from turn to turn; longer ones go back to malloc.
  private static let keptCapacity = 4096

  private enum Work {
    case job(UnownedJob)
    case body(() -> Void)
  }

  private struct Inbox {
    var work: [Work] = []
    var wakeupIsUnderWay = false
  }

  /// What only the loop's own thread touches.
  private struct Local {
    var work: [Work] = []
    var spareWork: [Work] = []
    var unflushed: [any Flushable] = []
    var spareUnflushed: [any Flushable] = []
    /// Somebody will call `turn()`: NIO, or who takes what was read.
    var turnIsScheduled = false
    /// Reads that were taken since the last turn.
    var reads = 0
    /// Turns in a row that had one read.
    var loneReads = 0
    /// Since when handlers have run without a flush, and how long the last flush between handlers took.
    var heldSince = Timestamp.zero
    var flushTime: Int64 = 0
    /// When the clock was last read between handlers, for how many of them, and how many are left until
    /// it is read again.
    var lastLook = Timestamp.zero
    var handlersForLook = 1
    var handlersUntilLook = 1
    var outputBuffer = ByteBuffer()
  }

  let eventLoop: any EventLoop
  /// All event loops of the loop's group.
  let siblings: any EventLoopGroup
  /// For the sessions of the loop's connections. On the loop only.
  nonisolated(unsafe) let sessionMemory = SessionMemory()
  /// For messages of all calls of the process. Any thread.
  package let messageMemory: MessageMemory
  private nonisolated(unsafe) var local = Local()
  private nonisolated(unsafe) var timers: LoopTimers
  private let inbox = NIOLockedValueBox(UncheckedSendable(Inbox()))
  private let watcher: DescriptorWatcher
  let longWork: LongWorkThread

  init(
    _ eventLoop: any EventLoop, of siblings: any EventLoopGroup, watcher: DescriptorWatcher,
    longWork: LongWorkThread, memory: MessageMemory
  ) {
    self.eventLoop = eventLoop
    messageMemory = memory
    self.siblings = siblings
    self.watcher = watcher
    self.longWork = longWork
    timers = LoopTimers(eventLoop)
  }

  /// True on the loop's thread.
  package var isCurrent: Bool { eventLoop.inEventLoop }

  /// Nanoseconds on CLOCK_MONOTONIC: comparable between all loops and processes of a machine.
  package var now: Timestamp { Loop.now }

  /// The same clock, for whoever holds no loop.
  package static var now: Timestamp {
    Timestamp(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds))
  }

  // MARK: Work

  /// Runs `body` on the loop, later in this turn or in the next one. May be called from any thread.
  package func execute(_ body: @escaping @Sendable () -> Void) {
    if isCurrent { appendLocal(.body(body)) } else { appendRemote(.body(body)) }
  }

  /// Runs `body` on the loop: at once when the caller is on it, else as `execute` does.
  package func run(_ body: @escaping @Sendable () -> Void) {
    if isCurrent { body() } else { appendRemote(.body(body)) }
  }

  /// Runs `body` later in this turn. On the loop only, so `body` needs not be sendable.
  package func executeLater(_ body: @escaping () -> Void) {
    preconditionIsCurrent()
    appendLocal(.body(body))
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isCurrent { appendLocal(.job(job)) } else { appendRemote(.job(job)) }
  }

  /// Has `connection` write what it holds when this turn ends. On the loop only; the caller sees to
  /// it that a connection is marked once.
  func flushAtTurnEnd(_ connection: any Flushable) {
    local.unflushed.append(connection)
    scheduleTurn()
  }

  /// A connection begins to take what it has read. Returns true when it must call `endRead` after that.
  /// On the loop only.
  func beginRead() -> Bool {
    local.reads += 1
    guard !local.turnIsScheduled, local.loneReads % Loop.turnsOfLoneReads != 0,
      local.loneReads > Loop.turnsOfLoneReads
    else { return false }
    local.turnIsScheduled = true
    return true
  }

  /// Runs the turn of a read that arrived alone.
  func endRead() {
    turn()
  }

  private func appendLocal(_ work: Work) {
    local.work.append(work)
    scheduleTurn()
  }

  private func scheduleTurn() {
    guard !local.turnIsScheduled else { return }
    local.turnIsScheduled = true
    eventLoop.assumeIsolated().execute { self.turn() }
  }

  private func appendRemote(_ work: Work) {
    let box = UncheckedSendable(work)
    let mustWake = inbox.withLockedValue { inbox in
      inbox.value.work.append(box.value)
      defer { inbox.value.wakeupIsUnderWay = true }
      return !inbox.value.wakeupIsUnderWay
    }
    if mustWake { eventLoop.execute { self.emptyInbox() } }
  }

  private func emptyInbox() {
    let work = inbox.withLockedValue { inbox in
      inbox.value.wakeupIsUnderWay = false
      defer { inbox.value.work = [] }
      return UncheckedSendable(inbox.value.work)
    }
    local.work.append(contentsOf: work.value)
    if !local.turnIsScheduled {
      local.turnIsScheduled = true
      turn()
    }
  }

  /// Runs tasks and closures, then flushes connections. Either may cause more of both, so this goes
  /// on until nothing is left.
  private func turn() {
    for _ in 0..<Loop.maxRoundsPerTurn {
      if !local.work.isEmpty {
        runWork()
      } else if !local.unflushed.isEmpty {
        flushConnections()
      } else {
        turnEnded()
        return
      }
    }
    flushConnections()
    eventLoop.assumeIsolated().scheduleTask(in: Loop.breather) { self.turn() }
  }

  private func turnEnded() {
    local.turnIsScheduled = false
    switch local.reads {
    case 0: break
    case 1: local.loneReads &+= 1
    default: local.loneReads = 0
    }
    local.reads = 0
  }

  private func runWork() {
    let executor = asUnownedTaskExecutor()
    var batch = local.spareWork
    local.spareWork = []
    swap(&batch, &local.work)
    let areSeveral = batch.count > 1
    if areSeveral { handlersBegin() }
    for work in batch {
      switch work {
      case .job(let job): job.runSynchronously(on: executor)
      case .body(let body): body()
      }
      if areSeveral { handlerEnded() }
    }
    batch.removeAll(keepingCapacity: batch.count < Loop.keptCapacity)
    local.spareWork = batch
  }

  /// Several handlers are about to run in a row. On the loop only.
  func handlersBegin() {
    local.heldSince = now
    local.lastLook = local.heldSince
    local.handlersForLook = 1
    local.handlersUntilLook = 1
  }

  /// One of several handlers has returned, and others are to run before the turn ends: writes what is
  /// finished when handlers have held it up for too long. Not from within a callback of a session.
  func handlerEnded() {
    local.handlersUntilLook -= 1
    guard local.handlersUntilLook <= 0, !local.unflushed.isEmpty else { return }
    let start = now
    let isQuick =
      start.nanoseconds - local.lastLook.nanoseconds
      < Loop.quickHandler * Int64(local.handlersForLook)
    local.handlersForLook =
      isQuick ? min(local.handlersForLook * 2, Loop.mostHandlersForOneLook) : 1
    local.handlersUntilLook = local.handlersForLook
    local.lastLook = start
    let held = start.nanoseconds - local.heldSince.nanoseconds
    guard held >= handlersMayTake else { return }
    flushConnections()
    local.heldSince = now
    local.lastLook = local.heldSince
    local.flushTime = local.heldSince.nanoseconds - start.nanoseconds
  }

  private var handlersMayTake: Int64 {
    max(Loop.longestHold, Loop.handlersForOneFlush * local.flushTime)
  }

  private func flushConnections() {
    var batch = local.spareUnflushed
    local.spareUnflushed = []
    swap(&batch, &local.unflushed)
    for connection in batch { connection.flush() }
    batch.removeAll(keepingCapacity: batch.count < Loop.keptCapacity)
    local.spareUnflushed = batch
  }

  /// An empty buffer for a connection's output; one for the whole loop, because a socket has usually
  /// taken the last output before the next one is made.
  func takeOutputBuffer() -> ByteBuffer {
    var buffer = ByteBuffer()
    swap(&buffer, &local.outputBuffer)
    buffer.clear()
    return buffer
  }

  func giveBack(outputBuffer: ByteBuffer) {
    local.outputBuffer = outputBuffer
  }

  // MARK: Time and descriptors

  /// Runs `body` on the loop once `delay` has passed, unless the timer is cancelled. On the loop only.
  @discardableResult
  package func schedule(after delay: Duration, _ body: @escaping () -> Void) -> Timer {
    schedule(at: now + delay, body)
  }

  /// Runs `body` on the loop at `time`, unless the timer is cancelled. On the loop only.
  @discardableResult
  package func schedule(at time: Timestamp, _ body: @escaping () -> Void) -> Timer {
    preconditionIsCurrent()
    return timers.add(at: time, body)
  }

  /// Suspends for `duration` without leaving the loop's thread for good; returns early, throwing
  /// `CancellationError`, when the task is cancelled.
  package func sleep(for duration: Duration) async throws {
    try await Task.sleep(for: duration, clock: .continuous)
  }

  /// Runs `body` on the loop each time `descriptor` is readable, until it returns `.stop` or the
  /// watch is cancelled. `body` must take what is there to read, or stop. The descriptor stays the
  /// caller's: close it only after the watch has ended. On the loop only.
  @discardableResult
  package func watch(
    _ descriptor: CInt, _ body: @escaping () -> DescriptorWatch.Next
  ) -> DescriptorWatch {
    preconditionIsCurrent()
    return watcher.watch(descriptor, on: self, body)
  }

  package func preconditionIsCurrent() {
    precondition(isCurrent, "called off the loop's thread")
  }
}

/// Something that a loop flushes at the end of a turn.
protocol Flushable: AnyObject {
  func flush()
}

/// Carries a value over to a loop's thread, where alone it is used.
struct UncheckedSendable<Value>: @unchecked Sendable {
  var value: Value
  init(_ value: Value) { self.value = value }
}
