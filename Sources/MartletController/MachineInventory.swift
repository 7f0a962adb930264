// What this machine has for replicas to share.
internal import Glibc
internal import MartletScaling

/// Reads the capacity of the machine as far as this process may use it.
enum MachineInventory {
  /// Everything that was not told is found out.
  static func capacity(milliCPUs: Int?, gpus: Int) -> MachineCapacity {
    MachineCapacity(
      milliCPUs: milliCPUs ?? usableMilliCPUs(), gpus: gpus, memoryBytes: usableMemory())
  }

  /// Cores that the process may run on (its affinity), cut to its cgroup's quota.
  static func usableMilliCPUs() -> Int {
    let status = TextFile.read("/proc/self/status") ?? ""
    let list = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    let cores = list.map { coreCount(String($0.dropFirst("Cpus_allowed_list:".count))) } ?? 1
    return min(max(1, cores) * 1000, cgroupMilliCPUs() ?? .max)
  }

  /// `0-3,8` is five.
  static func coreCount(_ list: String) -> Int {
    list.split(separator: ",").reduce(0) { count, range in
      let ends = range.split(separator: "-").compactMap { Int($0.filter(\.isNumber)) }
      guard let first = ends.first, let last = ends.last, last >= first else { return count }
      return count + last - first + 1
    }
  }

  /// cgroup v2's `cpu.max` (`QUOTA PERIOD`), or v1's two files.
  private static func cgroupMilliCPUs() -> Int? {
    if let text = TextFile.read("/sys/fs/cgroup/cpu.max") {
      let parts = text.split(whereSeparator: \.isWhitespace).map { Int($0) }
      guard parts.count == 2, let quota = parts[0], let period = parts[1], period > 0 else {
        return nil
      }
      return max(1, quota * 1000 / period)
    }
    guard let quota = TextFile.number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), quota > 0,
      let period = TextFile.number("/sys/fs/cgroup/cpu/cpu.cfs_period_us"), period > 0
    else { return nil }
    return max(1, quota * 1000 / period)
  }

  /// The devices to share out, by the names that `CUDA_VISIBLE_DEVICES` takes. Where this process itself was given
  /// some, they are all there are: indices, UUIDs or names of MIG devices.
  ///
  /// - Parameter wanted: how many somebody says that there are; nil for all.
  static func gpus(_ wanted: Int?, inherited: String?) -> [String] {
    guard let inherited else { return (0..<(wanted ?? gpuCount())).map(String.init) }
    var names: [String] = []
    for name in inherited.split(separator: ",", omittingEmptySubsequences: false) {
      let name = String(name.filter { !$0.isWhitespace })
      // CUDA looks no further than the first name that is none, such as -1.
      guard !name.isEmpty, !name.hasPrefix("-"), name != "NoDevFiles" else { break }
      if !names.contains(name) { names.append(name) }
    }
    return Array(names.prefix(wanted ?? .max))
  }

  /// Devices named `/dev/nvidia0`, `/dev/nvidia1`, …
  static func gpuCount() -> Int {
    TextFile.names(in: "/dev").count { name in
      name.hasPrefix("nvidia") && Int(name.dropFirst("nvidia".count)) != nil
    }
  }

  private static func usableMemory() -> Int64 {
    let lines = (TextFile.read("/proc/meminfo") ?? "").split(separator: "\n")
    let total = lines.first { $0.hasPrefix("MemTotal:") }
      .flatMap { Int64($0.filter(\.isNumber)) }.map { $0 << 10 }
    let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
      .compactMap { TextFile.number($0) }.map { Int64($0) }
    return ([total].compactMap { $0 } + limits).min() ?? .max
  }
}
