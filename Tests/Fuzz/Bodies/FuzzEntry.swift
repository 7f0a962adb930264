// Where libFuzzer calls in.

import Foundation

/// `MARTLET_FUZZ_TARGET` says which target the process fuzzes.
private let target: FuzzTarget = {
  let name = ProcessInfo.processInfo.environment["MARTLET_FUZZ_TARGET"] ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    fatalError("MARTLET_FUZZ_TARGET is \"\(name)\"; it must be one of \(names)")
  }
  return target
}()

/// libFuzzer's entry (LLVM, "libFuzzer"): one input, and 0. A broken claim ends the process, which
/// is how libFuzzer learns of it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    try target.run(UnsafeRawBufferPointer(start: start, count: count))
  } catch {
    fatalError("broken claim: \(error)")
  }
  return 0
}
