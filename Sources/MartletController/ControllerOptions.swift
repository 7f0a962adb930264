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

  package var fleet = FleetLimits()

  package init(runDirectory: RunDirectory) {
    self.runDirectory = runDirectory
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

  package init(
    appFile: String, descriptorSet: [UInt8], directory: String, fileName: String = "app file"
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

  package init(_ description: String) {
    self.description = description
  }
}
