// What a supervisor is told, and its spelling as arguments of the `supervisor` command.

package import MartletCore

/// How to run one mesh on this machine.
package struct SupervisorOptions: Sendable, Hashable {
  /// Routers that one supervisor starts at most: more than cores are of no use.
  package static let maxRouters = 64

  package var runDirectory: RunDirectory

  /// Where the routers serve clients; port 0 takes a free one.
  package var listen: Endpoint

  /// What the routers take there.
  package var security: PortSecurity

  /// The times that they keep with clients.
  package var times: PortTimes

  /// What the mesh's processes speak with each other, passed on to all of them.
  package var mesh: MeshSecurity

  /// The largest message of the mesh, passed on to all of them; nil for what the environment says.
  package var messageLimit: MessageLimit?

  /// The memory that each process has for messages; nil for a share of the machine's.
  package var messageMemory: MessageMemoryLimit?

  /// How many router processes share the listening socket.
  package var routers: Int

  /// Arguments that every controller gets besides `--run-dir`, such as `--cpus 4`.
  package var controllerArguments: [String]

  /// The program that has the commands `controller` and `router`; the calling one by default.
  package var executable: String

  /// The mesh drains and ends when this process is gone; nil for a mesh that stays.
  package var parentPID: Int32?

  /// Gets one line when the mesh is up (`ready ADDRESS`) or cannot be (`failed CODE WHY`).
  package var readyDescriptor: Int32?

  package init(runDirectory: RunDirectory) {
    self.runDirectory = runDirectory
    listen = .tcp(host: "127.0.0.1", port: 8000)
    security = PortSecurity()
    times = PortTimes()
    mesh = MeshSecurity()
    messageLimit = nil
    messageMemory = nil
    routers = 1
    controllerArguments = []
    executable = ProcessLauncher.currentExecutable
    parentPID = nil
    readyDescriptor = nil
  }
}

/// Why a supervisor did not come up, with the exit status of `martlet`.
package struct SupervisorError: Error, Sendable, Hashable, CustomStringConvertible {
  /// 69 when something that is needed is not available, 73 when a file cannot be made, 64 for a bad
  /// argument (sysexits.h).
  package var exitCode: Int32
  package var description: String

  package init(_ exitCode: Int32, _ description: String) {
    self.exitCode = exitCode
    self.description = description
  }
}
