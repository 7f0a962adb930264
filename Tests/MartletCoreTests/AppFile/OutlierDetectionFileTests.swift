// `outlier_detection` of an app file: read, written, checked.
import Testing

@testable import MartletCore

@Suite struct OutlierDetectionFileTests {
  private func file(_ line: String) -> String {
    "name: a\ndeployments:\n  - name: b\n    command: [x]\n    \(line)\n"
  }

  @Test func allKeysAreReadAndWritten() throws {
    let text = file(
      """
      outlier_detection:
            consecutive_errors: 9
            codes: [ABORTED, UNAVAILABLE]
            base_ejection_s: 0.5
            max_ejection_percent: 25
      """)
    let spec = try AppFile.read(text: text, file: "a.yaml").spec
    var outliers = OutlierDetectionSpec()
    outliers.consecutiveErrors = 9
    outliers.codes = [.unavailable, .aborted]
    outliers.baseEjection = .milliseconds(500)
    outliers.maxEjectionPercent = 25
    #expect(spec.deployments[0].outlierDetection == outliers)
    let written = AppFile.yaml(for: spec)
    #expect(try AppFile.read(text: written, file: "b.yaml").spec == spec)
    #expect(written.contains("codes: [ABORTED, UNAVAILABLE]"))
  }

  @Test func noCodesAtAllReadBackAsNone() throws {
    var spec = DeploymentSpec(name: "b", command: ["x"])
    spec.outlierDetection.codes = []
    let app = AppSpec(name: "a", deployments: [spec], routes: [])
    #expect(try AppFile.read(text: AppFile.yaml(for: app), file: "a.yaml").spec == app)
  }

  @Test func defaultsAreLeftOut() {
    let app = AppSpec(
      name: "a", deployments: [DeploymentSpec(name: "b", command: ["x"])], routes: [])
    #expect(!AppFile.yaml(for: app).contains("outlier"))
  }

  @Test(arguments: [
    ("{consecutive_error: 3}", "unknown key; did you mean consecutive_errors?"),
    ("{consecutive_errors: 0}", "0 is out of range; allowed: 1 to 10000"),
    ("{codes: [UNAVAILBLE]}", "UNAVAILBLE is no gRPC status; did you mean UNAVAILABLE?"),
    ("{codes: [503]}", "expected a string"),
    ("{codes: INTERNAL}", "expected a list of statuses"),
    ("{codes: [OK]}", "OK is no gRPC status"),
    ("{base_ejection_s: 0}", "allowed: more than 0 to"),
    ("{max_ejection_percent: 101}", "101 is out of range; allowed: 0 to 100"),
    ("5", "expected a mapping"),
  ])
  func mistakesAreNamed(value: String, message: String) {
    let error = #expect(throws: AppFileError.self) {
      try AppFile.read(text: file("outlier_detection: \(value)"), file: "a.yaml")
    }
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }
}
