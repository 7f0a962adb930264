// Shares of CPUs and GPUs to four decimal places.

import MartletCore
import MartletScaling
import Testing

@Suite struct FinerSharesTests {
  @Test func sixteenReplicasShareOneDevice() {
    var packer = ResourcePacker(MachineCapacity(milliCPUs: 1000, gpus: 1, memoryBytes: 1 << 30))
    let sixteenth = Resources(cpuUnits: 625, gpuUnits: 625)
    for number in 0..<16 {
      guard case .placed(let placement) = packer.place(UInt64(number), sixteenth) else {
        Issue.record("\(number) does not fit")
        return
      }
      #expect(placement.visibleDevices == "0")
    }
    #expect((packer.takenMilliCPUs, packer.takenMilliGPUs) == (1000, 1000))
    guard case .missing(let what) = packer.place(16, Resources(cpuUnits: 1, gpuUnits: 1)) else {
      Issue.record("one more fits")
      return
    }
    #expect(what == "0.0001 CPUs (0 of 1 free), 0.0001 GPUs (free: 0 of 1)")
  }
}
