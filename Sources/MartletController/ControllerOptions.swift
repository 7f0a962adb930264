// What a controller is told when it starts.
package import MartletCore
package import MartletScaling

/// How to run a mesh's controller.
package struct ControllerOptions: Sendable {
  package var runDirectory: RunDirectory

  /// Serves the control API here too, for routers and replicas of other containers; nil for the
  /// socket in the run directory alone.
  package var listen: Endpoint?

  /// What is taken there and spoken with replicas at TCP addresses. Replicas that are started get it, too.
  package var mesh = MeshSecurity()

  /// What replicas are told of the largest message; nil for nothing.
  package var messageLimit: MessageLimit?

  /// What replicas are told of the memory for messages; nil for nothing.
  package var messageMemory: MessageMemoryLimit?

  /// Cores to share out, in thousandths; nil for what the process may use.
  package var milliCPUs: Int?

  /// Devices to share out; nil for what the machine has.
  package var gpus: Int?

  /// Takes the place of the app files' own launcher.
  package var launcher: AppSpec.Launcher?

  /// Deployed when the controller starts. A mistake in one of them ends it.
  package var apps: [AppSource] = []

  /// When this process is gone, all replicas are stopped and the controller ends.
  package var supervisorPID: Int32?

  /// Where the supervisor looks for signs of life; nil where none does.
  package var heartbeat: Int32?

  package var fleet = FleetLimits()

  package init(runDirectory: RunDirectory) {
    self.runDirectory = runDirectory
  }

  /// What a replica is told of the largest message: its deployment's, within the mesh's.
  package func maxMessageBytes(of spec: DeploymentSpec) -> Int {
    let most = messageLimit?.bytes ?? Limits().maxMessageBytes
    return min(spec.maxMessageBytes ?? most, most)
  }
}

/// What somebody says that there is to share out; nil for what the machine has.
package struct GivenCapacity: Sendable, Hashable {
  /// CPUs or GPUs of one machine at most: beyond any there is, and far from where counting ends.
  package static let most = 100_000

  package let milliCPUs: Int?
  package let gpus: Int?

  /// - Throws: what is wrong with the value of `--cpus` or `--gpus`.
  package init(cpus: Double?, gpus: Double?) throws(InvalidCapacity) {
    if let cpus, !(cpus >= 0.001 && cpus <= Double(Self.most)) {
      throw InvalidCapacity("--cpus takes a number from 0.001 to \(Self.most)")
    }
    if let gpus, !(gpus >= 0 && gpus <= Double(Self.most) && gpus.rounded() == gpus) {
      throw InvalidCapacity("--gpus takes a whole number from 0 to \(Self.most)")
    }
    milliCPUs = cpus.map { Int(($0 * 1000).rounded()) }
    self.gpus = gpus.map { Int($0) }
  }
}

/// Why a capacity cannot be.
package struct InvalidCapacity: Error, Sendable, Hashable, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// An app as it is deployed.
package struct AppSource: Sendable, Hashable {
  /// YAML or JSON.
  package var appFile: String
  /// A google.protobuf.FileDescriptorSet with all imports; empty for an app without types.
  package var descriptorSet: [UInt8]
  /// Where replicas start and relative programs are looked for. Absolute.
  package var directory: String
  /// How messages call the file.
  package var fileName: String

  /// How messages call a file whose name nobody told; whoever sent it can put its name there.
  package static let unnamedFile = "app file"

  package init(
    appFile: String, descriptorSet: [UInt8], directory: String,
    fileName: String = AppSource.unnamedFile
  ) {
    self.appFile = appFile
    self.descriptorSet = descriptorSet
    self.directory = directory
    self.fileName = fileName
  }
}

/// Why a controller cannot run.
package struct ControllerError: Error, Sendable, Hashable, CustomStringConvertible {
  package let description: String

  /// The exit status of the process (sysexits.h): 78 where every further start would fail as well.
  package let exitCode: Int32

  package init(_ description: String, exitCode: Int32 = 1) {
    self.description = description
    self.exitCode = exitCode
  }
}
