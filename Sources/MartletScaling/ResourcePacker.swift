// What the machine has, what its replicas hold of it, and where one more fits.

package import MartletCore

/// What replicas may share out among themselves.
package struct MachineCapacity: Sendable, Hashable {
  package var milliCPUs: Int
  package var gpus: Int
  package var memoryBytes: Int64

  package init(milliCPUs: Int, gpus: Int, memoryBytes: Int64) {
    self.milliCPUs = milliCPUs
    self.gpus = gpus
    self.memoryBytes = memoryBytes
  }
}

/// What one replica holds. A fraction of a GPU is on one device; whole GPUs are devices of its own.
package struct Placement: Sendable, Hashable {
  package var milliCPUs: Int
  package var memoryBytes: Int64

  /// Thousandths by device index, in the order of `CUDA_VISIBLE_DEVICES`.
  package var gpus: [GPUShare]

  package struct GPUShare: Sendable, Hashable {
    package var device: Int
    package var milli: Int

    package init(device: Int, milli: Int) {
      self.device = device
      self.milli = milli
    }
  }

  package init(milliCPUs: Int, memoryBytes: Int64, gpus: [GPUShare] = []) {
    self.milliCPUs = milliCPUs
    self.memoryBytes = memoryBytes
    self.gpus = gpus
  }

  /// The value of `CUDA_VISIBLE_DEVICES`; nil when the replica got no GPU.
  package var visibleDevices: String? {
    gpus.isEmpty ? nil : gpus.map { String($0.device) }.joined(separator: ",")
  }
}

/// Shares out one machine. Shares are promises among replicas, kept in thousandths; nothing is
/// enforced by the kernel.
package struct ResourcePacker: Sendable, Equatable {
  package enum Outcome: Sendable, Equatable {
    case placed(Placement)
    /// Does not fit now; says what is missing, such as `1.5 CPUs (0.25 of 2 free)`.
    case missing(String)
  }

  package let capacity: MachineCapacity
  package private(set) var placements: [UInt64: Placement] = [:]

  package init(_ capacity: MachineCapacity) {
    self.capacity = capacity
  }

  /// Finds room for `resources` and takes it for replica `number`.
  ///
  /// - Parameter borrowing: replicas whose shares count as free, since the new replica is about to
  ///   replace them: an update starts the new ones before the old ones go, and must not wait for room
  ///   that only their end can make.
  package mutating func place(
    _ number: UInt64, _ resources: Resources, borrowing: Set<UInt64> = []
  ) -> Outcome {
    let taken = placements.filter { !borrowing.contains($0.key) }.values
    let freeCPUs = capacity.milliCPUs - taken.reduce(0) { $0 + $1.milliCPUs }
    let freeMemory = capacity.memoryBytes - taken.reduce(0) { $0 + $1.memoryBytes }
    var missing: [String] = []
    if resources.milliCPUs > 0, resources.milliCPUs > freeCPUs {
      missing.append(
        "\(thousandths(resources.milliCPUs)) CPUs (\(thousandths(max(0, freeCPUs))) of "
          + "\(thousandths(capacity.milliCPUs)) free)")
    }
    if resources.memoryBytes > 0, resources.memoryBytes > freeMemory {
      missing.append(
        "\(resources.memoryBytes >> 20) MiB of memory (\(max(0, freeMemory) >> 20) MiB of "
          + "\(capacity.memoryBytes >> 20) MiB free)")
    }
    let gpus = shares(for: resources.milliGPUs, taken: Array(taken))
    if gpus == nil { missing.append(missingGPUs(resources.milliGPUs, taken: Array(taken))) }
    guard missing.isEmpty, let gpus else { return .missing(missing.joined(separator: ", ")) }
    let placement = Placement(
      milliCPUs: resources.milliCPUs, memoryBytes: resources.memoryBytes, gpus: gpus)
    placements[number] = placement
    return .placed(placement)
  }

  /// A replica that already runs holds this.
  package mutating func adopt(_ number: UInt64, _ placement: Placement) {
    placements[number] = placement
  }

  /// Gives back what `number` held.
  package mutating func release(_ number: UInt64) {
    placements[number] = nil
  }

  package var takenMilliCPUs: Int { placements.values.reduce(0) { $0 + $1.milliCPUs } }

  package var takenMilliGPUs: Int {
    placements.values.reduce(0) { $0 + $1.gpus.reduce(0) { $0 + $1.milli } }
  }

  private func freeMilli(_ taken: [Placement]) -> [Int] {
    var free = Array(repeating: 1000, count: capacity.gpus)
    for share in taken.flatMap(\.gpus) where free.indices.contains(share.device) {
      free[share.device] -= share.milli
    }
    return free
  }

  /// Whole devices first, then the fraction on the fullest device that still has room (best fit, so
  /// that whole devices stay whole). Nil when there is not enough.
  private func shares(for milli: Int, taken: [Placement]) -> [Placement.GPUShare]? {
    var free = freeMilli(taken)
    var shares: [Placement.GPUShare] = []
    for _ in 0..<(milli / 1000) {
      guard let device = free.firstIndex(where: { $0 >= 1000 }) else { return nil }
      free[device] = 0
      shares.append(Placement.GPUShare(device: device, milli: 1000))
    }
    let fraction = milli % 1000
    guard fraction > 0 else { return shares }
    let fitting = free.indices.filter { free[$0] >= fraction }
    guard let device = fitting.min(by: { (free[$0], $0) < (free[$1], $1) }) else { return nil }
    shares.append(Placement.GPUShare(device: device, milli: fraction))
    return shares
  }

  private func missingGPUs(_ milli: Int, taken: [Placement]) -> String {
    guard capacity.gpus > 0 else { return "\(thousandths(milli)) GPUs (the machine has none)" }
    let free = freeMilli(taken).map { thousandths(max(0, $0)) }.joined(separator: " + ")
    return "\(thousandths(milli)) GPUs (free: \(free) of \(capacity.gpus))"
  }
}

/// `1250` as `1.25`, without trailing zeros.
private func thousandths(_ milli: Int) -> String {
  let whole = String(milli / 1000)
  guard milli % 1000 != 0 else { return whole }
  var fraction = String(milli % 1000)
  fraction = String(repeating: "0", count: 3 - fraction.count) + fraction
  while fraction.hasSuffix("0") { fraction.removeLast() }
  return "\(whole).\(fraction)"
}
