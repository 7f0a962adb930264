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
  package var cpuUnits: Int
  package var memoryBytes: Int64

  /// Shares by device index, in the order of `CUDA_VISIBLE_DEVICES`.
  package var gpus: [GPUShare]

  package struct GPUShare: Sendable, Hashable {
    package var device: Int
    package var units: Int

    package init(device: Int, units: Int) {
      self.device = device
      self.units = units
    }
  }

  package init(cpuUnits: Int, memoryBytes: Int64, gpus: [GPUShare] = []) {
    self.cpuUnits = cpuUnits
    self.memoryBytes = memoryBytes
    self.gpus = gpus
  }

  /// The same in thousandths.
  package init(milliCPUs: Int, memoryBytes: Int64, gpus: [GPUShare] = []) {
    self.init(cpuUnits: milliCPUs * unitsPerMilli, memoryBytes: memoryBytes, gpus: gpus)
  }

  /// The value of `CUDA_VISIBLE_DEVICES`; nil when the replica got no GPU.
  package var visibleDevices: String? {
    gpus.isEmpty ? nil : gpus.map { String($0.device) }.joined(separator: ",")
  }
}

/// Shares out one machine. Shares are promises among replicas, kept in
/// `Resources.unitsPerWhole`; nothing is enforced by the kernel.
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
    let allCPUs = capacity.milliCPUs * unitsPerMilli
    let freeCPUs = allCPUs - taken.reduce(0) { $0 + $1.cpuUnits }
    let freeMemory = capacity.memoryBytes - taken.reduce(0) { $0 + $1.memoryBytes }
    var missing: [String] = []
    if resources.cpuUnits > 0, resources.cpuUnits > freeCPUs {
      missing.append(
        "\(decimal(resources.cpuUnits)) CPUs (\(decimal(max(0, freeCPUs))) of "
          + "\(decimal(allCPUs)) free)")
    }
    if resources.memoryBytes > 0, resources.memoryBytes > freeMemory {
      missing.append(
        "\(resources.memoryBytes >> 20) MiB of memory (\(max(0, freeMemory) >> 20) MiB of "
          + "\(capacity.memoryBytes >> 20) MiB free)")
    }
    let gpus = shares(for: resources.gpuUnits, taken: Array(taken))
    if gpus == nil { missing.append(missingGPUs(resources.gpuUnits, taken: Array(taken))) }
    guard missing.isEmpty, let gpus else { return .missing(missing.joined(separator: ", ")) }
    let placement = Placement(
      cpuUnits: resources.cpuUnits, memoryBytes: resources.memoryBytes, gpus: gpus)
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

  /// In thousandths, a part of one counted whole.
  package var takenMilliCPUs: Int {
    let units = placements.values.reduce(0) { $0 + $1.cpuUnits }
    return (units + unitsPerMilli - 1) / unitsPerMilli
  }

  package var takenMilliGPUs: Int {
    let units = placements.values.reduce(0) { $0 + $1.gpus.reduce(0) { $0 + $1.units } }
    return (units + unitsPerMilli - 1) / unitsPerMilli
  }

  private func free(_ taken: [Placement]) -> [Int] {
    var free = Array(repeating: Resources.unitsPerWhole, count: capacity.gpus)
    for share in taken.flatMap(\.gpus) where free.indices.contains(share.device) {
      free[share.device] -= share.units
    }
    return free
  }

  /// Whole devices first, then the fraction on the fullest device that still has room (best fit, so
  /// that whole devices stay whole). Nil when there is not enough.
  private func shares(for units: Int, taken: [Placement]) -> [Placement.GPUShare]? {
    let whole = Resources.unitsPerWhole
    var free = free(taken)
    var shares: [Placement.GPUShare] = []
    for _ in 0..<(units / whole) {
      guard let device = free.firstIndex(where: { $0 >= whole }) else { return nil }
      free[device] = 0
      shares.append(Placement.GPUShare(device: device, units: whole))
    }
    let fraction = units % whole
    guard fraction > 0 else { return shares }
    let fitting = free.indices.filter { free[$0] >= fraction }
    guard let device = fitting.min(by: { (free[$0], $0) < (free[$1], $1) }) else { return nil }
    shares.append(Placement.GPUShare(device: device, units: fraction))
    return shares
  }

  private func missingGPUs(_ units: Int, taken: [Placement]) -> String {
    guard capacity.gpus > 0 else { return "\(decimal(units)) GPUs (the machine has none)" }
    let free = free(taken).map { decimal(max(0, $0)) }.joined(separator: " + ")
    return "\(decimal(units)) GPUs (free: \(free) of \(capacity.gpus))"
  }
}

/// Machines have thousandths of CPUs, shares are finer.
private let unitsPerMilli = Resources.unitsPerWhole / 1000

/// `12500` units as `1.25`, without trailing zeros.
private func decimal(_ units: Int) -> String {
  let one = Resources.unitsPerWhole
  let whole = String(units / one)
  guard units % one != 0 else { return whole }
  var fraction = String(units % one)
  fraction = String(repeating: "0", count: 4 - fraction.count) + fraction
  while fraction.hasSuffix("0") { fraction.removeLast() }
  return "\(whole).\(fraction)"
}
