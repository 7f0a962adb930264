// Which replicas fail, hang or break calls, and what follows: ejection, probes, a slow start.
//
// A replica is compared with the other replicas of its pool, never with zero: a caller whose requests cannot be
// answered makes all of them fail alike, and then none is ejected.
internal import MartletCore

extension Dispatcher {
  // MARK: Verdicts

  /// What the end of a call says of the replica that had it. Comes before the call is taken from the replica.
  mutating func judge(_ call: Int, _ end: CallEnd, now: Timestamp) {
    switch end {
    case .answered: callWentWell(call, isMeasured: true, now: now)
    case .failed(.deadlineExceeded) where isOverdue(call, now: now):
      // Servers end calls whose time is over by themselves, however their handlers hang.
      if hangs(call, now: now) { callWentBadly(call, .hung, now: now) }
    case .failed(let code):
      if pools[replicas[calls[call].replica].pool].limits.outliers.blames(code) {
        callWentBadly(call, .status, now: now)
      } else {
        // What is wrong with a request is often known at once: no measure for answers.
        callWentWell(call, isMeasured: false, now: now)
      }
    case .broken: callWentBadly(call, .broken, now: now)
    case .abandoned: if hangs(call, now: now) { callWentBadly(call, .hung, now: now) }
    }
  }

  private mutating func callWentWell(_ call: Int, isMeasured: Bool, now: Timestamp) {
    let slot = calls[call].replica
    let pool = replicas[slot].pool
    if isMeasured { pools[pool].answered(after: now.nanoseconds - calls[call].sentAt.nanoseconds) }
    pools[pool].tally.good += 1
    replicas[slot].connectionFailures = 0
    replicas[slot].record.tally.good += 1
    replicas[slot].record.lastWord = now
    if now >= pools[pool].windowTurn { turnWindow(of: pool, now: now) }
    if replicas[slot].record.isInDoubt { doubtLifts(slot) }
  }

  private mutating func doubtLifts(_ slot: Int) {
    if replicas[slot].record.isReported { loadChanges &+= 1 }
    guard replicas[slot].ejectedUntil == nil else { return replicas[slot].record.answeredLate() }
    let enough = min(pools[replicas[slot].pool].limits.maxOngoing, limits.slowStartCalls)
    if let room = replicas[slot].record.wentWell(trustAt: enough) { replicas[slot].room = room }
  }

  mutating func callWentBadly(_ call: Int, _ fault: Fault, now: Timestamp) {
    let slot = calls[call].replica
    let pool = replicas[slot].pool
    pools[pool].tally.bad += 1
    if now >= pools[pool].windowTurn { turnWindow(of: pool, now: now) }
    if replicas[slot].record.isReported { loadChanges &+= 1 }
    replicas[slot].record.failed(fault, othersBefore: calls[call].othersBefore)
    if fault != .hung {
      replicas[slot].record.lastWord = now
    } else if let patience = patience(of: pool, limits.absoluteFactor),
      calls[call].sentAt + patience <= now
    {
      replicas[slot].record.leftUnanswered(sentAt: calls[call].sentAt)
    }
    guard replicas[slot].mayBePicked else { return }
    if isOutlier(slot, fault) {
      eject(slot, now: now)
    } else if fault != .hung {
      // By lot, so that requests which come in turns do not always meet the same replica: one that gets each
      // second one, and all bad ones, would look like one that fails.
      replicas[slot].goesFirst = pools[pool].lot
      let typical = pools[pool].typicalAnswer ?? limits.unknownAnswer.saturatedNanoseconds
      let took = now.nanoseconds - calls[call].sentAt.nanoseconds
      if took < typical { hold(slot, until: now + .nanoseconds(typical - took)) }
    }
  }

  /// Whether a call that ends without a word from its replica speaks against that: a caller that gives it less
  /// time than answers take, or has the answer already in part, says nothing.
  func hangs(_ call: Int, now: Timestamp) -> Bool {
    guard !calls[call].isAnswering else { return false }
    let took = now.nanoseconds - calls[call].sentAt.nanoseconds
    let typical = pools[calls[call].pool].typicalAnswer
    if isOverdue(call, now: now) { return took >= typical ?? 0 }
    guard let typical else { return false }
    return took > max(limits.leastPatience.saturatedNanoseconds, typical * 8)
  }

  /// Whether the caller's time is over. The clock of who ended the call may be a little ahead of the deadline that it
  /// was told.
  private func isOverdue(_ call: Int, now: Timestamp) -> Bool {
    guard let deadline = calls[call].terms.deadline?.time.nanoseconds else { return false }
    let took = now.nanoseconds - calls[call].sentAt.nanoseconds
    return deadline - now.nanoseconds <= took / 16
  }

  // MARK: The comparison

  /// Whether a replica that has just failed does worse than the others, by more than chance explains.
  private func isOutlier(_ slot: Int, _ fault: Fault) -> Bool {
    let record = replicas[slot].record
    let pool = replicas[slot].pool
    let others = pools[pool].tally - record.tally
    let recent = (pools[pool].tally - pools[pool].windowStart) - (record.tally - record.windowStart)
    let isOutlier =
      if record.isRecovering {
        recent.chance(besideRunOf: record.run) <= limits.relapseChance
      } else {
        fails(
          record, fault, others - record.othersBefore, pools[pool].limits.outliers.consecutiveErrors
        )
          || record.recent.isWorse(than: recent, limits)
      }
    return isOutlier && mayEject(in: pool)
  }

  /// By its run of failures. `others`: what the others did since the first call of the run was sent.
  private func fails(
    _ record: OutlierRecord, _ fault: Fault, _ others: Tally, _ least: Int
  ) -> Bool {
    guard record.run >= least else { return false }
    // No request makes a sound replica break its calls, unless it does so everywhere.
    if fault == .broken { return others.bad * 2 < record.run }
    return others.good >= least && others.chance(besideRunOf: record.run) <= limits.accidentChance
  }

  /// Never the last one, and not too many of them.
  func mayEject(in pool: Int) -> Bool {
    let percent = pools[pool].limits.outliers.maxEjectionPercent
    guard percent > 0, pools[pool].outstanding.count > 1 else { return false }
    let ejected = pools[pool].listed.values.count { replicas[$0].ejectedUntil != nil }
    return ejected < max(1, pools[pool].listed.count * percent / 100)
  }

  private mutating func turnWindow(of pool: Int, now: Timestamp) {
    pools[pool].windowTurn = now + limits.halfWindow
    pools[pool].windowStart = pools[pool].halfStart
    pools[pool].halfStart = pools[pool].tally
    pools[pool].forgetLongest()
    for slot in pools[pool].listed.values {
      replicas[slot].record.windowStart = replicas[slot].record.halfStart
      replicas[slot].record.halfStart = replicas[slot].record.tally
    }
  }

  // MARK: Phantoms

  private mutating func hold(_ slot: Int, until end: Timestamp) {
    let pool = replicas[slot].pool
    guard replicas[slot].phantoms < pools[pool].limits.maxOngoing,
      pools[pool].phantoms.count < limits.maxPhantoms
    else { return }
    pools[pool].phantoms.add(
      PhantomCalls.Entry(
        slot: slot, generation: replicas.generation(at: slot),
        ejections: replicas[slot].record.allEjections, end: end))
    changePhantoms(of: slot, by: 1)
  }

  mutating func endPhantoms(of pool: Int, now: Timestamp) {
    while let entry = pools[pool].phantoms.popEnded(at: now) {
      guard replicas.contains(entry.slot), replicas.generation(at: entry.slot) == entry.generation,
        replicas[entry.slot].record.allEjections == entry.ejections
      else { continue }
      changePhantoms(of: entry.slot, by: -1)
    }
  }

  private mutating func changePhantoms(of slot: Int, by change: Int) {
    replicas[slot].phantoms += change
    relink(slot)
  }

  // MARK: Ejection

  mutating func eject(_ slot: Int, now: Timestamp) {
    let pool = replicas[slot].pool
    let base = pools[pool].limits.outliers.baseEjection
    let doublings = min(replicas[slot].record.ejections, 20)
    let until = now + min(max(limits.maxEjection, base), base * (1 << doublings))
    becomeUnpickable(slot)
    replicas[slot].ejectedUntil = until
    replicas[slot].room = .max
    replicas[slot].phantoms = 0
    replicas[slot].uncounted = 0
    // The call that failed last is still counted.
    let isBusy = replicas[slot].ongoing > 1
    replicas[slot].record.ejected(limits, isBusy: isBusy, now: now)
    replicaWakes.set(slot, at: until)
    if replicas[slot].record.isSuspected { loadChanges &+= 1 }
    trustIfAllRecover(pool, now: now)
  }

  /// Ends an ejection: the replica gets one call, and more once that went well.
  mutating func readmit(_ slot: Int, now: Timestamp) {
    replicas[slot].ejectedUntil = nil
    replicas[slot].room = replicas[slot].record.readmit(holding: replicas[slot].ongoing, now: now)
    replicas[slot].uncounted = replicas[slot].ongoing
    replicas[slot].goesFirst = true
    replicaWakes.remove(slot)
    becomePickable(slot, now: now)
  }

  /// A doubtful replica is better than none, and is not spared then.
  mutating func readmitIfNoneIsLeft(_ pool: Int, now: Timestamp) {
    if pools[pool].outstanding.count == 0 {
      for (_, slot) in pools[pool].listed.sorted(by: { $0.key < $1.key })
      where replicas[slot].ejectedUntil != nil {
        readmit(slot, now: now)
      }
    }
    trustIfAllRecover(pool, now: now)
  }

  /// Where all replicas that are left recover, sparing them would only hold calls up.
  private mutating func trustIfAllRecover(_ pool: Int, now: Timestamp) {
    let slots = pools[pool].listed.values.filter { replicas[$0].mayBePicked }
    guard !slots.isEmpty, slots.allSatisfy({ replicas[$0].record.isRecovering }) else { return }
    for slot in slots.sorted() {
      replicas[slot].room = .max
      replicas[slot].record.stopRecovering()
      relink(slot)
    }
    serve(pool, now: now)
  }
}

extension Tally {
  /// Whether calls failed clearly more often than those of others, and often enough to matter.
  fileprivate func isWorse(than others: Tally, _ limits: DispatchLimits) -> Bool {
    guard count >= limits.leastVolume, others.count >= limits.leastVolume else { return false }
    let (own, other) = (Double(count), Double(others.count))
    let more = Double(bad) / own - Double(others.bad) / other
    guard more >= limits.shareAboveOthers else { return false }
    let pooled = Double(bad + others.bad) / (own + other)
    let variance = pooled * (1 - pooled) * (1 / own + 1 / other)
    return more * more >= variance * limits.deviations * limits.deviations
  }
}
