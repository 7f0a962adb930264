// One deployment of an app: a service, how many replicas, and the limits they keep.
public import MartletCore
public import MartletRPC
package import MartletReplica

/// A service that runs in processes of its own. What is not said has the app file's defaults.
public struct Deployment: Sendable {
  package private(set) var spec: DeploymentSpec
  package private(set) var service: ReplicaService
  private let type: any DeploymentService.Type
  package let execution: Execution

  /// - Parameters:
  ///   - name: unique in the app.
  ///   - service: the type that answers; each replica makes one of it.
  ///   - execution: where its handlers run.
  public init<Service: DeploymentService>(
    _ name: String, _ service: Service.Type, execution: Execution = .loop
  ) {
    self.service = ReplicaService(service)
    type = service
    self.execution = execution
    spec = DeploymentSpec(name: name, services: self.service.serviceNames)
  }

  /// The type that answers, as the compiler names it in symbols, without their prefix `$s`.
  var mangledTypeName: String? { _mangledTypeName(type) }

  package var descriptorSets: [DescriptorSet] { service.descriptorSets }

  /// The same deployment, with another service in the place of its own.
  package func serving(_ service: ReplicaService) -> Deployment {
    var copy = self
    copy.service = service
    return copy
  }

  public var name: String { spec.name }

  /// Always this many replicas.
  public func replicas(_ count: Int) -> Deployment {
    with { $0.replicas = .fixed(count) }
  }

  /// As many replicas as the load calls for, within `range`.
  ///
  /// - Parameters:
  ///   - targetOngoingRequests: requests per replica, queued and running, that scaling aims at.
  ///   - initial: replicas right after the first deploy; nil means the range's lower bound.
  ///   - lookBackPeriod: over how long the load is averaged; nil means over the delay.
  ///   - upscaleDelay: how long the load must call for more before there are more.
  ///   - downscaleDelay: how long it must call for fewer before there are fewer.
  ///   - downscaleToZeroDelay: how long there must be no load before the last replica goes.
  public func autoscaling(
    _ range: ClosedRange<Int>, targetOngoingRequests: Double = 2, initial: Int? = nil,
    lookBackPeriod: Duration? = nil, upscaleDelay: Duration = .zero,
    downscaleDelay: Duration = .seconds(30), downscaleToZeroDelay: Duration = .seconds(60)
  ) -> Deployment {
    var autoscaling = AutoscalingSpec(
      minReplicas: range.lowerBound, maxReplicas: range.upperBound,
      targetOngoingRequests: targetOngoingRequests)
    autoscaling.initialReplicas = initial
    autoscaling.lookBackPeriod = lookBackPeriod
    autoscaling.upscaleDelay = upscaleDelay
    autoscaling.downscaleDelay = downscaleDelay
    autoscaling.downscaleToZeroDelay = downscaleToZeroDelay
    return with { $0.replicas = .auto(autoscaling) }
  }

  /// What one replica takes of its machine; fractions are kept to four decimal places.
  public func resources(
    cpus: Double = Resources.defaultCPUs, gpus: Double = 0, memoryBytes: Int64 = 0
  ) -> Deployment {
    let one = Double(Resources.unitsPerWhole)
    return with {
      $0.resources = Resources(
        cpuUnits: Int((cpus * one).rounded()), gpuUnits: Int((gpus * one).rounded()),
        memoryBytes: memoryBytes)
    }
  }

  /// Requests that one replica works on at once.
  public func maxOngoingRequests(_ count: Int) -> Deployment {
    with { $0.maxOngoingRequests = count }
  }

  /// Requests that wait for a free replica; one more is answered RESOURCE_EXHAUSTED at once.
  public func maxQueuedRequests(_ count: Int) -> Deployment {
    with { $0.maxQueuedRequests = count }
  }

  /// Bytes of the largest message, of requests and answers alike: 64 KiB to 1 GiB, and at most `--max-message` of the
  /// mesh.
  public func maxMessage(bytes: Int) -> Deployment {
    with { $0.maxMessageBytes = bytes }
  }

  /// The longest that a request may take, queueing included.
  public func requestTimeout(_ timeout: Duration) -> Deployment {
    with { $0.requestTimeout = timeout }
  }

  /// A request may be sent to another replica when the one that had it died.
  public func idempotent(_ isIdempotent: Bool = true) -> Deployment {
    with { $0.idempotent = isIdempotent }
  }

  /// When routers leave a replica alone that fails while the others do not.
  ///
  /// - Parameters:
  ///   - consecutiveErrors: failures one after another before a replica may be ejected.
  ///   - codes: the statuses that count as failures of the replica.
  ///   - baseEjection: how long the first ejection lasts; each further one is twice as long.
  ///   - maxEjectionPercent: the greatest share of the replicas that may be ejected at once; 0 ejects none.
  public func outlierDetection(
    consecutiveErrors: Int = 5, codes: Set<RPCStatus.Code> = OutlierDetectionSpec.serverFaults,
    baseEjection: Duration = .seconds(1), maxEjectionPercent: Int = 50
  ) -> Deployment {
    var spec = OutlierDetectionSpec()
    spec.consecutiveErrors = consecutiveErrors
    spec.codes = codes
    spec.baseEjection = baseEjection
    spec.maxEjectionPercent = maxEjectionPercent
    return with { $0.outlierDetection = spec }
  }

  /// What replicas find in `ReplicaContext.config`.
  public func userConfig(_ members: [String: ConfigValue]) -> Deployment {
    with { $0.userConfig = .object(members) }
  }

  /// How long after a health check of a replica the next one follows.
  public func healthCheckPeriod(_ period: Duration) -> Deployment {
    with { $0.healthCheckPeriod = period }
  }

  /// How long a replica may take to answer a health check. By default as long as the period, and a second at
  /// least.
  public func healthCheckTimeout(_ timeout: Duration) -> Deployment {
    with { $0.healthCheckTimeout = timeout }
  }

  /// Failed health checks in a row after which a replica gets no more requests. After twice as many it is
  /// replaced.
  public func healthCheckFailures(_ count: Int) -> Deployment {
    with { $0.healthCheckFailures = count }
  }

  /// How long a replica may take from its start until it answers SERVING, which is when its `init` has
  /// returned; zero: as long as it needs.
  public func startupTimeout(_ timeout: Duration) -> Deployment {
    with { $0.startupTimeout = timeout }
  }

  /// How long a new replica has to stay ready before an update counts it; 1 s by default. A version whose
  /// replicas end earlier does not take over from the one that serves.
  public func minReady(_ time: Duration) -> Deployment {
    with { $0.minReady = time }
  }

  /// How long a draining replica may take to finish before it is killed.
  public func gracefulShutdownTimeout(_ timeout: Duration) -> Deployment {
    with { $0.gracefulShutdownTimeout = timeout }
  }

  /// How a new version's replicas take the place of the old ones. With `.recreate` the old ones end
  /// before the new ones start: for what must not run twice.
  public func update(_ strategy: UpdateStrategy) -> Deployment {
    with { $0.update = strategy }
  }

  /// Variables added to the environment of the replicas.
  public func environment(_ variables: [String: String]) -> Deployment {
    with { $0.environment.merge(variables) { _, new in new } }
  }

  private func with(_ change: (inout DeploymentSpec) -> Void) -> Deployment {
    var copy = self
    change(&copy.spec)
    return copy
  }
}
