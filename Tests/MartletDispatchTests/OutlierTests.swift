// Which failures eject a replica, and how it comes back.
import MartletCore
import Testing

@testable import MartletDispatch

@Suite struct OutlierTests {
  /// Calls one after another until each replica has had `count`; `end` says how each of them ends there.
  private func play(
    _ mesh: inout Mesh, rounds: Int, from start: Duration = .milliseconds(10),
    step: Duration = .milliseconds(5),
    took: Duration = .milliseconds(5), _ end: (UInt64, Int) -> CallEnd
  ) -> [UInt64] {
    var picked: [UInt64] = []
    for round in 0..<rounds {
      let now = start + step * round
      mesh.dispatcher.timePassed(now: .zero + now)
      guard case .send(let call, let slot) = mesh.arrive(at: now) else {
        Issue.record("not sent")
        return picked
      }
      let number = mesh.dispatcher.replicas[slot.index].number
      picked.append(number)
      let how = end(number, round)
      let length = how == .answered ? took : .microseconds(100)
      mesh.dispatcher.callEnded(call, how, now: .zero + now + length)
    }
    return picked
  }

  /// A mesh whose replicas have all answered, so that the time of an answer is known.
  private func warm(
    _ replicas: UInt64, outliers: OutlierDetectionSpec = OutlierDetectionSpec()
  ) -> Mesh {
    var mesh = Mesh(replicas: replicas, outliers: outliers)
    for _ in 1...replicas {
      mesh.dispatcher.callEnded(mesh.arriveAndSend(), .answered, now: .zero + .milliseconds(5))
    }
    return mesh
  }

  private func isEjected(_ number: UInt64, _ mesh: borrowing Mesh) -> Bool {
    mesh.dispatcher.replicas[mesh.slot(number).index].ejectedUntil != nil
  }

  @Test(arguments: OutlierDetectionSpec.serverFaults.sorted { $0.rawValue < $1.rawValue })
  func aReplicaThatFailsWhileOthersAnswerIsEjected(code: RPCStatus.Code) {
    var mesh = warm(4)
    let picked = play(&mesh, rounds: 60) { number, _ in number == 1 ? .failed(code) : .answered }
    #expect(isEjected(1, mesh) == true)
    #expect((5...14).contains(picked.count { $0 == 1 }))
  }

  @Test(arguments: [
    RPCStatus.Code.invalidArgument, .notFound, .alreadyExists, .permissionDenied, .unauthenticated,
    .failedPrecondition, .outOfRange, .aborted, .cancelled,
  ])
  func aStatusThatSpeaksOfTheRequestEjectsNobody(code: RPCStatus.Code) {
    var mesh = warm(4)
    let picked = play(&mesh, rounds: 80) { number, _ in number == 1 ? .failed(code) : .answered }
    #expect(isEjected(1, mesh) == false)
    #expect(picked.count { $0 == 1 } == 20)
  }

  @Test func theAppSaysWhichStatusesCount() {
    var outliers = OutlierDetectionSpec()
    outliers.codes = [.aborted]
    outliers.consecutiveErrors = 8
    var mesh = warm(4, outliers: outliers)
    _ = play(&mesh, rounds: 80) { number, _ in number == 1 ? .failed(.internalError) : .answered }
    #expect(isEjected(1, mesh) == false)
    let picked = play(&mesh, rounds: 80, from: .seconds(1)) { number, _ in
      number == 1 ? .failed(.aborted) : .answered
    }
    #expect(isEjected(1, mesh) == true)
    #expect((5...8).contains(picked.count { $0 == 1 }))
  }

  @Test func whereAllFailAlikeNobodyIsEjected() {
    var mesh = warm(3)
    _ = play(&mesh, rounds: 300) { _, _ in .failed(.unknown) }
    let ejected = (1...3).count { isEjected($0, mesh) }
    #expect(ejected == 0)
  }

  /// One caller sends nothing but requests that cannot be answered, others send good ones, in bursts of each.
  @Test(arguments: [1, 3, 10, 40]) func oneCallersBadRequestsEjectNoReplicaOfTwo(burst: Int) {
    var mesh = warm(2)
    for round in 0..<200 {
      let start = Duration.milliseconds(5) * (2 * burst * round)
      _ = play(&mesh, rounds: burst, from: start) { _, _ in .answered }
      _ = play(&mesh, rounds: burst, from: start + .milliseconds(5) * burst) { _, _ in
        .failed(.unknown)
      }
      #expect((isEjected(1, mesh) || isEjected(2, mesh)) == false, "round \(round)")
    }
  }

  @Test func oneThatFailsAThirdOfItsCallsIsEjectedForItsShare() {
    var mesh = warm(3)
    var calls = 0
    let picked = play(&mesh, rounds: 300) { number, _ in
      guard number == 2 else { return .answered }
      calls += 1
      return calls.isMultiple(of: 3) ? .failed(.internalError) : .answered
    }
    #expect((20...60).contains(picked.count { $0 == 2 }))
  }

  @Test func neverAllOfThemAndNoMoreThanTheAppAllows() {
    var outliers = OutlierDetectionSpec()
    outliers.maxEjectionPercent = 0
    var mesh = warm(4, outliers: outliers)
    _ = play(&mesh, rounds: 100) { number, _ in number == 1 ? .failed(.unavailable) : .answered }
    #expect(isEjected(1, mesh) == false)

    var other = warm(2)
    other.breakCalls(10, at: 1)
    other.breakCalls(10, at: 2)
    #expect(isEjected(1, other) != isEjected(2, other))
  }

  @Test func aFailureCountsForPickingAsLongAsAnAnswerTakes() {
    var mesh = Mesh(replicas: 2)
    // Answers take 10 ms.
    _ = play(&mesh, rounds: 4, step: .milliseconds(20), took: .milliseconds(10)) { _, _ in
      .answered
    }
    guard case .send(let call, let slot) = mesh.arrive(at: .milliseconds(100)) else { return }
    let failing = mesh.dispatcher.replicas[slot.index].number
    let other: UInt64 = failing == 1 ? 2 : 1
    mesh.dispatcher.callEnded(call, .failed(.unavailable), now: .zero + .milliseconds(101))
    func next(at now: Duration) -> UInt64? {
      guard case .send(let call, let slot) = mesh.arrive(at: now) else { return nil }
      mesh.dispatcher.callEnded(call, .abandoned, now: .zero + now)
      return mesh.dispatcher.replicas[slot.index].number
    }
    #expect([next(at: .milliseconds(102)), next(at: .milliseconds(103))] == [other, other])
    #expect(next(at: .milliseconds(109)) == other)
    #expect([next(at: .milliseconds(110)), next(at: .milliseconds(110))].contains(failing))
  }

  @Test func whatAFailureHoldsTakesNoRoom() {
    var mesh = Mesh(replicas: 1, maxOngoing: 1)
    for step in 0..<20 {
      let call = mesh.arriveAndSend()
      mesh.dispatcher.callEnded(call, .failed(.internalError), now: .zero + .milliseconds(step))
    }
    #expect(mesh.dispatcher.loadReport().deployments.isEmpty)
  }

  @Test func anEjectedReplicaComesBackLittleByLittle() {
    var mesh = warm(2)
    _ = play(&mesh, rounds: 40) { number, _ in number == 1 ? .failed(.unavailable) : .answered }
    #expect(isEjected(1, mesh) == true)
    mesh.dispatcher.timePassed(now: .zero + .seconds(2))
    #expect(isEjected(1, mesh) == false)
    // It has no more than 1, 2, 4 and 8 at once, until as many went well.
    for allowed in [1, 2, 4, 8] {
      mesh.ongoing = []
      let had = (0..<60).compactMap { _ in mesh.send() }.count { $0 == 1 }
      #expect(had == allowed)
      for _ in 0..<had { mesh.finishOne(at: 1, now: .seconds(2)) }
      for _ in 0..<(60 - had) { mesh.finishOne(at: 2, now: .seconds(2)) }
    }
    let had = (0..<60).compactMap { _ in mesh.send() }.count { $0 == 1 }
    #expect(had == 30)
  }

  @Test func failingAgainDoublesTheEjection() {
    var mesh = warm(2)
    _ = play(&mesh, rounds: 40) { number, _ in number == 1 ? .failed(.unavailable) : .answered }
    var now = Duration.seconds(2)
    for length in [2, 4, 8, 16, 30, 30] {
      mesh.dispatcher.timePassed(now: .zero + now)
      let picked = play(&mesh, rounds: 12, from: now) { number, _ in
        number == 1 ? .failed(.unavailable) : .answered
      }
      #expect(picked.count { $0 == 1 } == 1, "a single call")
      let until = mesh.dispatcher.replicas[mesh.slot(1).index].ejectedUntil
      #expect(until.map { $0 > .zero + now + .seconds(length) } == true)
      #expect(until.map { $0 < .zero + now + .seconds(length) + .milliseconds(200) } == true)
      now += .seconds(length) + .seconds(1)
    }
  }

  @Test func whereTheOthersAreGoneARecoveringOneIsNotSpared() {
    var mesh = warm(2)
    _ = play(&mesh, rounds: 40) { number, _ in number == 1 ? .failed(.unavailable) : .answered }
    mesh.dispatcher.timePassed(now: .zero + .seconds(2))
    mesh.dispatcher.replicaConnectionEnded(mesh.slot(2), now: .zero + .seconds(2))
    let picked = (0..<10).compactMap { _ in mesh.send() }
    #expect(picked == Array(repeating: 1, count: 10))
  }

  @Test func whereTheTableDropsTheOthersAnEjectedOneServes() {
    var mesh = warm(2)
    _ = play(&mesh, rounds: 40) { number, _ in number == 1 ? .failed(.unavailable) : .answered }
    #expect(isEjected(1, mesh) == true)
    mesh.table(replicas: [1], now: .milliseconds(300))
    #expect(mesh.send() == 1)
  }
}
