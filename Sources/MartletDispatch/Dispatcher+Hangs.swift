// Which replicas have calls in hand that hang, and which deployments have fallen silent.
//
// Callers without a deadline never end a call, so their calls are looked at while they are in hand. A hanging replica
// is told by its siblings' answers. Where no replica answers, a deployment is compared with its own past.
internal import MartletCore

extension Dispatcher {
  /// The calls of one replica that are far older than answers get.
  private struct Stuck {
    var calls = 0
    var oldest = Timestamp(nanoseconds: .max)
    var newest = Timestamp.zero
    /// What the other replicas had done when the oldest of them was sent.
    var othersBefore = Tally()
  }

  /// Looks at all calls in hand. Comes every `watchInterval` while there are any.
  mutating func watch(now: Timestamp) {
    let stuck = stuckCalls(now: now)
    for slot in stuck.keys.sorted() {
      if let stuck = stuck[slot] { compare(slot, stuck, now: now) }
    }
    for slot in replicas.indices where replicas[slot].isListed {
      if stuck[slot] == nil, !replicas[slot].record.isRecovering { leaveOut(0, of: slot) }
      let isBusy = replicas[slot].ongoing > 0
      if replicas[slot].record.isSuspectedByNow(limits, isBusy: isBusy, now: now) {
        loadChanges &+= 1
      }
    }
    for pool in pools.indices { watch(pool, stuck, now: now) }
    watchAt = calls.count > 0 ? now + limits.watchInterval : Timestamp(nanoseconds: .max)
  }

  /// How old a call has to be to be compared with answers; nil before the first answer.
  func patience(of pool: Int, _ factor: Int64) -> Duration? {
    guard let typical = pools[pool].typicalAnswer else { return nil }
    return .nanoseconds(max(typical * factor, pools[pool].longestAnswer * 2))
  }

  private func stuckCalls(now: Timestamp) -> [Int: Stuck] {
    var all: [Int: Stuck] = [:]
    for call in calls.indices where calls[call].replica >= 0 {
      let (slot, sent) = (calls[call].replica, calls[call].sentAt)
      guard calls[call].answersOnce, !calls[call].isAnswering, replicas[slot].isListed,
        let patience = patience(of: calls[call].pool, limits.hangFactor),
        sent + max(patience, limits.hangPatience) <= now,
        isSentLately(call, to: slot)
      else { continue }
      var stuck = all[slot] ?? Stuck()
      stuck.calls += 1
      stuck.newest = max(stuck.newest, sent)
      if sent < stuck.oldest {
        stuck.oldest = sent
        stuck.othersBefore = calls[call].othersBefore
      }
      all[slot] = stuck
    }
    return all
  }

  /// A call that was there long before its replica's last answer is long and does not hang; one from before the
  /// last ejection has had its part in that, unless there is no room for another.
  private func isSentLately(_ call: Int, to slot: Int) -> Bool {
    let (record, sent) = (replicas[slot].record, calls[call].sentAt)
    let pool = calls[call].pool
    let isFull = replicas[slot].ongoing >= pools[pool].limits.maxOngoing
    return (isFull || sent >= record.countsFrom)
      && sent + .nanoseconds((pools[pool].typicalAnswer ?? 0) * limits.concurrentFactor)
        >= record.lastWord
  }

  /// Ejects a replica whose calls hang while the others answer theirs. Too few calls prove nothing, and those that it
  /// has keep others away from it: then it gets another one, and its turn to answer.
  private mutating func compare(_ slot: Int, _ stuck: Stuck, now: Timestamp) {
    guard replicas[slot].mayBePicked else { return }
    let pool = replicas[slot].pool
    let record = replicas[slot].record
    let others = pools[pool].tally - record.tally - stuck.othersBefore
    let chance = record.isRecovering ? limits.relapseChance : limits.accidentChance
    guard others.good >= pools[pool].limits.outliers.consecutiveErrors, mayEject(in: pool)
    else { return }
    guard others.chance(besideRunOf: stuck.calls) <= chance else {
      let isOld = stuck.newest + limits.probePatience <= now
      if isOld, stuck.newest > record.probedAt, !record.isRecovering { probe(slot, now: now) }
      return
    }
    replicas[slot].record.hangs(calls: stuck.calls)
    eject(slot, now: now)
  }

  /// The next call goes to a replica whose calls hang, all of them since the last such call was sent.
  private mutating func probe(_ slot: Int, now: Timestamp) {
    replicas[slot].record.probedAt = now
    replicas[slot].goesFirst = true
    leaveOut(replicas[slot].ongoing, of: slot)
  }

  /// So many of a replica's calls do not count for picking from now on.
  private mutating func leaveOut(_ calls: Int, of slot: Int) {
    guard replicas[slot].uncounted != calls else { return }
    replicas[slot].uncounted = calls
    relink(slot)
  }

  /// Suspects the replicas of a deployment of which none has answered for long, though it did before. A revision
  /// that never answered may just be slower than its callers like, and is left alone.
  private mutating func watch(_ pool: Int, _ stuck: [Int: Stuck], now: Timestamp) {
    let slots = pools[pool].listed.values.filter { replicas[$0].isConnected }
    var silences: [Int: OutlierRecord.Silence] = [:]
    if let patience = patience(of: pool, limits.hangFactor) {
      let isBusy = slots.contains { stuck[$0] != nil }
      let least = max(isBusy ? limits.suspectBusyAfter : limits.silentAfter, patience)
      for slot in slots {
        let record = replicas[slot].record
        let since = [record.unansweredSince, stuck[slot]?.oldest].compactMap(\.self).min()
        guard let since, since + least <= now else { continue }
        silences[slot] = OutlierRecord.Silence(
          calls: record.unanswered + (stuck[slot]?.calls ?? 0), length: now.duration(since: since))
      }
    }
    let isSilent = !slots.isEmpty && silences.count == slots.count
    let enough = pools[pool].limits.outliers.consecutiveErrors
    for slot in slots {
      let silence = isSilent ? silences[slot].flatMap { $0.calls >= enough ? $0 : nil } : nil
      let wasSilent = replicas[slot].record.silence != nil
      replicas[slot].record.fellSilent(silence)
      if wasSilent != (silence != nil) { loadChanges &+= 1 }
    }
  }
}
