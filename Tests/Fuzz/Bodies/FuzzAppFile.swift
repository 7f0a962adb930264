// App files, as somebody wrote them.

import MartletCore

/// An app that can be read is written as a file that reads as the same app; one that cannot says
/// where in the file and why.
func fuzzAppFile(_ bytes: UnsafeRawBufferPointer) throws(BrokenClaim) {
  let text = String(decoding: bytes, as: UTF8.self)
  let appFile: AppFile
  do throws(AppFileError) {
    appFile = try AppFile.read(text: text, file: "fuzz.yaml")
  } catch {
    try claim(!error.problems.isEmpty, "it is refused without a reason")
    let lines = text.unicodeScalars.count + 1
    for problem in error.problems {
      try claim(!problem.problem.message.isEmpty, "a problem says nothing")
      try claim(
        (1...lines).contains(problem.mark.line) && problem.mark.column >= 1,
        "a problem is at \(problem.mark)")
    }
    return
  }
  // Yams drops a byte order mark at the start of a string (see `AppFile.yaml`).
  guard !text.unicodeScalars.contains("\u{FEFF}"), !text.contains("\\u") else { return }
  try fuzzWriting(appFile.spec)
}

private func fuzzWriting(_ spec: AppSpec) throws(BrokenClaim) {
  let written = AppFile.yaml(for: spec)
  let again: AppFile
  do throws(AppFileError) {
    again = try AppFile.read(text: written, file: "written.yaml")
  } catch {
    throw BrokenClaim("what was written is refused, \(error):\n\(written)")
  }
  try claim(again.spec == spec, "\(spec) reads back as \(again.spec) from\n\(written)")
}
