// Calls on their way through queues and replicas.
internal import MartletCore

extension Dispatcher {
  func id(_ call: Int) -> CallID {
    CallID(index: call, generation: calls.generation(at: call))
  }

  mutating func insert(_ call: Call) -> CallID {
    pools[call.pool].calls += 1
    loadChanges &+= 1
    if watchAt.nanoseconds == .max { watchAt = call.queuedAt + limits.watchInterval }
    let index = calls.insert(call)
    return id(index)
  }

  mutating func remove(_ call: Int) {
    let pool = calls[call].pool
    pools[pool].calls -= 1
    loadChanges &+= 1
    callWakes.remove(call)
    calls.remove(at: call)
    collect(pool: pool)
  }

  // MARK: At a replica

  /// The replica for the pool's next call: the one with the fewest ongoing calls, if it has room.
  mutating func pick(in pool: Int, excluding slot: Int, now: Timestamp) -> Int? {
    if !pools[pool].phantoms.isEmpty { endPhantoms(of: pool, now: now) }
    return pools[pool].outstanding.pick(excluding: slot, replicas)
  }

  /// The replica for a call that another one had before. Calls whose replica died keep apart, where they can: the
  /// next death then tells which of them is to blame.
  mutating func pick(forAnotherTryOf call: Int, now: Timestamp) -> Int? {
    let (pool, failed) = (calls[call].pool, calls[call].failedReplica)
    if calls[call].deaths > 0,
      let apart = pools[pool].outstanding.first(
        replicas, where: { $1 != failed && $0.suspectCalls == 0 })
    {
      return apart
    }
    return pick(in: pool, excluding: failed, now: now)
  }

  mutating func assign(_ call: Int, to slot: Int, now: Timestamp) {
    let pool = calls[call].pool
    if calls[call].deaths > 0 { replicas[slot].suspectCalls += 1 }
    calls[call].replica = slot
    calls[call].attempts += 1
    calls[call].sentAt = now
    calls[call].othersBefore = pools[pool].tally - replicas[slot].record.tally
    calls[call].isAnswering = false
    pools[pool].outstanding.move(slot, by: 1, limit: pools[pool].limits.maxOngoing, &replicas)
    if let deadline = calls[call].terms.deadline {
      callWakes.set(call, at: deadline.time)
    } else {
      callWakes.remove(call)
    }
  }

  /// Takes the call away from its replica.
  mutating func release(_ call: Int) {
    let slot = calls[call].replica
    calls[call].replica = -1
    if calls[call].deaths > 0 { replicas[slot].suspectCalls -= 1 }
    if replicas[slot].mayBePicked {
      let pool = replicas[slot].pool
      pools[pool].outstanding.move(slot, by: -1, limit: pools[pool].limits.maxOngoing, &replicas)
    } else {
      replicas[slot].ongoing -= 1
      collect(replica: slot)
    }
  }

  // MARK: In the queue

  mutating func enqueue(_ call: Int, atFront: Bool, now: Timestamp) {
    let pool = calls[call].pool
    calls[call].queuedAt = now
    if atFront {
      pools[pool].queue.prepend(call, &calls)
    } else {
      pools[pool].queue.append(call, &calls)
    }
    deployments[pools[pool].deployment].queued += 1
    let patience = now + limits.maxWait
    callWakes.set(call, at: min(patience, calls[call].terms.deadline?.time ?? patience))
  }

  mutating func dequeue(_ call: Int) {
    let pool = calls[call].pool
    pools[pool].queue.remove(call, &calls)
    deployments[pools[pool].deployment].queued -= 1
  }

  /// Sends as many waiting calls as there is room for.
  mutating func serve(_ pool: Int, now: Timestamp) {
    guard pools.contains(pool) else { return }
    while !pools[pool].queue.isEmpty, pools[pool].outstanding.hasRoom,
      let call = pools[pool].queue.next(
        calls, servingSince: pools[pool].servingSince, limits, now: now)
    {
      if let deadline = calls[call].terms.deadline, deadline.hasPassed(at: now) {
        expire(call, now: now)
        guard pools.contains(pool) else { return }
        continue
      }
      guard let slot = pick(forAnotherTryOf: call, now: now) else { return }
      dequeue(call)
      assign(call, to: slot, now: now)
      loadChanges &+= 1
      orders.append(.send(id(call), ReplicaSlot(index: slot)))
    }
  }

  /// The call's time is over.
  mutating func expire(_ call: Int, now: Timestamp) {
    let (pool, slot) = (calls[call].pool, calls[call].replica)
    let name = pools[pool].name
    let hadDeadline = calls[call].terms.deadline?.hasPassed(at: now) ?? false
    if slot >= 0 {
      let replica = ReplicaID(deployment: name, number: replicas[slot].number)
      if hangs(call, now: now) { callWentBadly(call, .hung, now: now) }
      fail(call, Refusal(.deadlineExceeded, "\(replica) did not answer before the deadline"))
    } else if !hadDeadline {
      let limit = Int(limits.maxWait.inSeconds)
      fail(
        call,
        Refusal(.unavailable, "no replica of \(name) took the call within \(limit) s\(why(pool))"))
    } else if pools[pool].outstanding.count == 0 {
      fail(
        call,
        Refusal(
          .deadlineExceeded, "the deadline passed before \(name) had a replica\(why(pool))"))
    } else {
      fail(call, Refusal(.deadlineExceeded, "the deadline passed in the queue of \(name)"))
    }
    if slot >= 0 { serve(pool, now: now) }
  }

  /// Ends the call, wherever it is.
  mutating func fail(_ call: Int, _ refusal: Refusal) {
    orders.append(.fail(id(call), refusal))
    if calls[call].replica >= 0 { release(call) } else { dequeue(call) }
    remove(call)
  }

  // MARK: Deaths

  /// The replicas that died of a call whose replica has just died; nil while it may be an accident. One that was
  /// there twice is to blame, unless it was in the company of many such: then their replicas were killed from
  /// outside one after the other.
  func deaths(by call: Int) -> [UInt64]? {
    guard calls[call].deaths > 0 else { return nil }
    let replica = replicas[calls[call].replica]
    let company = max(replica.suspectCalls, replica.suspectCallsAtEnd)
    guard calls[call].deaths > 1 || company <= limits.mostSuspects else { return nil }
    return [calls[call].firstDeath, replica.number]
  }

  /// A caller that does as gRPC's retries do (gRFC A6) does not send such a request again, either.
  func deadly(_ call: Int, _ deaths: [UInt64]) -> Refusal {
    let names = deaths.map {
      ReplicaID(deployment: pools[calls[call].pool].name, number: $0).description
    }
    return Refusal(
      .unavailable,
      "\(names.joined(separator: " and ")) died while they had this request; it is not sent again",
      pushback: .milliseconds(-1))
  }

  // MARK: Why not

  /// Why a failed call is not sent again; nil when it is.
  mutating func refusalOfRetry(
    _ call: Int, _ failure: CallFailure, mayReplay: Bool, now: Timestamp
  ) -> Refusal? {
    let pool = calls[call].pool
    let name = pools[pool].name
    let replica = ReplicaID(deployment: name, number: replicas[calls[call].replica].number)
    if let deadline = calls[call].terms.deadline, deadline.hasPassed(at: now) {
      return Refusal(.deadlineExceeded, "\(replica) failed, and the deadline has passed")
    }
    if calls[call].attempts >= limits.maxAttempts {
      return Refusal(
        .unavailable, "\(name) failed \(calls[call].attempts) times, last at \(replica)")
    }
    switch failure {
    case .unavailable: break
    case .unprocessed:
      guard mayReplay else {
        return Refusal(
          .unavailable, "\(replica) refused the call, and its request is too long to be sent again")
      }
    case .connectionLost:
      guard pools[pool].limits.isIdempotent else {
        return Refusal(
          .unavailable,
          "\(replica) died with the call in hand; \(name) is not idempotent, so it is not sent again"
        )
      }
      guard mayReplay else {
        return Refusal(
          .unavailable, "\(replica) died with the call in hand, which cannot be sent again")
      }
      guard deployments[pools[pool].deployment].retryBudget.take(now: now) else {
        return Refusal(
          .unavailable,
          "\(replica) died with the call in hand; the retry budget of \(name) is spent")
      }
    }
    return nil
  }

  /// Why a pool has no replica, to be added to a message; empty when nobody said.
  private func why(_ pool: Int) -> String {
    pools[pool].trouble.map { "; \($0.message)" } ?? ""
  }

  func queueFull(_ pool: Int, now: Timestamp, _ why: String = "") -> Refusal {
    let since = pools[pool].queue.waitingSince(calls) ?? now
    return Refusal(
      .resourceExhausted,
      "the queue of \(pools[pool].name) is full (max_queued_requests: \(pools[pool].limits.maxQueued))\(why)",
      pushback: min(max(now.duration(since: since), limits.minPushback), limits.maxPushback))
  }
}
