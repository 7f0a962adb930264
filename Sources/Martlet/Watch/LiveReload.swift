// `app run --watch`: a program that is built anew takes over from itself.
private import FoundationEssentials
private import MartletCore
internal import MartletNet
private import MartletRPC

/// Builds the app's program when a source file was saved and deploys what came of it, as `martlet deploy`
/// does: new replicas start first, and the old ones serve until those are healthy.
struct LiveReload: Sendable {
  /// How long a build may take: a first one of everything.
  private static let buildLimit = Duration.seconds(3600)

  /// How long the new program may take to say what the app is, and to look at its objects.
  private static let describeLimit = Duration.seconds(90)

  let executable: String
  let rebuild: RebuildCommand
  let process: BuildProcess

  /// Goes on until the task is cancelled. Whatever fails is told, and what served before goes on.
  func follow(_ control: MeshControl, on loop: Loop) async throws {
    let watch = try FolderWatch(below: rebuild.folder, on: loop, counts: RebuildCommand.isSource)
    complain("watching \(rebuild.folder)")
    while await watch.next() {
      do {
        try await roll(control, on: loop)
      } catch {
        complain("error: the version before goes on: \(error)")
      }
    }
  }

  private func roll(_ control: MeshControl, on loop: Loop) async throws {
    complain("building")
    let status = try await process.run(rebuild.words, within: Self.buildLimit, on: loop)
    guard status == 0 else {
      let how = status.map { "ended with status \($0)" } ?? "was killed"
      throw RolloutFailure(description: "the build \(how)")
    }
    let (spec, descriptors) = try await describe(on: loop)
    let response = try await control.deploy(
      appFile: AppFile.yaml(for: spec), descriptorSet: descriptors,
      directory: ThisProgram.currentDirectory())
    guard response.changed else {
      complain("nothing has changed")
      return
    }
    var isTold = false
    try await control.waitUntilRunning(app: spec.name, version: response.version) { status in
      if !isTold { complain(Self.rolling(status, to: response.version)) }
      isTold = true
      for deployment in status.deployments where !deployment.message.isEmpty {
        complain("\(deployment.name): \(deployment.message)")
      }
    }
    complain("\(spec.name) v\(response.version) serves")
  }

  /// Which deployments start anew: those with a replica that version `version` brought. The others' stay.
  private static func rolling(_ status: MeshControl.AppStatus, to version: UInt64) -> String {
    let names = status.deployments.filter { deployment in
      deployment.replicas.contains { $0.revision == version }
    }.map(\.name)
    return names.isEmpty ? "no deployment starts anew" : "rolling \(names.joined(separator: ", "))"
  }

  /// What the app is now: only its new program knows.
  private func describe(on loop: Loop) async throws -> (AppSpec, DescriptorSet) {
    let files = FileManager.default
    let folder = files.temporaryDirectory.appending(path: "martlet-\(UUID().uuidString)")
    try files.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? files.removeItem(at: folder) }
    let file = folder.appending(path: "app.yaml")
    let words = [
      executable, "build", "-o", file.path, "--executable", executable, "--code-versions",
      "--quiet",
    ]
    guard try await process.run(words, within: Self.describeLimit, on: loop) == 0 else {
      throw RolloutFailure(description: "the new program cannot say what the app is")
    }
    var spec = try AppFile.read(
      text: String(decoding: try Data(contentsOf: file), as: UTF8.self), file: "app.yaml"
    ).spec
    let descriptors = try spec.protos.map { name in
      DescriptorSet(bytes: Array(try Data(contentsOf: folder.appending(path: name))))
    }
    // They go along, as in the first deploy of a program that runs itself.
    spec.protos = []
    return (spec, try .merging(descriptors))
  }
}
