// When routers leave a replica alone that fails: `outlier_detection` of a deployment.

/// What counts as a failure of a replica, and what follows from it. The words are those of gRPC's and Envoy's
/// outlier detection. A replica is always compared with the others of its deployment: where all fail alike,
/// none is ejected.
public struct OutlierDetectionSpec: Sendable, Hashable {
  /// Failures one after another before a replica may be ejected.
  public var consecutiveErrors: Int

  /// Statuses that are the replica's fault. Those that speak of the request, such as INVALID_ARGUMENT or NOT_FOUND,
  /// are not among them by default.
  public var codes: Set<RPCStatus.Code>

  /// How long the first ejection lasts; each further one is twice as long.
  public var baseEjection: Duration

  /// The greatest share of a deployment's replicas that may be ejected at once; of two or more always one, never
  /// all. 0 ejects none.
  public var maxEjectionPercent: Int

  public init() {
    consecutiveErrors = 5
    codes = Self.serverFaults
    baseEjection = .seconds(1)
    maxEjectionPercent = 50
  }

  /// What gRPC's mapping to HTTP calls a fault of the server (5xx), and RESOURCE_EXHAUSTED: a replica that answers
  /// so has no room although the router keeps to its limit.
  public static let serverFaults: Set<RPCStatus.Code> = [
    .unknown, .deadlineExceeded, .resourceExhausted, .unimplemented, .internalError, .unavailable,
    .dataLoss,
  ]

  /// More failures in a row than anybody waits for.
  static let maxConsecutiveErrors = 10_000
}
