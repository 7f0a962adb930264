// The timers of one loop: many cheap ones behind a single timer of NIO.
internal import MartletCore
internal import NIOCore

/// A body that runs on its loop at a given time, unless it is cancelled before. Bodies should hold
/// their object strongly and be cancelled with it: a weak reference makes every later retain of the
/// object several times as slow, because its counts move to a side table.
package final class Timer {
  let time: Timestamp
  private var body: (() -> Void)?
  private let owner: LoopTimers

  init(time: Timestamp, owner: LoopTimers, body: @escaping () -> Void) {
    self.time = time
    self.owner = owner
    self.body = body
  }

  /// True until the timer has fired or was cancelled.
  package var isPending: Bool { body != nil }

  /// Sees to it that the body does not run. On the loop only; harmless when it has run already.
  package func cancel() {
    guard body != nil else { return }
    body = nil
    owner.timerWasCancelled()
  }

  func fire() {
    let body = body
    self.body = nil
    body?()
  }
}

/// A heap of timers. Nearly all timers of a server are deadlines that are cancelled long before
/// they are due, so adding and cancelling must be cheap: a cancelled timer only gives up its body
/// and leaves the heap when it comes up, or when half of the heap is cancelled.
final class LoopTimers {
  /// Cancelled timers that are kept however few live ones there are; below it a sweep costs more
  /// than it frees.
  static let cancelledBeforeSweep = 64

  private let eventLoop: any EventLoop
  private var heap: [Timer] = []
  private var cancelled = 0
  private var alarm: (time: Timestamp, scheduled: Scheduled<Void>)?

  init(_ eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  func add(at time: Timestamp, _ body: @escaping () -> Void) -> Timer {
    let timer = Timer(time: time, owner: self, body: body)
    heap.append(timer)
    siftUp(heap.count - 1)
    setAlarm()
    return timer
  }

  func timerWasCancelled() {
    cancelled += 1
    guard cancelled > LoopTimers.cancelledBeforeSweep, cancelled * 2 > heap.count else { return }
    heap = heap.filter(\.isPending).sorted { $0.time < $1.time }
    cancelled = 0
  }

  /// Has NIO call when the first timer is due. An alarm for a timer that was cancelled since stays:
  /// one needless wake-up is cheaper than setting the alarm at every call.
  private func setAlarm() {
    guard let first = heap.first else { return }
    if let alarm {
      guard first.time < alarm.time else { return }
      alarm.scheduled.cancel()
    }
    let deadline = NIODeadline.uptimeNanoseconds(UInt64(max(0, first.time.nanoseconds)))
    let scheduled = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
      self.alarmWentOff()
    }
    alarm = (first.time, scheduled)
  }

  private func alarmWentOff() {
    alarm = nil
    let now = Loop.now
    while let first = heap.first, !first.isPending || first.time <= now {
      removeFirst()
      if first.isPending { first.fire() } else { cancelled -= 1 }
    }
    setAlarm()
  }

  private func siftUp(_ start: Int) {
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      guard heap[index].time < heap[parent].time else { return }
      heap.swapAt(index, parent)
      index = parent
    }
  }

  private func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count {
        if heap[child].time < heap[least].time { least = child }
      }
      guard least != index else { return }
      heap.swapAt(index, least)
      index = least
    }
  }
}
