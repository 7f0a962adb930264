// One look at all processes: which belong to which replica of this mesh.
internal import CLinux
internal import Glibc
internal import MartletCore

/// Every process that might have been started as, or by, a replica: those of other sessions than the
/// controller's own, since each replica begins a session.
struct ProcessScan: Sendable {
  struct Entry: Sendable, Hashable {
    var identity: ProcessIdentity
    var parent: Int32
    var group: Int32
    var session: Int32
    /// The number of a replica, by the environment; nil where that says none, or is another user's.
    var mark: UInt64?
    /// The number of the replica in whose control group it is; nil where it is in none.
    var member: UInt64?
    /// Where its output goes, for a process that nobody's child is any more.
    var outputs: [String] = []
  }

  /// What belongs to whom.
  struct Families: Sendable, Equatable {
    /// What a replica started, itself excepted.
    var helpers: [UInt64: [Entry]] = [:]
    /// Processes of replicas that are gone.
    var strays: [Entry] = []
  }

  /// What is known of a replica when its processes are looked for.
  struct Leader: Sendable, Hashable {
    var identity: ProcessIdentity
    var logPath: String
  }

  private(set) var entries: [Int32: Entry] = [:]

  /// The mesh's supervisor, to which orphans fall; nil where it is not known.
  var reaper: Int32?

  init(entries: [Entry], reaper: Int32?) {
    self.entries = Dictionary(entries.map { ($0.identity.pid, $0) }) { first, _ in first }
    self.reaper = reaper
  }

  /// Looks at /proc, and at the control groups where there are some.
  init(of directory: RunDirectory, reaper: Int32?, groups: ControlGroups? = nil) {
    self.reaper = reaper
    let members = groups?.members() ?? [:]
    let user = geteuid()
    let session = getsid(0)
    for name in TextFile.names(in: "/proc") {
      guard let pid = Int32(name), let process = ProcessStat(pid), process.session != session,
        process.state != "Z", process.state != "X"
      else { continue }
      var entry = Entry(
        identity: ProcessIdentity(pid: pid, startTicks: process.startTicks),
        parent: process.parent, group: process.processGroup, session: process.session)
      entry.member = members[pid]
      // Another user's process could say anything of itself.
      var status = stat()
      if stat("/proc/\(pid)", &status) == 0, status.st_uid == user {
        entry.mark = Self.mark(of: pid, in: directory)
        if entry.mark == nil, process.parent == reaper || process.parent == 1 {
          entry.outputs = [1, 2].compactMap { TextFile.link("/proc/\(pid)/fd/\($0)") }
        }
      }
      entries[pid] = entry
    }
  }

  /// The number in the names of a replica's own files, which its environment has.
  private static func mark(of pid: Int32, in directory: RunDirectory) -> UInt64? {
    guard let environment = TextFile.bytes("/proc/\(pid)/environ") else { return nil }
    let listens = Array("\(ReplicaVariable.listen)=unix:\(directory.replicas)/".utf8)
    let config = Array("\(ReplicaVariable.config)=\(directory.configurations)/".utf8)
    for entry in environment.split(separator: 0) {
      for (start, end) in [(listens, ".sock"), (config, ".json")] where entry.starts(with: start) {
        let rest = String(decoding: entry.dropFirst(start.count), as: UTF8.self)
        if rest.hasSuffix(end), let number = UInt64(rest.dropLast(end.utf8.count)) { return number }
      }
    }
    return nil
  }

  // MARK: Replicas

  /// Whether `identity` still is replica `number`: a pid and a start time could come together again after a
  /// reboot, so its environment has to say the same or, where the program has overwritten that, its place
  /// among the processes.
  func isReplica(_ number: UInt64, _ identity: ProcessIdentity) -> Bool {
    guard let entry = entries[identity.pid], entry.identity == identity else { return false }
    if let member = entry.member { return member == number }
    guard entry.mark == nil else { return entry.mark == number }
    let isOrphan = entry.parent == 1 || entry.parent == reaper || entry.parent == getppid()
    return entry.session == identity.pid && isOrphan
  }

  /// The process that was started as replica `number` when nobody had time to record its pid: it leads a session
  /// and is no child of its own helpers.
  func leader(of number: UInt64) -> ProcessIdentity? {
    entries.values.filter { entry in
      let parent = entries[entry.parent]
      return (entry.member ?? entry.mark) == number && entry.session == entry.identity.pid
        && (parent?.member ?? parent?.mark) != number
    }.map(\.identity).min { ($0.startTicks, $0.pid) < ($1.startTicks, $1.pid) }
  }

  // MARK: Helpers

  /// Tells which process belongs to which replica: by its control group, by its environment, by session and group,
  /// by descent, by what an earlier scan told, by the log that it writes to. An orphan without any of these is
  /// the only replica's that was there when it began; when none of those is left, it is a stray.
  ///
  /// - Parameter known: helpers that an earlier scan told.
  func families(
    of leaders: [UInt64: Leader], known: [ProcessIdentity: UInt64] = [:]
  ) -> Families {
    var search = FamilySearch(scan: self, leaders: leaders, known: known)
    var families = Families()
    let leading = Set(leaders.values.map(\.identity))
    for pid in entries.keys.sorted() {
      guard let entry = entries[pid], !leading.contains(entry.identity) else { continue }
      switch search.owner(of: pid) {
      case .replica(let number): families.helpers[number, default: []].append(entry)
      case .gone: families.strays.append(entry)
      case .nobody: break
      }
    }
    return families
  }
}

/// Finds the owners of one scan's processes, each once.
private struct FamilySearch {
  enum Owner: Hashable {
    case replica(UInt64)
    /// A replica that is no more.
    case gone
    case nobody
  }

  private let scan: ProcessScan
  private let leaders: [UInt64: ProcessScan.Leader]
  private let known: [ProcessIdentity: UInt64]
  /// Leaders by pid, as far as the pid still means them.
  private var numbers: [Int32: UInt64] = [:]
  private var owners: [Int32: Owner] = [:]

  init(
    scan: ProcessScan, leaders: [UInt64: ProcessScan.Leader], known: [ProcessIdentity: UInt64]
  ) {
    self.scan = scan
    self.leaders = leaders
    self.known = known
    for (number, leader) in leaders {
      let there = scan.entries[leader.identity.pid]
      guard there == nil || there?.identity == leader.identity else { continue }
      numbers[leader.identity.pid] = number
    }
  }

  mutating func owner(of pid: Int32) -> Owner {
    // A loop, not recursion: how long chains of parents are is the programs' to say.
    var chain: [Int32] = []
    var found = Owner.nobody
    var next = pid
    while let entry = scan.entries[next] {
      if let owner = owners[next] ?? direct(entry) {
        found = owner
        break
      }
      // Parents that are each other's cannot be, but this is read while it changes.
      guard !chain.contains(next) else { break }
      chain.append(next)
      next = entry.parent
    }
    if found == .nobody, let last = chain.last.flatMap({ scan.entries[$0] }) {
      found = ofOrphan(last)
    }
    for pid in chain { owners[pid] = found }
    owners[pid] = found
    return found
  }

  /// What a process itself tells; nil when its parent has to be asked.
  private func direct(_ entry: ProcessScan.Entry) -> Owner? {
    if let number = numbers[entry.identity.pid] { return .replica(number) }
    // Nothing that it does takes a process out of its control group, and nobody else gets in.
    if let number = entry.member { return leaders[number] == nil ? .gone : .replica(number) }
    if let number = known[entry.identity] {
      return leaders[number] == nil ? .gone : .replica(number)
    }
    if let mark = entry.mark {
      // What began before the replica of that number is of one before it.
      return leaders[mark].map { began(entry, after: $0) ? .replica(mark) : .gone } ?? .gone
    }
    for pid in [entry.session, entry.group] {
      if let number = numbers[pid], let leader = leaders[number], began(entry, after: leader) {
        return .replica(number)
      }
    }
    return nil
  }

  private func ofOrphan(_ entry: ProcessScan.Entry) -> Owner {
    for (number, leader) in leaders where began(entry, after: leader) {
      let names = [leader.logPath, "\(leader.logPath) (deleted)"]
      if entry.outputs.contains(where: names.contains) { return .replica(number) }
    }
    guard let reaper = scan.reaper, entry.parent == reaper else { return .nobody }
    // Nobody else's orphans fall to the supervisor.
    let possible = leaders.filter { began(entry, after: $0.value) }
    if possible.isEmpty { return .gone }
    return possible.count == 1 ? possible.first.map { .replica($0.key) } ?? .nobody : .nobody
  }

  private func began(_ entry: ProcessScan.Entry, after leader: ProcessScan.Leader) -> Bool {
    entry.identity.startTicks >= leader.identity.startTicks
  }
}
