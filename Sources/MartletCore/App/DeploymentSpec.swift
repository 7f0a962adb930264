// What a deployment is: how to start a replica, how many, and the limits it keeps.

/// One deployment of an app. Durations in the file are seconds and may be fractions.
public struct DeploymentSpec: Sendable, Hashable {
  public var name: String

  /// The program and its arguments; a relative program is looked for beside the app file.
  public var command: [String]

  /// Full names of the gRPC services that a replica answers.
  public var services: [String]

  public var replicas: ReplicaCount

  /// Requests that one replica works on at once; the router keeps it and the replica enforces it.
  public var maxOngoingRequests: Int

  /// Requests that wait for a free replica; one more is answered RESOURCE_EXHAUSTED at once.
  public var maxQueuedRequests: Int

  /// Bytes of the largest message, of requests and answers alike. Nil, and whatever is beyond it, mean the mesh's
  /// `--max-message`.
  public var maxMessageBytes: Int?

  /// The longest that a request may take, queueing included; nil leaves it to the caller's deadline.
  public var requestTimeout: Duration?

  /// A request may be sent again, to another replica, when the one that had it died.
  public var idempotent: Bool

  /// When routers leave a replica alone that fails.
  public var outlierDetection: OutlierDetectionSpec

  public var resources: Resources

  /// Handed to the program as `MARTLET_CONFIG`.
  public var userConfig: ConfigValue

  /// How long after a health check the next one follows.
  public var healthCheckPeriod: Duration

  /// How long a replica may take to answer a health check; nil: as long as the period, and a second at least.
  public var healthCheckTimeout: Duration?

  /// Failed health checks in a row after which a replica gets no more requests. After twice as many it is
  /// replaced.
  public var healthCheckFailures: Int

  /// How long a replica may take from its start until it answers SERVING; zero: as long as it needs.
  public var startupTimeout: Duration

  /// How long a new replica has to stay ready before the rollout of its version counts it, while another version
  /// serves. Where nothing serves yet, requests enter at once.
  public var minReady: Duration

  /// How long a draining replica may take to finish before it is killed.
  public var gracefulShutdownTimeout: Duration

  public var environment: [String: String]

  /// Which code the replicas run. Where it is given, it stands for the program's files: they may be
  /// replaced, and a deploy replaces the replicas only when this changed. nil: when a file did.
  public var codeVersion: String?

  /// How a new version's replicas take the place of the old ones.
  public var update: UpdateStrategy

  public init(name: String, command: [String] = [], services: [String] = []) {
    self.name = name
    self.command = command
    self.services = services
    replicas = .fixed(1)
    maxOngoingRequests = 8
    maxQueuedRequests = 256
    maxMessageBytes = nil
    requestTimeout = nil
    idempotent = false
    outlierDetection = OutlierDetectionSpec()
    resources = Resources()
    userConfig = .object([:])
    healthCheckPeriod = .seconds(1)
    healthCheckTimeout = nil
    healthCheckFailures = 3
    startupTimeout = .seconds(600)
    minReady = .seconds(1)
    gracefulShutdownTimeout = .seconds(20)
    environment = [:]
    codeVersion = nil
    update = .rolling
  }
}

/// `update`: how a new version's replicas take the place of the old ones.
public enum UpdateStrategy: String, Sendable, Hashable, CaseIterable {
  /// The new replicas start beside the old ones and take over once they are ready.
  case rolling

  /// The old replicas end before the new ones start: for programs that must not run twice, since they
  /// hold a lock, a port or all of a GPU's memory. Calls in between wait in the queue.
  case recreate
}

/// `num_replicas`: a number, or `auto` with its `autoscaling_config`.
public enum ReplicaCount: Sendable, Hashable {
  case fixed(Int)
  case auto(AutoscalingSpec)
}

/// How the number of replicas follows the load. Ray Serve's words and meaning, but scaling up does
/// not wait by default.
public struct AutoscalingSpec: Sendable, Hashable {
  public var minReplicas: Int
  public var maxReplicas: Int

  /// Replicas right after the first deploy; nil means `minReplicas`.
  public var initialReplicas: Int?

  /// Ongoing requests (queued and running) per replica that scaling aims at.
  public var targetOngoingRequests: Double

  /// Over how long the load is averaged; nil means over the delay of the direction. A delay that is
  /// longer asks that the mean calls for the same count all the while.
  public var lookBackPeriod: Duration?

  /// How long the load must call for more replicas before there are more. Zero: until it is beyond
  /// chance. A queue that stands does not wait.
  public var upscaleDelay: Duration

  /// How long the load must call for fewer replicas before there are fewer.
  public var downscaleDelay: Duration

  /// How long there must be no load at all before the last replica goes; only with `minReplicas` 0.
  public var downscaleToZeroDelay: Duration

  public init(minReplicas: Int = 1, maxReplicas: Int = 4, targetOngoingRequests: Double = 2) {
    self.minReplicas = minReplicas
    self.maxReplicas = maxReplicas
    self.targetOngoingRequests = targetOngoingRequests
    initialReplicas = nil
    lookBackPeriod = nil
    upscaleDelay = .zero
    downscaleDelay = .seconds(30)
    downscaleToZeroDelay = .seconds(60)
  }
}

/// What one replica takes of its machine. Fractions are allowed; they are counted in ten-thousandths, as
/// Ray does, so that three times 0.3 and 0.1 make one whole and 16 replicas share one GPU.
public struct Resources: Sendable, Hashable {
  /// What one CPU or GPU is counted as.
  public static let unitsPerWhole = 10_000

  /// The CPUs of a replica for which nobody asked for any: a tenth, so that two cores start twenty replicas.
  /// Not a whole one, as Ray has it: what nobody asked for must not keep an app from starting. Not none, so
  /// that a count of replicas that no machine could run is still refused.
  public static let defaultCPUs = 0.1

  public var cpuUnits: Int
  public var gpuUnits: Int
  public var memoryBytes: Int64

  public init(cpuUnits: Int, gpuUnits: Int = 0, memoryBytes: Int64 = 0) {
    self.cpuUnits = cpuUnits
    self.gpuUnits = gpuUnits
    self.memoryBytes = memoryBytes
  }

  /// The same in thousandths.
  public init(milliCPUs: Int, milliGPUs: Int = 0, memoryBytes: Int64 = 0) {
    let units = Self.unitsPerWhole / 1000
    self.init(
      cpuUnits: milliCPUs * units, gpuUnits: milliGPUs * units, memoryBytes: memoryBytes)
  }

  /// What a replica takes if nothing is said: `defaultCPUs`, no GPU, and memory that is not counted.
  public init() {
    self.init(cpuUnits: Int((Self.defaultCPUs * Double(Self.unitsPerWhole)).rounded()))
  }
}
