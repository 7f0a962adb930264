// Replicas whose process lives and whose calls hang.
import MartletCore
import Testing

@testable import MartletDispatch

@Suite struct HangingTests {
  /// 80 calls a second with a second of time each; one of two replicas hangs.
  private func hang(_ length: Duration) -> Crowd {
    var crowd = Crowd([.hangs, .answers(.milliseconds(20))])
    crowd.run(length, rate: 80, timeout: .seconds(1))
    return crowd
  }

  @Test func callsThatEndByTheirDeadlineEject() {
    var mesh = Mesh(replicas: 2)
    for step in 0..<100 {
      let now = Duration.milliseconds(50 * step)
      mesh.dispatcher.timePassed(now: .zero + now)
      if mesh.dispatcher.replicas[mesh.slot(1).index].ejectedUntil != nil { break }
      guard case .send(let call, let slot) = mesh.arrive(at: now, timeout: .seconds(0.5))
      else { continue }
      if mesh.dispatcher.replicas[slot.index].number == 2 {
        mesh.dispatcher.callEnded(call, .answered, now: .zero + now + .milliseconds(10))
      }
    }
    #expect(mesh.dispatcher.replicas[mesh.slot(1).index].ejectedUntil != nil)
    #expect(mesh.dispatcher.replicas[mesh.slot(2).index].ejectedUntil == nil)
  }

  @Test func aCallerWithLessTimeThanAnswersTakeSaysNothing() {
    var mesh = Mesh(replicas: 2)
    for step in 0..<200 {
      let now = Duration.milliseconds(50 * step)
      mesh.dispatcher.timePassed(now: .zero + now)
      // To the first replica go hasty callers only.
      guard case .send(let call, let slot) = mesh.arrive(at: now, timeout: .milliseconds(5))
      else { continue }
      if mesh.dispatcher.replicas[slot.index].number == 2 || step < 4 {
        mesh.dispatcher.callEnded(call, .answered, now: .zero + now + .milliseconds(10))
      } else {
        mesh.dispatcher.timePassed(now: .zero + now + .milliseconds(5))
      }
    }
    #expect(mesh.dispatcher.replicas[mesh.slot(1).index].ejectedUntil == nil)
  }

  @Test func aCallerWhoGoesAwaySoonSaysNothingAndOneWhoWaitedLongDoes() {
    for (patience, isFault) in [(Duration.milliseconds(100), false), (.milliseconds(600), true)] {
      var mesh = Mesh(replicas: 2)
      for step in 0..<40 {
        let now = Duration.seconds(step)
        guard case .send(let call, let slot) = mesh.arrive(at: now) else { continue }
        let isHung = mesh.dispatcher.replicas[slot.index].number == 1 && step > 4
        let end = now + (isHung ? patience : .milliseconds(10))
        mesh.dispatcher.callEnded(call, isHung ? .abandoned : .answered, now: .zero + end)
      }
      #expect((mesh.dispatcher.replicas[mesh.slot(1).index].ejectedUntil != nil) == isFault)
    }
  }

  @Test func aStreamThatAnswersDoesNotHang() {
    var mesh = Mesh(replicas: 2)
    for step in 0..<40 {
      let now = Duration.milliseconds(50 * step)
      mesh.dispatcher.timePassed(now: .zero + now)
      guard case .send(let call, let slot) = mesh.arrive(at: now, timeout: .seconds(0.5))
      else { continue }
      if mesh.dispatcher.replicas[slot.index].number == 2 {
        mesh.dispatcher.callEnded(call, .answered, now: .zero + now + .milliseconds(10))
      } else {
        mesh.dispatcher.answerBegan(call)
      }
    }
    #expect(mesh.dispatcher.replicas[mesh.slot(1).index].ejectedUntil == nil)
  }

  @Test func oneThatHangsOnIsSuspected() {
    var crowd = hang(.seconds(3))
    #expect(crowd.mesh.dispatcher.loadReport().suspects.isEmpty, "not before it was tried again")
    crowd.run(.seconds(9), rate: 80, timeout: .seconds(1))
    let suspects = crowd.mesh.dispatcher.loadReport().suspects
    #expect(suspects.map(\.number) == [1])
    #expect(suspects.first?.reason.contains("calls hung") == true)
  }

  @Test func oneThatIsBusyWithALongCallIsSuspectedMuchLater() {
    var crowd = Crowd([.hangs, .answers(.milliseconds(20))])
    guard case .send(_, let slot) = crowd.mesh.arrive() else {
      Issue.record("not sent")
      return
    }
    #expect(slot == crowd.mesh.slot(1))
    crowd.run(.seconds(40), rate: 80, timeout: .seconds(1))
    #expect(crowd.mesh.dispatcher.loadReport().suspects.isEmpty)
    #expect((crowd.got[1] ?? 0) < 40, "it is ejected all the same")
    crowd.run(.seconds(60), rate: 80, timeout: .seconds(1))
    #expect(crowd.mesh.dispatcher.loadReport().suspects.map(\.number) == [1])
  }

  @Test func anAnswerEndsTheSuspicion() {
    var crowd = hang(.seconds(12))
    #expect(crowd.mesh.dispatcher.loadReport().suspects.count == 1)
    crowd.behaviours[1] = .answers(.milliseconds(20))
    crowd.run(.seconds(20), rate: 80, timeout: .seconds(1))
    #expect(crowd.mesh.dispatcher.loadReport().suspects.isEmpty)
    crowd.forget()
    crowd.run(.seconds(10), rate: 80, timeout: .seconds(1))
    #expect(crowd.share(1) > 0.4, "it has its share again")
    #expect(crowd.failed.isEmpty)
  }

  @Test func callsWithoutADeadlineEjectAndThenAreReplaced() {
    var crowd = Crowd([.answers(.milliseconds(20)), .answers(.milliseconds(20))])
    crowd.run(.seconds(5), rate: 80)
    crowd.behaviours[1] = .hangs
    crowd.run(.seconds(10), rate: 80)
    #expect(crowd.mesh.dispatcher.replicas[crowd.mesh.slot(2).index].ejectedUntil == nil)
    crowd.forget()
    crowd.run(.seconds(20), rate: 80)
    #expect((crowd.got[1] ?? 0) <= 6, "a call now and then")
    #expect(crowd.mesh.dispatcher.loadReport().suspects.isEmpty, "it may be busy for a while")
    crowd.run(.seconds(40), rate: 80)
    #expect(crowd.mesh.dispatcher.loadReport().suspects.map(\.number) == [1])
  }

  /// The others have fewer calls than one whose calls hang, and so get all that come: it has to be asked all the same.
  @Test(arguments: [5.0, 20, 60, 300], [2, 4, 8])
  func oneThatHangsIsFoundOutThoughItsCallsKeepOthersAway(rate: Double, replicas: Int) {
    for answer in [Duration.milliseconds(4), .milliseconds(40)] {
      var crowd = Crowd(Array(repeating: .answers(answer), count: replicas))
      crowd.run(.seconds(10), rate: rate)
      crowd.behaviours[1] = .hangs
      crowd.forget()
      crowd.run(.seconds(40), rate: rate)
      let slot = crowd.mesh.slot(1).index
      #expect(crowd.mesh.dispatcher.replicas[slot].record.hungEjections > 0, "\(answer)")
      crowd.run(.seconds(80), rate: rate)
      #expect(crowd.mesh.dispatcher.loadReport().suspects.map(\.number) == [1], "\(answer)")
      #expect((crowd.got[1] ?? 0) <= 32, "\(answer): a call now and then, not \(crowd.got[1] ?? 0)")
    }
  }

  @Test func oneThatHasNoRoomLeftIsFoundOut() {
    var crowd = Crowd(Array(repeating: .answers(.milliseconds(40)), count: 3), maxOngoing: 4)
    crowd.run(.seconds(10), rate: 150)
    crowd.behaviours[2] = .hangs
    crowd.forget()
    crowd.run(.seconds(100), rate: 150)
    #expect(crowd.mesh.dispatcher.loadReport().suspects.map(\.number) == [2])
    #expect(crowd.got[2] == 4)
  }

  /// A long computation beside short ones: those that are sent to see whether its replica hangs are answered.
  @Test func aLongCallIsNoReasonToDoubtItsReplica() {
    var crowd = Crowd(Array(repeating: .answers(.milliseconds(10)), count: 3))
    crowd.run(.seconds(10), rate: 60)
    guard case .send = crowd.mesh.arrive(at: crowd.now.duration(since: .zero)) else {
      Issue.record("not sent")
      return
    }
    crowd.forget()
    crowd.run(.seconds(300), rate: 60)
    #expect(crowd.mesh.dispatcher.loadReport().suspects.isEmpty)
    for number in 1...UInt64(3) {
      #expect(
        crowd.mesh.dispatcher.replicas[crowd.mesh.slot(number).index].record.allEjections == 0)
    }
    #expect(crowd.failed.isEmpty)
  }

  /// A server ends calls whose time is over by itself, at about the moment at which the router does.
  @Test(arguments: [998, 1000, 1001])
  func aServerThatEndsItsCallsAtTheirDeadlineHangs(milliseconds: Int) {
    var crowd = Crowd(Array(repeating: .answers(.milliseconds(20)), count: 2))
    crowd.run(.seconds(5), rate: 80, timeout: .seconds(1))
    crowd.behaviours[1] = .fails(.deadlineExceeded, after: .milliseconds(milliseconds))
    crowd.forget()
    crowd.run(.seconds(12), rate: 80, timeout: .seconds(1))
    #expect(crowd.mesh.dispatcher.loadReport().suspects.map(\.number) == [1])
    #expect((crowd.failed[1] ?? 0) < 40)
  }

  @Test func streamsWithoutAnAnswerDoNotHang() {
    var mesh = Mesh(replicas: 2)
    for step in 0..<1200 {
      let now = Timestamp.zero + .milliseconds(50 * step)
      mesh.dispatcher.timePassed(now: now)
      let arrival = mesh.dispatcher.callArrived(
        at: mesh.pool, CallTerms(), answersOnce: step % 10 != 0, now: now)
      if case .send(let call, _) = arrival, step % 10 != 0 {
        mesh.dispatcher.callEnded(call, .answered, now: now + .milliseconds(10))
      }
    }
    let ejected = (0..<2).count { mesh.dispatcher.replicas[$0].record.allEjections > 0 }
    #expect(ejected == 0)
    #expect(mesh.dispatcher.loadReport().suspects.isEmpty)
  }

  @Test func aLongCallBesideAnswersDoesNotHang() {
    var mesh = Mesh(replicas: 2)
    for step in 0..<400 {
      let now = Timestamp.zero + .milliseconds(50 * step)
      mesh.dispatcher.timePassed(now: now)
      guard case .send(let call, let slot) = mesh.arrive(at: .milliseconds(50 * step)) else {
        continue
      }
      let isFirst = mesh.dispatcher.replicas[slot.index].number == 1
      if step < 20 || !isFirst || step % 40 > 1 {
        mesh.dispatcher.callEnded(call, .answered, now: now + .milliseconds(10))
      }
    }
    #expect(mesh.dispatcher.loadReport().suspects.isEmpty)
  }

  /// Its calls end by their deadline after it has answered others: somebody has to replace the only one.
  @Test(
    arguments: [1, 3], [Crowd.Behaviour.hangs, .fails(.deadlineExceeded, after: .seconds(0.999))])
  func aDeploymentThatFallsSilentIsSuspected(replicas: Int, silent: Crowd.Behaviour) {
    var crowd = Crowd(Array(repeating: .answers(.milliseconds(20)), count: replicas))
    crowd.run(.seconds(5), rate: 20, timeout: .seconds(1))
    for number in 1...UInt64(replicas) { crowd.behaviours[number] = silent }
    crowd.run(.seconds(25), rate: 20, timeout: .seconds(1))
    #expect(crowd.mesh.dispatcher.loadReport().suspects.isEmpty)
    crowd.run(.seconds(10), rate: 20, timeout: .seconds(1))
    let suspects = crowd.mesh.dispatcher.loadReport().suspects
    #expect(suspects.count == replicas)
    #expect(suspects.first?.reason.contains("none of its last") == true)
    // One of them answers: the others are compared with it from then on.
    crowd.behaviours[1] = .answers(.milliseconds(20))
    crowd.run(.seconds(3), rate: 20, timeout: .seconds(1))
    #expect(!crowd.mesh.dispatcher.loadReport().suspects.contains { $0.number == 1 })
  }

  @Test func aDeploymentThatNeverAnsweredIsLeftAlone() {
    var crowd = Crowd([.hangs])
    crowd.run(.seconds(300), rate: 20, timeout: .seconds(1))
    #expect(crowd.mesh.dispatcher.loadReport().suspects.isEmpty)
  }

  @Test func whereAllHangNobodyIsEjectedOrSuspected() {
    var crowd = Crowd([.hangs, .hangs, .hangs])
    crowd.run(.seconds(20), rate: 20, timeout: .seconds(1))
    #expect(crowd.mesh.dispatcher.loadReport().suspects.isEmpty)
    let ejected = (0..<3).count { crowd.mesh.dispatcher.replicas[$0].ejectedUntil != nil }
    #expect(ejected == 0)
  }
}
