// Threads for handlers that block or compute.
internal import Glibc
internal import MartletNet

/// A fixed number of threads that share one queue of jobs. The queue needs no limit of its own: a
/// replica has no more handlers than its `max_ongoing_requests`. The threads live until `stop`.
final class ThreadExecutor: TaskExecutor, @unchecked Sendable {
  /// More threads than this are a mistake; the replica's requests are limited long before.
  static let maxThreads = 256

  /// What `top -H` shows for each of the threads.
  static let threadName = "handlers"

  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wakeup = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [UnownedJob] = []
  private var head = 0
  private var isStopped = false

  /// Starts `count` threads, between 1 and `maxThreads`.
  init(count: Int) {
    pthread_mutex_init(lock, nil)
    pthread_cond_init(wakeup, nil)
    for _ in 0..<min(max(1, count), Self.maxThreads) {
      NamedThread.start(Self.threadName) { self.work() }
    }
  }

  /// The last thread has left.
  deinit {
    pthread_cond_destroy(wakeup)
    pthread_mutex_destroy(lock)
    wakeup.deallocate()
    lock.deallocate()
  }

  /// Ends the threads once the queue is empty. No job may come after that.
  func stop() {
    pthread_mutex_lock(lock)
    isStopped = true
    pthread_mutex_unlock(lock)
    pthread_cond_broadcast(wakeup)
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    pthread_mutex_lock(lock)
    jobs.append(job)
    pthread_mutex_unlock(lock)
    pthread_cond_signal(wakeup)
  }

  private func work() {
    let executor = asUnownedTaskExecutor()
    while let job = next() { job.runSynchronously(on: executor) }
  }

  /// Nil when the threads are to end.
  private func next() -> UnownedJob? {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while head == jobs.count {
      if isStopped { return nil }
      pthread_cond_wait(wakeup, lock)
    }
    let job = jobs[head]
    head += 1
    if head == jobs.count {
      jobs.removeAll(keepingCapacity: true)
      head = 0
    }
    return job
  }
}
