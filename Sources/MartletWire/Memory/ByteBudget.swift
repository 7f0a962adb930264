// Who may gather how many bytes of messages, and who waits for that.

package import MartletCore

/// The bounds of a budget, each with its reason.
package struct ByteBudgetTerms: Sendable, Hashable {
  /// Bytes of all messages under way that had to ask.
  package var total: Int

  /// A message of no more bytes never asks: nearly all are shorter, and the calls in flight bound their number.
  package static let freeBytes = 64 << 10

  /// New requests are let in up to this part of the total. The rest is for what requests that are in need on top:
  /// answers, and what was inflated. So requests that are in come to their end.
  package var forRequests: Int { total / 2 }

  /// One connection's requests have no more than this, or one message: who announces much and sends nothing leaves
  /// room for the others.
  package var perConnection: Int { total / 8 }

  /// Requests that wait for room. Each may have sent as much as a stream's first window, which is 1 MiB.
  package var maxWaiting = 64

  /// The same of one connection: a quarter of the places.
  package var maxWaitingPerConnection = 16

  /// How long a request waits for room. Whoever has some goes on sending, or loses it after two steps of `BodyPace` at
  /// the latest: five seconds earlier.
  package var maxWait = Duration.seconds(15)

  package init(total: Int) {
    self.total = total
  }
}

/// Shares out a number of bytes among holders. A new request waits its turn; who holds something already is never
/// made to wait for more, so that nobody waits for somebody who waits.
package struct ByteBudget: Sendable {
  /// Who holds bytes or waits for some: one request. Small numbers, never used again.
  package struct Holder: Sendable, Hashable {
    let number: UInt64
  }

  /// What becomes of a request for room.
  package enum Verdict: Sendable, Hashable {
    case granted
    /// Another order says later which of the other two it is.
    case waits
    case refused(Refusal)
  }

  package enum Refusal: Sendable, Hashable {
    /// It is more than all there is.
    case neverFits
    /// As many wait as may.
    case tooManyWait
    case waitedTooLong
    /// What holds something already asked for more than is left.
    case spent
  }

  /// What a holder that waited is to be told.
  package enum Order: Sendable, Hashable {
    case grant(Holder)
    case refuse(Holder, Refusal)
  }

  private struct Held {
    var bytes: Int
    let connection: Int?
  }

  private struct Waiting {
    let holder: Holder
    let bytes: Int
    let connection: Int?
    let until: Timestamp
  }

  package let terms: ByteBudgetTerms
  /// Bytes that all holders have.
  package private(set) var used = 0
  private var held: [Holder: Held] = [:]
  /// Bytes that each connection's holders have.
  private var usedByConnection: [Int: Int] = [:]
  /// In the order in which they came.
  private var waiting: [Waiting] = []
  private var nextNumber: UInt64 = 0

  package init(_ terms: ByteBudgetTerms) {
    self.terms = terms
  }

  package var waiters: Int { waiting.count }
  package var holders: Int { held.count }

  /// A new holder, with nothing yet.
  ///
  /// - Parameter connection: whose share its bytes are of; nil for one that carries the calls of many.
  package mutating func enter(connection: Int?) -> Holder {
    let holder = Holder(number: nextNumber)
    nextNumber += 1
    held[holder] = Held(bytes: 0, connection: connection)
    return holder
  }

  /// A request of so many bytes has begun.
  package mutating func reserve(_ bytes: Int, for holder: Holder, now: Timestamp) -> Verdict {
    guard bytes <= terms.total, let holding = held[holder] else { return .refused(.neverFits) }
    let connection = holding.connection
    let comesFirst = !waiting.contains { fitsShare($0.bytes, $0.connection) }
    if comesFirst, fits(bytes), fitsShare(bytes, connection) {
      take(bytes, holder)
      return .granted
    }
    guard waiting.count < terms.maxWaiting,
      connection == nil
        || waiting.count(where: { $0.connection == connection }) < terms.maxWaitingPerConnection
    else { return .refused(.tooManyWait) }
    waiting.append(
      Waiting(holder: holder, bytes: bytes, connection: connection, until: now + terms.maxWait))
    return .waits
  }

  /// A holder needs more, for what its length was not known of. False: there is no more, and it is to give up.
  package mutating func grow(_ holder: Holder, by bytes: Int) -> Bool {
    guard held[holder] != nil, used + bytes <= terms.total else { return false }
    take(bytes, holder)
    return true
  }

  /// A holder has no more than so many bytes any more.
  package mutating func shrink(_ holder: Holder, to bytes: Int) -> [Order] {
    guard let now = held[holder]?.bytes, now > bytes else { return [] }
    take(bytes - now, holder)
    return grants()
  }

  /// A holder is done with everything, also with waiting.
  package mutating func leave(_ holder: Holder) -> [Order] {
    guard let left = held.removeValue(forKey: holder) else { return [] }
    count(-left.bytes, left.connection)
    waiting.removeAll { $0.holder == holder }
    return grants()
  }

  package mutating func timePassed(now: Timestamp) -> [Order] {
    var orders: [Order] = []
    // All wait for the same time, so those that came first are late first.
    while let first = waiting.first, first.until <= now {
      waiting.removeFirst()
      orders.append(.refuse(first.holder, .waitedTooLong))
    }
    return orders.isEmpty ? [] : orders + grants()
  }

  /// When the first of those that wait has waited too long.
  package var nextWake: Timestamp? { waiting.first?.until }

  /// Lets in whoever fits now, in order. One that only its own connection keeps out holds up nobody.
  private mutating func grants() -> [Order] {
    var orders: [Order] = []
    var index = 0
    while index < waiting.count {
      let next = waiting[index]
      guard fitsShare(next.bytes, next.connection) else {
        index += 1
        continue
      }
      guard fits(next.bytes) else { break }
      waiting.remove(at: index)
      take(next.bytes, next.holder)
      orders.append(.grant(next.holder))
    }
    return orders
  }

  /// One that is alone may have all.
  private func fits(_ bytes: Int) -> Bool { used == 0 || used + bytes <= terms.forRequests }

  private func fitsShare(_ bytes: Int, _ connection: Int?) -> Bool {
    guard let connection, let used = usedByConnection[connection] else { return true }
    return used + bytes <= terms.perConnection
  }

  private mutating func take(_ bytes: Int, _ holder: Holder) {
    held[holder]?.bytes += bytes
    count(bytes, held[holder]?.connection)
  }

  private mutating func count(_ bytes: Int, _ connection: Int?) {
    used += bytes
    guard let connection else { return }
    let sum = usedByConnection[connection, default: 0] + bytes
    usedByConnection[connection] = sum == 0 ? nil : sum
  }
}
