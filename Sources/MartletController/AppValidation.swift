// Whether an app may be deployed, and what identifies its programs.
internal import Glibc
internal import MartletCore
internal import MartletDispatch
internal import MartletSchema

/// An app file that was read and checked as far as this machine can tell.
struct ValidatedApp: Sendable {
  var source: AppSource
  var spec: AppSpec
  /// By deployment; empty for replicas that something else starts.
  var fingerprints: [String: String]
  /// By deployment: the names in `spec` in which links were resolved.
  var pins: [String: PinnedNames] = [:]

  /// Throws INVALID_ARGUMENT with every mistake and its place. Names of files are resolved: see
  /// `PinnedFiles`.
  ///
  /// - Parameter known: by deployment, the names that were resolved before, when this was deployed first.
  init(
    _ source: AppSource, launcher: AppSpec.Launcher?, pins known: [String: PinnedNames]? = nil
  ) throws(RPCError) {
    var source = source
    let files = PinnedFiles(directory: source.directory)
    source.directory = files.directory
    self.source = source
    do throws(AppFileError) {
      let file = try AppFile.read(text: source.appFile, file: source.fileName)
      var spec = file.spec
      if let launcher { spec.launcher = launcher }
      if spec.launcher == .process {
        for index in spec.deployments.indices {
          let deployment = spec.deployments[index]
          var names = known?[deployment.name] ?? PinnedNames()
          names.command = names.command ?? files.words(deployment.command)
          if known == nil { names.resolutions = files.resolutions(of: deployment) }
          names.apply(to: &spec.deployments[index])
          pins[deployment.name] = names
        }
      }
      self.spec = spec
      let schema = try Self.schema(source, file)
      var problems = checkApp(spec, schema)
      fingerprints = [:]
      if spec.launcher == .process {
        for (index, deployment) in spec.deployments.enumerated() {
          let command = ReplicaCommand(
            words: deployment.command, directory: source.directory,
            environment: ProcessEnvironment.own
              .merging(ProcessEnvironment.values(of: deployment)) { $1 },
            logPath: "")
          do throws(ControllerError) {
            _ = try ReplicaProcess.program(command)
          } catch {
            problems.append(
              SpecProblem(
                [.key("deployments"), .index(index), .key("command")], error.description))
          }
          fingerprints[deployment.name] = Fingerprint.of(deployment, source.directory)
        }
      }
      guard problems.isEmpty else { throw file.located(problems) }
    } catch {
      throw RPCError(.invalidArgument, "\(error)")
    }
  }

  private static func schema(_ source: AppSource, _ file: AppFile) throws(AppFileError) -> Schema? {
    guard !source.descriptorSet.isEmpty else { return nil }
    do throws(SchemaError) {
      return try Schema(descriptorSet: source.descriptorSet)
    } catch {
      throw file.located([SpecProblem([.key("protos")], "\(error)")])
    }
  }

  /// Goes by the program's files where the code is another version than in `served`: a rollback
  /// brings the earlier app file back, but not the program that was there then, and the next deploy must
  /// not take the two for each other.
  mutating func distrustVersions(otherThanIn served: AppSpec) {
    guard spec.launcher == .process else { return }
    for deployment in spec.deployments {
      let version = served.deployment(named: deployment.name)?.codeVersion
      guard deployment.codeVersion != nil, deployment.codeVersion != version else { continue }
      fingerprints[deployment.name] = Fingerprint.ofFiles(deployment, source.directory)
    }
  }
}

/// What identifies the program of a deployment beyond its spec.
enum Fingerprint {
  static func of(_ deployment: DeploymentSpec, _ directory: String) -> String {
    guard let version = deployment.codeVersion else { return ofFiles(deployment, directory) }
    return "\(directory) code \(version)"
  }

  /// A deployment whose program was built anew has to start anew, although its spec is the same.
  /// Words of the command that name files count: an interpreter's script is one.
  static func ofFiles(_ deployment: DeploymentSpec, _ directory: String) -> String {
    let files = deployment.command.compactMap { word -> String? in
      let path = word.hasPrefix("/") ? word : "\(directory)/\(word)"
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      return "\(status.st_ino)-\(status.st_size)-\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }
    return "\(directory) \(files.joined(separator: " "))"
  }
}

/// The environment of this process, less what it got as a member of a mesh.
enum ProcessEnvironment {
  static let own: [String: String] = {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let line = String(cString: text)
      if let mark = line.firstIndex(of: "="), !line.hasPrefix("MARTLET_") {
        variables[String(line[..<mark])] = String(line[line.index(after: mark)...])
      }
      entry += 1
    }
    return variables
  }()

  /// The devices that a program of CUDA sees; all where it is not set.
  static let visibleGPUs = "CUDA_VISIBLE_DEVICES"

  /// The same for NVIDIA's container runtime.
  static let runtimeGPUs = "NVIDIA_VISIBLE_DEVICES"

  /// What replicas get of it. A replica sees no device unless it is given one. What Python prints goes to the log line by line; else it would stay in a buffer, and be lost with
  /// a replica that is killed.
  static let forReplicas: [String: String] = {
    var variables = ["PYTHONUNBUFFERED": "1"].merging(own) { $1 }
    variables[visibleGPUs] = ""
    variables[runtimeGPUs] = "void"
    return variables
  }()

  /// A deployment's `env`, with what it refers to in this environment.
  static func values(of deployment: DeploymentSpec) -> [String: String] {
    EnvironmentReferences.expand(deployment.environment, from: own)
  }
}
