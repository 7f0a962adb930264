// `martlet events`: what has happened in a mesh.

internal import ArgumentParser
private import MartletCore
internal import MartletRPC
internal import SwiftProtobuf

struct EventsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Show what has happened, the newest last.")

  /// As many as a controller keeps.
  private static let mostEvents: UInt32 = 1000

  private static let pause = Duration.milliseconds(200)

  @Flag(name: .shortAndLong, help: "Go on with what happens from now on.")
  var follow = false

  @Option(name: [.customShort("n"), .long], help: "How many events, at most 1000.")
  var limit: UInt32 = 100

  @Option(name: .shortAndLong, help: "table, json or yaml.")
  var output = OutputFormat.table

  @OptionGroup var options: MeshOptions

  func validate() throws {
    guard (1...Self.mostEvents).contains(limit) else {
      throw ValidationError("--limit takes 1 to \(Self.mostEvents)")
    }
  }

  func run() throws {
    let mesh = try Mesh(try options.runDirectory())
    var request = Martlet_Control_V1_ListEventsRequest.with { $0.limit = limit }
    var asked = request
    var answer = try mesh.ask { [asked] in
      try await $0.listEvents(asked, timeout: Mesh.answerTimeout)
    }
    Terminal.print(try output.text(of: answer) { Self.table(answer.events, header: true) })
    while follow {
      request.afterID = answer.events.last?.id ?? request.afterID
      asked = request
      answer = try mesh.ask { [asked] in
        try await Task.sleep(for: Self.pause)
        return try await $0.listEvents(asked, timeout: Mesh.answerTimeout)
      }
      guard !answer.events.isEmpty else { continue }
      Terminal.print(try output.text(of: answer) { Self.table(answer.events, header: false) })
    }
  }

  static func table(_ events: [Martlet_Control_V1_Event], header: Bool) -> String {
    var table = Table(["TIME", "REASON", "APP", "DEPLOYMENT", "MESSAGE"])
    if !header { table.rows = [] }
    for event in events {
      table.add(
        Wording.clock(unixMilliseconds: event.unixMs), event.reason,
        event.app.isEmpty ? "-" : event.app,
        event.deployment.isEmpty ? "-" : event.deployment, event.message)
    }
    // A message may go on with the last lines of a log.
    var lines = table.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for (index, event) in events.enumerated().reversed() {
      let more = event.message.split(separator: "\n").dropFirst().map { String($0).printable }
      lines.insert(contentsOf: more.map { "    \($0)" }, at: index + (header ? 2 : 1))
    }
    return lines.joined(separator: "\n")
  }
}
