// The words by which processes of a mesh know each other: variables of a replica's environment and
// metadata of a call from one deployment to another.

/// The environment of a replica (the `MARTLET_*` contract).
public enum ReplicaVariable {
  /// Where to serve: `unix:PATH` or `HOST:PORT`.
  public static let listen = "MARTLET_LISTEN"
  public static let app = "MARTLET_APP"
  public static let deployment = "MARTLET_DEPLOYMENT"
  /// `deployment#number`.
  public static let replica = "MARTLET_REPLICA"
  /// The path of a JSON file with the deployment's `user_config`.
  public static let config = "MARTLET_CONFIG"
  /// Where to call other deployments: `unix:PATH` or `HOST:PORT`.
  public static let router = "MARTLET_ROUTER"
  /// Where a replica that the controller did not start registers: `unix:PATH` or `HOST:PORT`.
  public static let controller = "MARTLET_CONTROLLER"
  /// Where routers reach a replica that registers, when that is not what it listens on.
  public static let advertise = "MARTLET_ADVERTISE"
  /// The certificate chain (PEM) of the process; with `key` and `authority`, TCP within the mesh is mutual TLS.
  public static let certificate = "MARTLET_TLS_CERT"
  /// The certificate's private key (PEM).
  public static let key = "MARTLET_TLS_KEY"
  /// The authorities that issue the certificates of the mesh (PEM).
  public static let authority = "MARTLET_TLS_CA"
  /// `1`: without those, plain text may pass over a network.
  public static let insecure = "MARTLET_INSECURE"
  /// The pid of the mesh's supervisor; a replica ends when that process is gone.
  public static let supervisorPID = "MARTLET_SUPERVISOR_PID"
  /// The path of a unix socket at which a replica tells whether its event loop turns.
  public static let lifeSocket = "MARTLET_LIFE_SOCKET"
  /// Requests that the replica works on at once.
  public static let maxOngoingRequests = "MARTLET_MAX_ONGOING_REQUESTS"
  /// Seconds that a draining replica may take to finish.
  public static let gracefulShutdownTimeout = "MARTLET_GRACEFUL_SHUTDOWN_TIMEOUT_S"
}

/// Metadata by which a replica tells its router where a call of a deployment goes. A router takes
/// them off its local socket only, never from clients.
public enum MeshHeader {
  /// The app that calls.
  public static let app = "martlet-app"
  /// The deployment that is called, whatever the routes say.
  public static let deployment = "martlet-deployment"
  /// The version of the app under which the request entered. A router adds it to what it sends to
  /// replicas and replicas send it back, so that all legs of a request see one version.
  public static let version = "martlet-app-version"
  /// The node of a graph that makes the call: its name, or its path in the app file. Only routers of local
  /// mode say it, for tests.
  public static let node = "martlet-node-bin"

  /// All of the above.
  public static let all = [app, deployment, version, node]
}

/// Metadata by which a caller asks what its request did, and the answer's trailers that say it.
public enum TraceHeader {
  /// In a request `1`, or `full` for a longer answer. In the trailers the trace as JSON, in ASCII; in those
  /// of a replica the trace of each call that it made for this one.
  public static let trace = "martlet-trace"
  /// The microseconds that a replica's handler took, in the trailers of a call that asks for its trace.
  public static let executionTime = "martlet-execute-us"

  /// All of the above.
  public static let all = [trace, executionTime]
}
