// Facts about which process belongs to which replica.
import MartletCore
import Testing

@testable import MartletController

@Suite struct ProcessScanTests {
  private func entry(
    _ pid: Int32, start: UInt64 = 100, parent: Int32 = 50, session: Int32? = nil,
    mark: UInt64? = nil, outputs: [String] = [], member: UInt64? = nil
  ) -> ProcessScan.Entry {
    ProcessScan.Entry(
      identity: ProcessIdentity(pid: pid, startTicks: start), parent: parent,
      group: session ?? pid, session: session ?? pid, mark: mark, member: member,
      outputs: outputs)
  }

  private func leader(_ pid: Int32, start: UInt64 = 100) -> ProcessScan.Leader {
    ProcessScan.Leader(
      identity: ProcessIdentity(pid: pid, startTicks: start), logPath: "/run/logs/a-\(pid).log")
  }

  /// The pids of helpers by replica, and of strays as 0.
  private func families(
    _ entries: [ProcessScan.Entry], _ leaders: [UInt64: ProcessScan.Leader], reaper: Int32? = 50,
    known: [ProcessIdentity: UInt64] = [:]
  ) -> [UInt64: [Int32]] {
    let found = ProcessScan(entries: entries, reaper: reaper).families(of: leaders, known: known)
    var pids = found.helpers.mapValues { $0.map(\.identity.pid) }
    if !found.strays.isEmpty { pids[0] = found.strays.map(\.identity.pid) }
    return pids
  }

  @Test func theReplicaIsTheProcessThatWasStarted() {
    let scan = ProcessScan(
      entries: [
        entry(10, mark: 1), entry(11, parent: 10, mark: 1), entry(12, start: 101, mark: 1),
      ], reaper: 50)
    #expect(scan.isReplica(1, ProcessIdentity(pid: 10, startTicks: 100)))
    #expect(!scan.isReplica(1, ProcessIdentity(pid: 10, startTicks: 99)))
    #expect(!scan.isReplica(2, ProcessIdentity(pid: 10, startTicks: 100)))
    // Its helpers lead sessions too, but one is its child and the other one began later.
    #expect(scan.leader(of: 1)?.pid == 10)
    #expect(scan.leader(of: 2) == nil)
  }

  @Test func aProgramThatHasOverwrittenItsEnvironmentIsKnownByItsPlace() {
    let scan = ProcessScan(entries: [entry(10), entry(11, parent: 9)], reaper: 50)
    #expect(scan.isReplica(1, ProcessIdentity(pid: 10, startTicks: 100)))
    #expect(!scan.isReplica(1, ProcessIdentity(pid: 11, startTicks: 100)))
  }

  @Test func helpersAreKnownByMarkSessionAndDescent() {
    let entries = [
      entry(10, mark: 1), entry(20, mark: 2),
      entry(11, mark: 1),
      entry(12, session: 10),
      entry(13, parent: 20), entry(14, parent: 13), entry(15, parent: 14),
      entry(60, parent: 1),
    ]
    #expect(
      families(entries, [1: leader(10), 2: leader(20)]) == [1: [11, 12], 2: [13, 14, 15]])
  }

  @Test func aHelperOfADeadReplicaIsKnownByItsGroup() {
    #expect(families([entry(12, session: 10)], [1: leader(10)]) == [1: [12]])
    // Somebody else has the pid now, and with it the group.
    let entries = [entry(10, start: 500), entry(12, start: 501, parent: 10, session: 10)]
    #expect(families(entries, [1: leader(10)], reaper: nil) == [:])
  }

  @Test func aControlGroupTellsWhateverElseAProcessHides() {
    let leaders = [UInt64(1): leader(10), 2: leader(20)]
    let entries = [
      entry(10, mark: 1, member: 1), entry(20, mark: 2, member: 2),
      // It says that it is the other one's, and it has hidden everything.
      entry(11, mark: 2, member: 1), entry(12, parent: 1, member: 2),
      // Its replica is gone, and it has been started anew by nobody.
      entry(13, member: 3),
    ]
    #expect(families(entries, leaders) == [0: [13], 1: [11], 2: [12]])
    let known = [entries[3].identity: UInt64(1)]
    #expect(families(entries, leaders, known: known)[2] == [12])
    let scan = ProcessScan(entries: entries, reaper: 50)
    #expect(scan.isReplica(1, ProcessIdentity(pid: 10, startTicks: 100)))
    #expect(!scan.isReplica(2, ProcessIdentity(pid: 11, startTicks: 100)))
    #expect(scan.leader(of: 2)?.pid == 12 || scan.leader(of: 2)?.pid == 20)
  }

  @Test func whatWasKnownOnceStaysKnown() {
    let bare = entry(12, parent: 50)
    let leaders = [UInt64(1): leader(10), 2: leader(20)]
    let entries = [entry(10, mark: 1), entry(20, mark: 2), bare]
    // Either could have started it.
    #expect(families(entries, leaders) == [:])
    #expect(families(entries, leaders, known: [bare.identity: 2]) == [2: [12]])
    // Its replica is gone, and so is what is marked as that one's.
    #expect(families(entries, [1: leader(10)], known: [bare.identity: 2])[0] == [12, 20])
  }

  @Test func anOrphanIsOfTheReplicaToWhoseLogItWritesOrOfTheOnlyOne() {
    let leaders = [UInt64(1): leader(10), 2: leader(20)]
    let both = [entry(10, mark: 1), entry(20, mark: 2)]
    let writer = entry(12, outputs: ["/dev/null", "/run/logs/a-20.log (deleted)"])
    #expect(families(both + [writer], leaders) == [2: [12]])
    #expect(families([entry(10, mark: 1), entry(12)], [1: leader(10)]) == [1: [12]])
    // It began before that replica.
    #expect(families([entry(10, mark: 1), entry(12, start: 99)], [1: leader(10)]) == [0: [12]])
    // Without a supervisor orphans may be anybody's.
    #expect(families([entry(12)], [1: leader(10)], reaper: nil) == [:])
  }

  @Test func whatAnEarlierReplicaOfTheNumberHasLeftIsAStray() {
    let entries = [entry(10, mark: 1), entry(12, start: 90, mark: 1), entry(13, mark: 3)]
    #expect(families(entries, [1: leader(10)]) == [0: [12, 13]])
  }

  @Test func theSocketsThatAreListenedOnAreRead() {
    let text = """
      Num       RefCount Protocol Flags    Type St Inode Path
      0000000000000000: 00000002 00000000 00010000 0001 01 4711 /run/mesh/replicas/1.sock
      0000000000000000: 00000003 00000000 00000000 0001 03 4712 /run/mesh/replicas/2.sock

      """
    let sockets = ListeningSockets(text: text)
    #expect(!sockets.isHeld("/run/mesh/replicas/2.sock", by: 1))
    #expect(!sockets.isHeld("/run/mesh/replicas/1.sock", by: 1))
  }
}
