// Facts about what `status` and `ps` print.

import MartletRPC
import SwiftProtobuf
import Testing

@testable import MartletCLI

@Suite struct StatusTextTests {
  private var answer: StatusAnswer {
    .with { answer in
      answer.apps = [
        .with { app in
          app.name = "digits"
          app.version = 2
          app.state = .deployFailed
          app.launcher = "process"
          app.message = "v2 was rolled back: expert#7 exited with status 3\nno such file w.bin"
          app.deployments = [
            .with { deployment in
              deployment.name = "expert"
              deployment.state = .healthy
              deployment.desiredReplicas = 2
              deployment.replicas = [
                .with {
                  $0.number = 4
                  $0.state = .running
                  $0.pid = 77
                },
                .with {
                  $0.number = 5
                  $0.state = .pending
                  $0.message = "needs 1 GPU, 0 are free"
                },
              ]
            }
          ]
        }
      ]
      answer.routers = [.with { $0.name = "router-0" }]
      answer.machine = .with {
        $0.milliCpus = 2000
        $0.milliCpusTaken = 300
      }
    }
  }

  @Test func statusShowsStatesCountsAndReasons() {
    let lines = StatusText(answer: answer).text.split(separator: "\n").map(String.init)
    #expect(lines[1].hasPrefix("digits  DEPLOY_FAILED  v2       process"))
    #expect(lines[3] == "expert      HEALTHY  1 RUNNING, 1 PENDING  2       0        0")
    #expect(
      lines[4...] == [
        "digits: v2 was rolled back: expert#7 exited with status 3", "  no such file w.bin",
        "expert#5: needs 1 GPU, 0 are free",
        "0.3 of 2 CPUs and 0 of 0 GPUs taken; routers: router-0",
      ])
  }

  @Test func psShowsEveryReplica() {
    let lines = StatusText(answer: answer).processes.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[1].hasPrefix("expert#4  digits  RUNNING  77"))
    #expect(lines[2].hasSuffix("needs 1 GPU, 0 are free"))
  }

  @Test func formatsAreOfTheSameAnswer() throws {
    #expect(
      try OutputFormat.yaml.text(of: answer) { "" }.contains("state: APP_STATE_DEPLOY_FAILED"))
    #expect(try OutputFormat.json.text(of: answer) { "" }.hasPrefix("{\"apps\":[{"))
    #expect(try OutputFormat.table.text(of: answer) { "table" } == "table")
  }
}
