// Services and field paths of martlet/control/v1/control.proto, written by protoc-gen-martlet. Do not edit.
// swift-format-ignore-file
package import MartletCore

/// Spoken by `martlet` and by whoever else steers a mesh.
package enum Martlet_Control_V1_Controller: ServiceNamespace {
  package static let name = "martlet.control.v1.Controller"
  package static var descriptorSet: DescriptorSet { martletDescriptors_martlet_control_v1_control_proto }

  package static let deploy = UnaryMethod<Martlet_Control_V1_DeployRequest, Martlet_Control_V1_DeployResponse>(
    service: name, method: "Deploy", descriptorSet: descriptorSet)
  package static let rollback = UnaryMethod<Martlet_Control_V1_RollbackRequest, Martlet_Control_V1_DeployResponse>(
    service: name, method: "Rollback", descriptorSet: descriptorSet)
  package static let delete = UnaryMethod<Martlet_Control_V1_DeleteRequest, Martlet_Control_V1_DeleteResponse>(
    service: name, method: "Delete", descriptorSet: descriptorSet)
  package static let scale = UnaryMethod<Martlet_Control_V1_ScaleRequest, Martlet_Control_V1_ScaleResponse>(
    service: name, method: "Scale", descriptorSet: descriptorSet)
  package static let getStatus = UnaryMethod<Martlet_Control_V1_GetStatusRequest, Martlet_Control_V1_GetStatusResponse>(
    service: name, method: "GetStatus", descriptorSet: descriptorSet)
  package static let getDefinitions = UnaryMethod<Martlet_Control_V1_GetDefinitionsRequest, Martlet_Control_V1_GetDefinitionsResponse>(
    service: name, method: "GetDefinitions", descriptorSet: descriptorSet)
  package static let getGraphFigures = UnaryMethod<Martlet_Control_V1_GetGraphFiguresRequest, Martlet_Control_V1_GetGraphFiguresResponse>(
    service: name, method: "GetGraphFigures", descriptorSet: descriptorSet)
  package static let listEvents = UnaryMethod<Martlet_Control_V1_ListEventsRequest, Martlet_Control_V1_ListEventsResponse>(
    service: name, method: "ListEvents", descriptorSet: descriptorSet)
  package static let shutdown = UnaryMethod<Martlet_Control_V1_ShutdownRequest, Martlet_Control_V1_ShutdownResponse>(
    service: name, method: "Shutdown", descriptorSet: descriptorSet)

  /// What a server of martlet.control.v1.Controller does.
  package protocol Service: RPCService {
    /// Makes an app, or its next version. Returns once the intent is durable; `GetStatus` tells how the
    /// rollout goes. INVALID_ARGUMENT lists what is wrong with the app.
    func deploy(_ request: Martlet_Control_V1_DeployRequest, _ call: Call) async throws -> Martlet_Control_V1_DeployResponse

    /// Undoes the last deploy. While it is being rolled out, or has failed, the version that serves goes on and nothing
    /// else happens; else the version before it comes back, as a new version.
    func rollback(_ request: Martlet_Control_V1_RollbackRequest, _ call: Call) async throws -> Martlet_Control_V1_DeployResponse

    /// Drains and forgets an app. NOT_FOUND when there is none of that name.
    func delete(_ request: Martlet_Control_V1_DeleteRequest, _ call: Call) async throws -> Martlet_Control_V1_DeleteResponse

    /// Pins the number of replicas of a deployment until the next deploy.
    func scale(_ request: Martlet_Control_V1_ScaleRequest, _ call: Call) async throws -> Martlet_Control_V1_ScaleResponse

    func getStatus(_ request: Martlet_Control_V1_GetStatusRequest, _ call: Call) async throws -> Martlet_Control_V1_GetStatusResponse

    /// The current version of apps as they were deployed, with their types.
    func getDefinitions(_ request: Martlet_Control_V1_GetDefinitionsRequest, _ call: Call) async throws -> Martlet_Control_V1_GetDefinitionsResponse

    /// What routes and the nodes of their graphs did of late, over all routers.
    func getGraphFigures(_ request: Martlet_Control_V1_GetGraphFiguresRequest, _ call: Call) async throws -> Martlet_Control_V1_GetGraphFiguresResponse

    /// The newest events last.
    func listEvents(_ request: Martlet_Control_V1_ListEventsRequest, _ call: Call) async throws -> Martlet_Control_V1_ListEventsResponse

    /// Drains every replica, then ends the controller. Answers when all replicas are gone.
    func shutdown(_ request: Martlet_Control_V1_ShutdownRequest, _ call: Call) async throws -> Martlet_Control_V1_ShutdownResponse
  }

  /// Calls martlet.control.v1.Controller.
  package struct Client: ServiceClient {
    package let target: CallTarget

    package init(_ target: CallTarget) {
      self.target = target
    }

    /// Makes an app, or its next version. Returns once the intent is durable; `GetStatus` tells how the
    /// rollout goes. INVALID_ARGUMENT lists what is wrong with the app.
    package func deploy(
      _ request: Martlet_Control_V1_DeployRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Martlet_Control_V1_DeployResponse {
      try await target.call(Martlet_Control_V1_Controller.deploy, request, timeout: timeout, metadata: metadata)
    }

    /// Undoes the last deploy. While it is being rolled out, or has failed, the version that serves goes on and nothing
    /// else happens; else the version before it comes back, as a new version.
    package func rollback(
      _ request: Martlet_Control_V1_RollbackRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Martlet_Control_V1_DeployResponse {
      try await target.call(Martlet_Control_V1_Controller.rollback, request, timeout: timeout, metadata: metadata)
    }

    /// Drains and forgets an app. NOT_FOUND when there is none of that name.
    package func delete(
      _ request: Martlet_Control_V1_DeleteRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Martlet_Control_V1_DeleteResponse {
      try await target.call(Martlet_Control_V1_Controller.delete, request, timeout: timeout, metadata: metadata)
    }

    /// Pins the number of replicas of a deployment until the next deploy.
    package func scale(
      _ request: Martlet_Control_V1_ScaleRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Martlet_Control_V1_ScaleResponse {
      try await target.call(Martlet_Control_V1_Controller.scale, request, timeout: timeout, metadata: metadata)
    }

    package func getStatus(
      _ request: Martlet_Control_V1_GetStatusRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Martlet_Control_V1_GetStatusResponse {
      try await target.call(Martlet_Control_V1_Controller.getStatus, request, timeout: timeout, metadata: metadata)
    }

    /// The current version of apps as they were deployed, with their types.
    package func getDefinitions(
      _ request: Martlet_Control_V1_GetDefinitionsRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Martlet_Control_V1_GetDefinitionsResponse {
      try await target.call(Martlet_Control_V1_Controller.getDefinitions, request, timeout: timeout, metadata: metadata)
    }

    /// What routes and the nodes of their graphs did of late, over all routers.
    package func getGraphFigures(
      _ request: Martlet_Control_V1_GetGraphFiguresRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Martlet_Control_V1_GetGraphFiguresResponse {
      try await target.call(Martlet_Control_V1_Controller.getGraphFigures, request, timeout: timeout, metadata: metadata)
    }

    /// The newest events last.
    package func listEvents(
      _ request: Martlet_Control_V1_ListEventsRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Martlet_Control_V1_ListEventsResponse {
      try await target.call(Martlet_Control_V1_Controller.listEvents, request, timeout: timeout, metadata: metadata)
    }

    /// Drains every replica, then ends the controller. Answers when all replicas are gone.
    package func shutdown(
      _ request: Martlet_Control_V1_ShutdownRequest, timeout: Duration? = nil, metadata: Metadata = [:]
    ) async throws(RPCError) -> Martlet_Control_V1_ShutdownResponse {
      try await target.call(Martlet_Control_V1_Controller.shutdown, request, timeout: timeout, metadata: metadata)
    }
  }
}

extension Martlet_Control_V1_Controller {
  /// Adds the methods of martlet.control.v1.Controller to what a server answers.
  package static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Martlet_Control_V1_Controller.self)
    binder.add(Martlet_Control_V1_Controller.deploy) { try await $0.deploy($1, $2) }
    binder.add(Martlet_Control_V1_Controller.rollback) { try await $0.rollback($1, $2) }
    binder.add(Martlet_Control_V1_Controller.delete) { try await $0.delete($1, $2) }
    binder.add(Martlet_Control_V1_Controller.scale) { try await $0.scale($1, $2) }
    binder.add(Martlet_Control_V1_Controller.getStatus) { try await $0.getStatus($1, $2) }
    binder.add(Martlet_Control_V1_Controller.getDefinitions) { try await $0.getDefinitions($1, $2) }
    binder.add(Martlet_Control_V1_Controller.getGraphFigures) { try await $0.getGraphFigures($1, $2) }
    binder.add(Martlet_Control_V1_Controller.listEvents) { try await $0.listEvents($1, $2) }
    binder.add(Martlet_Control_V1_Controller.shutdown) { try await $0.shutdown($1, $2) }
  }
}

extension Martlet_Control_V1_Controller.Service {
  package static func bind(_ binder: inout ServiceBinder<Self>) {
    Martlet_Control_V1_Controller.bind(&binder)
  }
}

/// Spoken by routers and by replicas that the controller did not start.
package enum Martlet_Control_V1_Mesh: ServiceNamespace {
  package static let name = "martlet.control.v1.Mesh"
  package static var descriptorSet: DescriptorSet { martletDescriptors_martlet_control_v1_control_proto }

  package static let sync = BidirectionalMethod<Martlet_Control_V1_RouterReport, Martlet_Control_V1_RoutingUpdate>(
    service: name, method: "Sync", descriptorSet: descriptorSet)
  package static let register = BidirectionalMethod<Martlet_Control_V1_ReplicaAnnouncement, Martlet_Control_V1_RegistrationUpdate>(
    service: name, method: "Register", descriptorSet: descriptorSet)

  /// What a server of martlet.control.v1.Mesh does.
  package protocol Service: RPCService {
    /// A router reports its load on change and gets definitions and routing tables on change.
    func sync(
      _ requests: RPCStream<Martlet_Control_V1_RouterReport>, _ responses: RPCWriter<Martlet_Control_V1_RoutingUpdate>, _ call: Call
    ) async throws

    /// A replica that something else started announces itself and stays registered for as long as the
    /// stream is open. The first message of the controller accepts it.
    func register(
      _ requests: RPCStream<Martlet_Control_V1_ReplicaAnnouncement>, _ responses: RPCWriter<Martlet_Control_V1_RegistrationUpdate>, _ call: Call
    ) async throws
  }

  /// Calls martlet.control.v1.Mesh.
  package struct Client: ServiceClient {
    package let target: CallTarget

    package init(_ target: CallTarget) {
      self.target = target
    }

    /// A router reports its load on change and gets definitions and routing tables on change.
    package func sync<Result>(
      timeout: Duration? = nil, metadata: Metadata = [:],
      _ exchange: (RPCWriter<Martlet_Control_V1_RouterReport>, RPCStream<Martlet_Control_V1_RoutingUpdate>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Martlet_Control_V1_Mesh.sync, timeout: timeout, metadata: metadata, exchange)
    }

    /// A replica that something else started announces itself and stays registered for as long as the
    /// stream is open. The first message of the controller accepts it.
    package func register<Result>(
      timeout: Duration? = nil, metadata: Metadata = [:],
      _ exchange: (RPCWriter<Martlet_Control_V1_ReplicaAnnouncement>, RPCStream<Martlet_Control_V1_RegistrationUpdate>) async throws -> Result
    ) async throws -> Result {
      try await target.call(Martlet_Control_V1_Mesh.register, timeout: timeout, metadata: metadata, exchange)
    }
  }
}

extension Martlet_Control_V1_Mesh {
  /// Adds the methods of martlet.control.v1.Mesh to what a server answers.
  package static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {
    binder.add(Martlet_Control_V1_Mesh.self)
    binder.add(Martlet_Control_V1_Mesh.sync) { try await $0.sync($1, $2, $3) }
    binder.add(Martlet_Control_V1_Mesh.register) { try await $0.register($1, $2, $3) }
  }
}

extension Martlet_Control_V1_Mesh.Service {
  package static func bind(_ binder: inout ServiceBinder<Self>) {
    Martlet_Control_V1_Mesh.bind(&binder)
  }
}

extension Martlet_Control_V1_DeployRequest {
  /// The fields of martlet.control.v1.DeployRequest, for `Switch` and `ForEach`.
  package enum fields {
    package static let appFile = FieldPath<Martlet_Control_V1_DeployRequest, String>("app_file")
    package static let descriptorSet = FieldPath<Martlet_Control_V1_DeployRequest, [UInt8]>("descriptor_set")
    package static let directory = FieldPath<Martlet_Control_V1_DeployRequest, String>("directory")
  }
}

extension Martlet_Control_V1_DeployResponse {
  /// The fields of martlet.control.v1.DeployResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let app = FieldPath<Martlet_Control_V1_DeployResponse, String>("app")
    package static let version = FieldPath<Martlet_Control_V1_DeployResponse, UInt64>("version")
    package static let changed = FieldPath<Martlet_Control_V1_DeployResponse, Bool>("changed")
    package static let restoredVersion = FieldPath<Martlet_Control_V1_DeployResponse, UInt64>("restored_version")
    package static let givenUpVersion = FieldPath<Martlet_Control_V1_DeployResponse, UInt64>("given_up_version")
  }
}

extension Martlet_Control_V1_RollbackRequest {
  /// The fields of martlet.control.v1.RollbackRequest, for `Switch` and `ForEach`.
  package enum fields {
    package static let app = FieldPath<Martlet_Control_V1_RollbackRequest, String>("app")
  }
}

extension Martlet_Control_V1_DeleteRequest {
  /// The fields of martlet.control.v1.DeleteRequest, for `Switch` and `ForEach`.
  package enum fields {
    package static let app = FieldPath<Martlet_Control_V1_DeleteRequest, String>("app")
  }
}

extension Martlet_Control_V1_ScaleRequest {
  /// The fields of martlet.control.v1.ScaleRequest, for `Switch` and `ForEach`.
  package enum fields {
    package static let app = FieldPath<Martlet_Control_V1_ScaleRequest, String>("app")
    package static let deployment = FieldPath<Martlet_Control_V1_ScaleRequest, String>("deployment")
    package static let replicas = FieldPath<Martlet_Control_V1_ScaleRequest, UInt32>("replicas")
  }
}

extension Martlet_Control_V1_ScaleResponse {
  /// The fields of martlet.control.v1.ScaleResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let app = FieldPath<Martlet_Control_V1_ScaleResponse, String>("app")
    package static let previousReplicas = FieldPath<Martlet_Control_V1_ScaleResponse, UInt32>("previous_replicas")
  }
}

extension Martlet_Control_V1_GetStatusRequest {
  /// The fields of martlet.control.v1.GetStatusRequest, for `Switch` and `ForEach`.
  package enum fields {
    package static let app = FieldPath<Martlet_Control_V1_GetStatusRequest, String>("app")
    package static let version = FieldPath<Martlet_Control_V1_GetStatusRequest, UInt64>("version")
  }
}

extension Martlet_Control_V1_GetStatusResponse {
  /// The fields of martlet.control.v1.GetStatusResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let apps = FieldPath<Martlet_Control_V1_GetStatusResponse, [Martlet_Control_V1_AppStatus]>("apps")
    package static let routers = FieldPath<Martlet_Control_V1_GetStatusResponse, [Martlet_Control_V1_RouterStatus]>("routers")
    package static let machine = FieldPath<Martlet_Control_V1_GetStatusResponse, Martlet_Control_V1_MachineStatus>("machine")
    package static let problems = FieldPath<Martlet_Control_V1_GetStatusResponse, [String]>("problems")
    package static let outcome = FieldPath<Martlet_Control_V1_GetStatusResponse, Martlet_Control_V1_VersionOutcome>("outcome")
    package static let stoppingReplicas = FieldPath<Martlet_Control_V1_GetStatusResponse, UInt32>("stopping_replicas")
  }
}

extension Martlet_Control_V1_VersionOutcome {
  /// The fields of martlet.control.v1.VersionOutcome, for `Switch` and `ForEach`.
  package enum fields {
    package static let state = FieldPath<Martlet_Control_V1_VersionOutcome, Martlet_Control_V1_VersionState>("state")
    package static let message = FieldPath<Martlet_Control_V1_VersionOutcome, String>("message")
    package static let byVersion = FieldPath<Martlet_Control_V1_VersionOutcome, UInt64>("by_version")
  }
}

extension Martlet_Control_V1_RouterStatus {
  /// The fields of martlet.control.v1.RouterStatus, for `Switch` and `ForEach`.
  package enum fields {
    package static let name = FieldPath<Martlet_Control_V1_RouterStatus, String>("name")
    package static let tableGeneration = FieldPath<Martlet_Control_V1_RouterStatus, UInt64>("table_generation")
  }
}

extension Martlet_Control_V1_MachineStatus {
  /// The fields of martlet.control.v1.MachineStatus, for `Switch` and `ForEach`.
  package enum fields {
    package static let milliCpus = FieldPath<Martlet_Control_V1_MachineStatus, UInt32>("milli_cpus")
    package static let milliCpusTaken = FieldPath<Martlet_Control_V1_MachineStatus, UInt32>("milli_cpus_taken")
    package static let milliGpus = FieldPath<Martlet_Control_V1_MachineStatus, UInt32>("milli_gpus")
    package static let milliGpusTaken = FieldPath<Martlet_Control_V1_MachineStatus, UInt32>("milli_gpus_taken")
  }
}

extension Martlet_Control_V1_AppStatus {
  /// The fields of martlet.control.v1.AppStatus, for `Switch` and `ForEach`.
  package enum fields {
    package static let name = FieldPath<Martlet_Control_V1_AppStatus, String>("name")
    package static let version = FieldPath<Martlet_Control_V1_AppStatus, UInt64>("version")
    package static let state = FieldPath<Martlet_Control_V1_AppStatus, Martlet_Control_V1_AppState>("state")
    package static let message = FieldPath<Martlet_Control_V1_AppStatus, String>("message")
    package static let deployments = FieldPath<Martlet_Control_V1_AppStatus, [Martlet_Control_V1_DeploymentStatus]>("deployments")
    package static let launcher = FieldPath<Martlet_Control_V1_AppStatus, String>("launcher")
    package static let deployedAtUnixMs = FieldPath<Martlet_Control_V1_AppStatus, Int64>("deployed_at_unix_ms")
    package static let targetVersion = FieldPath<Martlet_Control_V1_AppStatus, UInt64>("target_version")
  }
}

extension Martlet_Control_V1_DeploymentStatus {
  /// The fields of martlet.control.v1.DeploymentStatus, for `Switch` and `ForEach`.
  package enum fields {
    package static let name = FieldPath<Martlet_Control_V1_DeploymentStatus, String>("name")
    package static let state = FieldPath<Martlet_Control_V1_DeploymentStatus, Martlet_Control_V1_DeploymentState>("state")
    package static let message = FieldPath<Martlet_Control_V1_DeploymentStatus, String>("message")
    package static let desiredReplicas = FieldPath<Martlet_Control_V1_DeploymentStatus, UInt32>("desired_replicas")
    package static let runningReplicas = FieldPath<Martlet_Control_V1_DeploymentStatus, UInt32>("running_replicas")
    package static let queuedRequests = FieldPath<Martlet_Control_V1_DeploymentStatus, UInt32>("queued_requests")
    package static let ongoingRequests = FieldPath<Martlet_Control_V1_DeploymentStatus, UInt32>("ongoing_requests")
    package static let replicas = FieldPath<Martlet_Control_V1_DeploymentStatus, [Martlet_Control_V1_ReplicaStatus]>("replicas")
  }
}

extension Martlet_Control_V1_ReplicaStatus {
  /// The fields of martlet.control.v1.ReplicaStatus, for `Switch` and `ForEach`.
  package enum fields {
    package static let number = FieldPath<Martlet_Control_V1_ReplicaStatus, UInt64>("number")
    package static let state = FieldPath<Martlet_Control_V1_ReplicaStatus, Martlet_Control_V1_ReplicaState>("state")
    package static let pid = FieldPath<Martlet_Control_V1_ReplicaStatus, Int32>("pid")
    package static let endpoint = FieldPath<Martlet_Control_V1_ReplicaStatus, String>("endpoint")
    package static let revision = FieldPath<Martlet_Control_V1_ReplicaStatus, UInt64>("revision")
    package static let startedAtUnixMs = FieldPath<Martlet_Control_V1_ReplicaStatus, Int64>("started_at_unix_ms")
    package static let ongoingRequests = FieldPath<Martlet_Control_V1_ReplicaStatus, UInt32>("ongoing_requests")
    package static let message = FieldPath<Martlet_Control_V1_ReplicaStatus, String>("message")
    package static let logPath = FieldPath<Martlet_Control_V1_ReplicaStatus, String>("log_path")
  }
}

extension Martlet_Control_V1_GetDefinitionsRequest {
  /// The fields of martlet.control.v1.GetDefinitionsRequest, for `Switch` and `ForEach`.
  package enum fields {
    package static let app = FieldPath<Martlet_Control_V1_GetDefinitionsRequest, String>("app")
  }
}

extension Martlet_Control_V1_GetDefinitionsResponse {
  /// The fields of martlet.control.v1.GetDefinitionsResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let definitions = FieldPath<Martlet_Control_V1_GetDefinitionsResponse, [Martlet_Control_V1_AppDefinition]>("definitions")
  }
}

extension Martlet_Control_V1_GetGraphFiguresRequest {
  /// The fields of martlet.control.v1.GetGraphFiguresRequest, for `Switch` and `ForEach`.
  package enum fields {
    package static let app = FieldPath<Martlet_Control_V1_GetGraphFiguresRequest, String>("app")
  }
}

extension Martlet_Control_V1_GetGraphFiguresResponse {
  /// The fields of martlet.control.v1.GetGraphFiguresResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let graphs = FieldPath<Martlet_Control_V1_GetGraphFiguresResponse, [Martlet_Control_V1_GraphFigures]>("graphs")
  }
}

extension Martlet_Control_V1_GraphFigures {
  /// The fields of martlet.control.v1.GraphFigures, for `Switch` and `ForEach`.
  package enum fields {
    package static let app = FieldPath<Martlet_Control_V1_GraphFigures, String>("app")
    package static let version = FieldPath<Martlet_Control_V1_GraphFigures, UInt64>("version")
    package static let route = FieldPath<Martlet_Control_V1_GraphFigures, String>("route")
    package static let periodMs = FieldPath<Martlet_Control_V1_GraphFigures, UInt32>("period_ms")
    package static let nodes = FieldPath<Martlet_Control_V1_GraphFigures, [Martlet_Control_V1_NodeFigures]>("nodes")
  }
}

extension Martlet_Control_V1_NodeFigures {
  /// The fields of martlet.control.v1.NodeFigures, for `Switch` and `ForEach`.
  package enum fields {
    package static let path = FieldPath<Martlet_Control_V1_NodeFigures, String>("path")
    package static let buckets = FieldPath<Martlet_Control_V1_NodeFigures, [UInt64]>("buckets")
    package static let failures = FieldPath<Martlet_Control_V1_NodeFigures, UInt64>("failures")
    package static let dropped = FieldPath<Martlet_Control_V1_NodeFigures, UInt64>("dropped")
    package static let entered = FieldPath<Martlet_Control_V1_NodeFigures, UInt64>("entered")
    package static let taken = FieldPath<Martlet_Control_V1_NodeFigures, UInt64>("taken")
  }
}

extension Martlet_Control_V1_ListEventsRequest {
  /// The fields of martlet.control.v1.ListEventsRequest, for `Switch` and `ForEach`.
  package enum fields {
    package static let afterID = FieldPath<Martlet_Control_V1_ListEventsRequest, UInt64>("after_id")
    package static let limit = FieldPath<Martlet_Control_V1_ListEventsRequest, UInt32>("limit")
  }
}

extension Martlet_Control_V1_ListEventsResponse {
  /// The fields of martlet.control.v1.ListEventsResponse, for `Switch` and `ForEach`.
  package enum fields {
    package static let events = FieldPath<Martlet_Control_V1_ListEventsResponse, [Martlet_Control_V1_Event]>("events")
  }
}

extension Martlet_Control_V1_Event {
  /// The fields of martlet.control.v1.Event, for `Switch` and `ForEach`.
  package enum fields {
    package static let id = FieldPath<Martlet_Control_V1_Event, UInt64>("id")
    package static let unixMs = FieldPath<Martlet_Control_V1_Event, Int64>("unix_ms")
    package static let reason = FieldPath<Martlet_Control_V1_Event, String>("reason")
    package static let app = FieldPath<Martlet_Control_V1_Event, String>("app")
    package static let deployment = FieldPath<Martlet_Control_V1_Event, String>("deployment")
    package static let message = FieldPath<Martlet_Control_V1_Event, String>("message")
  }
}

extension Martlet_Control_V1_RouterReport {
  /// The fields of martlet.control.v1.RouterReport, for `Switch` and `ForEach`.
  package enum fields {
    package static let router = FieldPath<Martlet_Control_V1_RouterReport, String>("router")
    package static let tableGeneration = FieldPath<Martlet_Control_V1_RouterReport, UInt64>("table_generation")
    package static let deployments = FieldPath<Martlet_Control_V1_RouterReport, [Martlet_Control_V1_DeploymentLoad]>("deployments")
    package static let versions = FieldPath<Martlet_Control_V1_RouterReport, [Martlet_Control_V1_VersionLoad]>("versions")
    package static let graphs = FieldPath<Martlet_Control_V1_RouterReport, [Martlet_Control_V1_GraphFigures]>("graphs")
    package static let suspects = FieldPath<Martlet_Control_V1_RouterReport, [Martlet_Control_V1_SuspectedReplica]>("suspects")
    package static let deadlyRequests = FieldPath<Martlet_Control_V1_RouterReport, [Martlet_Control_V1_DeadlyRequest]>("deadly_requests")
  }
}

extension Martlet_Control_V1_SuspectedReplica {
  /// The fields of martlet.control.v1.SuspectedReplica, for `Switch` and `ForEach`.
  package enum fields {
    package static let number = FieldPath<Martlet_Control_V1_SuspectedReplica, UInt64>("number")
    package static let reason = FieldPath<Martlet_Control_V1_SuspectedReplica, String>("reason")
  }
}

extension Martlet_Control_V1_DeadlyRequest {
  /// The fields of martlet.control.v1.DeadlyRequest, for `Switch` and `ForEach`.
  package enum fields {
    package static let app = FieldPath<Martlet_Control_V1_DeadlyRequest, String>("app")
    package static let deployment = FieldPath<Martlet_Control_V1_DeadlyRequest, String>("deployment")
    package static let method = FieldPath<Martlet_Control_V1_DeadlyRequest, String>("method")
    package static let requestID = FieldPath<Martlet_Control_V1_DeadlyRequest, String>("request_id")
    package static let replicas = FieldPath<Martlet_Control_V1_DeadlyRequest, [UInt64]>("replicas")
  }
}

extension Martlet_Control_V1_DeploymentLoad {
  /// The fields of martlet.control.v1.DeploymentLoad, for `Switch` and `ForEach`.
  package enum fields {
    package static let app = FieldPath<Martlet_Control_V1_DeploymentLoad, String>("app")
    package static let deployment = FieldPath<Martlet_Control_V1_DeploymentLoad, String>("deployment")
    package static let queued = FieldPath<Martlet_Control_V1_DeploymentLoad, UInt32>("queued")
    package static let replicas = FieldPath<Martlet_Control_V1_DeploymentLoad, [Martlet_Control_V1_ReplicaLoad]>("replicas")
  }
}

extension Martlet_Control_V1_ReplicaLoad {
  /// The fields of martlet.control.v1.ReplicaLoad, for `Switch` and `ForEach`.
  package enum fields {
    package static let number = FieldPath<Martlet_Control_V1_ReplicaLoad, UInt64>("number")
    package static let ongoing = FieldPath<Martlet_Control_V1_ReplicaLoad, UInt32>("ongoing")
  }
}

extension Martlet_Control_V1_VersionLoad {
  /// The fields of martlet.control.v1.VersionLoad, for `Switch` and `ForEach`.
  package enum fields {
    package static let app = FieldPath<Martlet_Control_V1_VersionLoad, String>("app")
    package static let version = FieldPath<Martlet_Control_V1_VersionLoad, UInt64>("version")
    package static let ongoing = FieldPath<Martlet_Control_V1_VersionLoad, UInt32>("ongoing")
  }
}

extension Martlet_Control_V1_RoutingUpdate {
  /// The fields of martlet.control.v1.RoutingUpdate, for `Switch` and `ForEach`.
  package enum fields {
    package static let definition = FieldPath<Martlet_Control_V1_RoutingUpdate, Martlet_Control_V1_AppDefinition>("definition")
    package static let table = FieldPath<Martlet_Control_V1_RoutingUpdate, Martlet_Control_V1_RoutingTable>("table")

    /// The members of update.
    package enum OneOf_Update: String, OneofMember {
      case definition = "definition"
      case table = "table"
    }
    package static let update = OneofPath<Martlet_Control_V1_RoutingUpdate, OneOf_Update>("update")
  }
}

extension Martlet_Control_V1_AppDefinition {
  /// The fields of martlet.control.v1.AppDefinition, for `Switch` and `ForEach`.
  package enum fields {
    package static let app = FieldPath<Martlet_Control_V1_AppDefinition, String>("app")
    package static let version = FieldPath<Martlet_Control_V1_AppDefinition, UInt64>("version")
    package static let appFile = FieldPath<Martlet_Control_V1_AppDefinition, String>("app_file")
    package static let descriptorSet = FieldPath<Martlet_Control_V1_AppDefinition, [UInt8]>("descriptor_set")
  }
}

extension Martlet_Control_V1_RoutingTable {
  /// The fields of martlet.control.v1.RoutingTable, for `Switch` and `ForEach`.
  package enum fields {
    package static let generation = FieldPath<Martlet_Control_V1_RoutingTable, UInt64>("generation")
    package static let apps = FieldPath<Martlet_Control_V1_RoutingTable, [Martlet_Control_V1_AppRouting]>("apps")
  }
}

extension Martlet_Control_V1_AppRouting {
  /// The fields of martlet.control.v1.AppRouting, for `Switch` and `ForEach`.
  package enum fields {
    package static let app = FieldPath<Martlet_Control_V1_AppRouting, String>("app")
    package static let currentVersion = FieldPath<Martlet_Control_V1_AppRouting, UInt64>("current_version")
    package static let versions = FieldPath<Martlet_Control_V1_AppRouting, [Martlet_Control_V1_VersionRouting]>("versions")
    package static let replicaSets = FieldPath<Martlet_Control_V1_AppRouting, [Martlet_Control_V1_ReplicaSet]>("replica_sets")
  }
}

extension Martlet_Control_V1_VersionRouting {
  /// The fields of martlet.control.v1.VersionRouting, for `Switch` and `ForEach`.
  package enum fields {
    package static let version = FieldPath<Martlet_Control_V1_VersionRouting, UInt64>("version")
    package static let revisions = FieldPath<Martlet_Control_V1_VersionRouting, [String: UInt64]>("revisions")
  }
}

extension Martlet_Control_V1_ReplicaSet {
  /// The fields of martlet.control.v1.ReplicaSet, for `Switch` and `ForEach`.
  package enum fields {
    package static let deployment = FieldPath<Martlet_Control_V1_ReplicaSet, String>("deployment")
    package static let revision = FieldPath<Martlet_Control_V1_ReplicaSet, UInt64>("revision")
    package static let replicas = FieldPath<Martlet_Control_V1_ReplicaSet, [Martlet_Control_V1_ReplicaAddress]>("replicas")
    package static let trouble = FieldPath<Martlet_Control_V1_ReplicaSet, String>("trouble")
    package static let refuses = FieldPath<Martlet_Control_V1_ReplicaSet, Bool>("refuses")
  }
}

extension Martlet_Control_V1_ReplicaAddress {
  /// The fields of martlet.control.v1.ReplicaAddress, for `Switch` and `ForEach`.
  package enum fields {
    package static let number = FieldPath<Martlet_Control_V1_ReplicaAddress, UInt64>("number")
    package static let endpoint = FieldPath<Martlet_Control_V1_ReplicaAddress, String>("endpoint")
  }
}

extension Martlet_Control_V1_ReplicaAnnouncement {
  /// The fields of martlet.control.v1.ReplicaAnnouncement, for `Switch` and `ForEach`.
  package enum fields {
    package static let app = FieldPath<Martlet_Control_V1_ReplicaAnnouncement, String>("app")
    package static let deployment = FieldPath<Martlet_Control_V1_ReplicaAnnouncement, String>("deployment")
    package static let endpoint = FieldPath<Martlet_Control_V1_ReplicaAnnouncement, String>("endpoint")
    package static let draining = FieldPath<Martlet_Control_V1_ReplicaAnnouncement, Bool>("draining")
  }
}

extension Martlet_Control_V1_RegistrationUpdate {
  /// The fields of martlet.control.v1.RegistrationUpdate, for `Switch` and `ForEach`.
  package enum fields {
    package static let number = FieldPath<Martlet_Control_V1_RegistrationUpdate, UInt64>("number")
  }
}

/// martlet/control/v1/control.proto and everything it imports.
private let martletDescriptors_martlet_control_v1_control_proto = DescriptorSet(
  base64: """
    Cos5CiBtYXJ0bGV0L2NvbnRyb2wvdjEvY29udHJvbC5wcm90bxISbWFydGxldC5jb250cm9sLnYxIm8KDURlcGxveVJl\
    cXVlc3QSGQoIYXBwX2ZpbGUYASABKAlSB2FwcEZpbGUSJQoOZGVzY3JpcHRvcl9zZXQYAiABKAxSDWRlc2NyaXB0b3JT\
    ZXQSHAoJZGlyZWN0b3J5GAMgASgJUglkaXJlY3RvcnkiqwEKDkRlcGxveVJlc3BvbnNlEhAKA2FwcBgBIAEoCVIDYXBw\
    EhgKB3ZlcnNpb24YAiABKARSB3ZlcnNpb24SGAoHY2hhbmdlZBgDIAEoCFIHY2hhbmdlZBIpChByZXN0b3JlZF92ZXJz\
    aW9uGAQgASgEUg9yZXN0b3JlZFZlcnNpb24SKAoQZ2l2ZW5fdXBfdmVyc2lvbhgFIAEoBFIOZ2l2ZW5VcFZlcnNpb24i\
    IwoPUm9sbGJhY2tSZXF1ZXN0EhAKA2FwcBgBIAEoCVIDYXBwIiEKDURlbGV0ZVJlcXVlc3QSEAoDYXBwGAEgASgJUgNh\
    cHAiEAoORGVsZXRlUmVzcG9uc2UiXAoMU2NhbGVSZXF1ZXN0EhAKA2FwcBgBIAEoCVIDYXBwEh4KCmRlcGxveW1lbnQY\
    AiABKAlSCmRlcGxveW1lbnQSGgoIcmVwbGljYXMYAyABKA1SCHJlcGxpY2FzIk4KDVNjYWxlUmVzcG9uc2USEAoDYXBw\
    GAEgASgJUgNhcHASKwoRcHJldmlvdXNfcmVwbGljYXMYAiABKA1SEHByZXZpb3VzUmVwbGljYXMiPgoQR2V0U3RhdHVz\
    UmVxdWVzdBIQCgNhcHAYASABKAlSA2FwcBIYCgd2ZXJzaW9uGAIgASgEUgd2ZXJzaW9uIsYCChFHZXRTdGF0dXNSZXNw\
    b25zZRIxCgRhcHBzGAEgAygLMh0ubWFydGxldC5jb250cm9sLnYxLkFwcFN0YXR1c1IEYXBwcxI6Cgdyb3V0ZXJzGAIg\
    AygLMiAubWFydGxldC5jb250cm9sLnYxLlJvdXRlclN0YXR1c1IHcm91dGVycxI7CgdtYWNoaW5lGAMgASgLMiEubWFy\
    dGxldC5jb250cm9sLnYxLk1hY2hpbmVTdGF0dXNSB21hY2hpbmUSGgoIcHJvYmxlbXMYBCADKAlSCHByb2JsZW1zEjwK\
    B291dGNvbWUYCiABKAsyIi5tYXJ0bGV0LmNvbnRyb2wudjEuVmVyc2lvbk91dGNvbWVSB291dGNvbWUSKwoRc3RvcHBp\
    bmdfcmVwbGljYXMYCyABKA1SEHN0b3BwaW5nUmVwbGljYXMigQEKDlZlcnNpb25PdXRjb21lEjYKBXN0YXRlGAEgASgO\
    MiAubWFydGxldC5jb250cm9sLnYxLlZlcnNpb25TdGF0ZVIFc3RhdGUSGAoHbWVzc2FnZRgCIAEoCVIHbWVzc2FnZRId\
    CgpieV92ZXJzaW9uGAMgASgEUglieVZlcnNpb24iTQoMUm91dGVyU3RhdHVzEhIKBG5hbWUYASABKAlSBG5hbWUSKQoQ\
    dGFibGVfZ2VuZXJhdGlvbhgCIAEoBFIPdGFibGVHZW5lcmF0aW9uIqEBCg1NYWNoaW5lU3RhdHVzEh0KCm1pbGxpX2Nw\
    dXMYASABKA1SCW1pbGxpQ3B1cxIoChBtaWxsaV9jcHVzX3Rha2VuGAIgASgNUg5taWxsaUNwdXNUYWtlbhIdCgptaWxs\
    aV9ncHVzGAMgASgNUgltaWxsaUdwdXMSKAoQbWlsbGlfZ3B1c190YWtlbhgEIAEoDVIObWlsbGlHcHVzVGFrZW4iwQIK\
    CUFwcFN0YXR1cxISCgRuYW1lGAEgASgJUgRuYW1lEhgKB3ZlcnNpb24YAiABKARSB3ZlcnNpb24SMgoFc3RhdGUYAyAB\
    KA4yHC5tYXJ0bGV0LmNvbnRyb2wudjEuQXBwU3RhdGVSBXN0YXRlEhgKB21lc3NhZ2UYBCABKAlSB21lc3NhZ2USRgoL\
    ZGVwbG95bWVudHMYBSADKAsyJC5tYXJ0bGV0LmNvbnRyb2wudjEuRGVwbG95bWVudFN0YXR1c1ILZGVwbG95bWVudHMS\
    GgoIbGF1bmNoZXIYBiABKAlSCGxhdW5jaGVyEi0KE2RlcGxveWVkX2F0X3VuaXhfbXMYByABKANSEGRlcGxveWVkQXRV\
    bml4TXMSJQoOdGFyZ2V0X3ZlcnNpb24YCiABKARSDXRhcmdldFZlcnNpb24i5AIKEERlcGxveW1lbnRTdGF0dXMSEgoE\
    bmFtZRgBIAEoCVIEbmFtZRI5CgVzdGF0ZRgCIAEoDjIjLm1hcnRsZXQuY29udHJvbC52MS5EZXBsb3ltZW50U3RhdGVS\
    BXN0YXRlEhgKB21lc3NhZ2UYAyABKAlSB21lc3NhZ2USKQoQZGVzaXJlZF9yZXBsaWNhcxgEIAEoDVIPZGVzaXJlZFJl\
    cGxpY2FzEikKEHJ1bm5pbmdfcmVwbGljYXMYBSABKA1SD3J1bm5pbmdSZXBsaWNhcxInCg9xdWV1ZWRfcmVxdWVzdHMY\
    BiABKA1SDnF1ZXVlZFJlcXVlc3RzEikKEG9uZ29pbmdfcmVxdWVzdHMYByABKA1SD29uZ29pbmdSZXF1ZXN0cxI9Cghy\
    ZXBsaWNhcxgIIAMoCzIhLm1hcnRsZXQuY29udHJvbC52MS5SZXBsaWNhU3RhdHVzUghyZXBsaWNhcyK2AgoNUmVwbGlj\
    YVN0YXR1cxIWCgZudW1iZXIYASABKARSBm51bWJlchI2CgVzdGF0ZRgCIAEoDjIgLm1hcnRsZXQuY29udHJvbC52MS5S\
    ZXBsaWNhU3RhdGVSBXN0YXRlEhAKA3BpZBgDIAEoBVIDcGlkEhoKCGVuZHBvaW50GAQgASgJUghlbmRwb2ludBIaCghy\
    ZXZpc2lvbhgFIAEoBFIIcmV2aXNpb24SKwoSc3RhcnRlZF9hdF91bml4X21zGAYgASgDUg9zdGFydGVkQXRVbml4TXMS\
    KQoQb25nb2luZ19yZXF1ZXN0cxgHIAEoDVIPb25nb2luZ1JlcXVlc3RzEhgKB21lc3NhZ2UYCCABKAlSB21lc3NhZ2US\
    GQoIbG9nX3BhdGgYCSABKAlSB2xvZ1BhdGgiKQoVR2V0RGVmaW5pdGlvbnNSZXF1ZXN0EhAKA2FwcBgBIAEoCVIDYXBw\
    Il0KFkdldERlZmluaXRpb25zUmVzcG9uc2USQwoLZGVmaW5pdGlvbnMYASADKAsyIS5tYXJ0bGV0LmNvbnRyb2wudjEu\
    QXBwRGVmaW5pdGlvblILZGVmaW5pdGlvbnMiKgoWR2V0R3JhcGhGaWd1cmVzUmVxdWVzdBIQCgNhcHAYASABKAlSA2Fw\
    cCJTChdHZXRHcmFwaEZpZ3VyZXNSZXNwb25zZRI4CgZncmFwaHMYASADKAsyIC5tYXJ0bGV0LmNvbnRyb2wudjEuR3Jh\
    cGhGaWd1cmVzUgZncmFwaHMipAEKDEdyYXBoRmlndXJlcxIQCgNhcHAYASABKAlSA2FwcBIYCgd2ZXJzaW9uGAIgASgE\
    Ugd2ZXJzaW9uEhQKBXJvdXRlGAMgASgJUgVyb3V0ZRIbCglwZXJpb2RfbXMYBCABKA1SCHBlcmlvZE1zEjUKBW5vZGVz\
    GAUgAygLMh8ubWFydGxldC5jb250cm9sLnYxLk5vZGVGaWd1cmVzUgVub2RlcyKhAQoLTm9kZUZpZ3VyZXMSEgoEcGF0\
    aBgBIAEoCVIEcGF0aBIYCgdidWNrZXRzGAIgAygEUgdidWNrZXRzEhoKCGZhaWx1cmVzGAMgASgEUghmYWlsdXJlcxIY\
    Cgdkcm9wcGVkGAQgASgEUgdkcm9wcGVkEhgKB2VudGVyZWQYBSABKARSB2VudGVyZWQSFAoFdGFrZW4YBiABKARSBXRh\
    a2VuIkQKEUxpc3RFdmVudHNSZXF1ZXN0EhkKCGFmdGVyX2lkGAEgASgEUgdhZnRlcklkEhQKBWxpbWl0GAIgASgNUgVs\
    aW1pdCJHChJMaXN0RXZlbnRzUmVzcG9uc2USMQoGZXZlbnRzGAEgAygLMhkubWFydGxldC5jb250cm9sLnYxLkV2ZW50\
    UgZldmVudHMilAEKBUV2ZW50Eg4KAmlkGAEgASgEUgJpZBIXCgd1bml4X21zGAIgASgDUgZ1bml4TXMSFgoGcmVhc29u\
    GAMgASgJUgZyZWFzb24SEAoDYXBwGAQgASgJUgNhcHASHgoKZGVwbG95bWVudBgFIAEoCVIKZGVwbG95bWVudBIYCgdt\
    ZXNzYWdlGAYgASgJUgdtZXNzYWdlIhEKD1NodXRkb3duUmVxdWVzdCISChBTaHV0ZG93blJlc3BvbnNlIpwDCgxSb3V0\
    ZXJSZXBvcnQSFgoGcm91dGVyGAEgASgJUgZyb3V0ZXISKQoQdGFibGVfZ2VuZXJhdGlvbhgCIAEoBFIPdGFibGVHZW5l\
    cmF0aW9uEkQKC2RlcGxveW1lbnRzGAMgAygLMiIubWFydGxldC5jb250cm9sLnYxLkRlcGxveW1lbnRMb2FkUgtkZXBs\
    b3ltZW50cxI7Cgh2ZXJzaW9ucxgEIAMoCzIfLm1hcnRsZXQuY29udHJvbC52MS5WZXJzaW9uTG9hZFIIdmVyc2lvbnMS\
    OAoGZ3JhcGhzGAUgAygLMiAubWFydGxldC5jb250cm9sLnYxLkdyYXBoRmlndXJlc1IGZ3JhcGhzEkAKCHN1c3BlY3Rz\
    GAYgAygLMiQubWFydGxldC5jb250cm9sLnYxLlN1c3BlY3RlZFJlcGxpY2FSCHN1c3BlY3RzEkoKD2RlYWRseV9yZXF1\
    ZXN0cxgHIAMoCzIhLm1hcnRsZXQuY29udHJvbC52MS5EZWFkbHlSZXF1ZXN0Ug5kZWFkbHlSZXF1ZXN0cyJCChBTdXNw\
    ZWN0ZWRSZXBsaWNhEhYKBm51bWJlchgBIAEoBFIGbnVtYmVyEhYKBnJlYXNvbhgCIAEoCVIGcmVhc29uIpQBCg1EZWFk\
    bHlSZXF1ZXN0EhAKA2FwcBgBIAEoCVIDYXBwEh4KCmRlcGxveW1lbnQYAiABKAlSCmRlcGxveW1lbnQSFgoGbWV0aG9k\
    GAMgASgJUgZtZXRob2QSHQoKcmVxdWVzdF9pZBgEIAEoCVIJcmVxdWVzdElkEhoKCHJlcGxpY2FzGAUgAygEUghyZXBs\
    aWNhcyKXAQoORGVwbG95bWVudExvYWQSEAoDYXBwGAEgASgJUgNhcHASHgoKZGVwbG95bWVudBgCIAEoCVIKZGVwbG95\
    bWVudBIWCgZxdWV1ZWQYAyABKA1SBnF1ZXVlZBI7CghyZXBsaWNhcxgEIAMoCzIfLm1hcnRsZXQuY29udHJvbC52MS5S\
    ZXBsaWNhTG9hZFIIcmVwbGljYXMiPwoLUmVwbGljYUxvYWQSFgoGbnVtYmVyGAEgASgEUgZudW1iZXISGAoHb25nb2lu\
    ZxgCIAEoDVIHb25nb2luZyJTCgtWZXJzaW9uTG9hZBIQCgNhcHAYASABKAlSA2FwcBIYCgd2ZXJzaW9uGAIgASgEUgd2\
    ZXJzaW9uEhgKB29uZ29pbmcYAyABKA1SB29uZ29pbmcimAEKDVJvdXRpbmdVcGRhdGUSQwoKZGVmaW5pdGlvbhgBIAEo\
    CzIhLm1hcnRsZXQuY29udHJvbC52MS5BcHBEZWZpbml0aW9uSABSCmRlZmluaXRpb24SOAoFdGFibGUYAiABKAsyIC5t\
    YXJ0bGV0LmNvbnRyb2wudjEuUm91dGluZ1RhYmxlSABSBXRhYmxlQggKBnVwZGF0ZSJ9Cg1BcHBEZWZpbml0aW9uEhAK\
    A2FwcBgBIAEoCVIDYXBwEhgKB3ZlcnNpb24YAiABKARSB3ZlcnNpb24SGQoIYXBwX2ZpbGUYAyABKAlSB2FwcEZpbGUS\
    JQoOZGVzY3JpcHRvcl9zZXQYBCABKAxSDWRlc2NyaXB0b3JTZXQiYgoMUm91dGluZ1RhYmxlEh4KCmdlbmVyYXRpb24Y\
    ASABKARSCmdlbmVyYXRpb24SMgoEYXBwcxgCIAMoCzIeLm1hcnRsZXQuY29udHJvbC52MS5BcHBSb3V0aW5nUgRhcHBz\
    IsoBCgpBcHBSb3V0aW5nEhAKA2FwcBgBIAEoCVIDYXBwEicKD2N1cnJlbnRfdmVyc2lvbhgCIAEoBFIOY3VycmVudFZl\
    cnNpb24SPgoIdmVyc2lvbnMYAyADKAsyIi5tYXJ0bGV0LmNvbnRyb2wudjEuVmVyc2lvblJvdXRpbmdSCHZlcnNpb25z\
    EkEKDHJlcGxpY2Ffc2V0cxgEIAMoCzIeLm1hcnRsZXQuY29udHJvbC52MS5SZXBsaWNhU2V0UgtyZXBsaWNhU2V0cyK5\
    AQoOVmVyc2lvblJvdXRpbmcSGAoHdmVyc2lvbhgBIAEoBFIHdmVyc2lvbhJPCglyZXZpc2lvbnMYAiADKAsyMS5tYXJ0\
    bGV0LmNvbnRyb2wudjEuVmVyc2lvblJvdXRpbmcuUmV2aXNpb25zRW50cnlSCXJldmlzaW9ucxo8Cg5SZXZpc2lvbnNF\
    bnRyeRIQCgNrZXkYASABKAlSA2tleRIUCgV2YWx1ZRgCIAEoBFIFdmFsdWU6AjgBIrwBCgpSZXBsaWNhU2V0Eh4KCmRl\
    cGxveW1lbnQYASABKAlSCmRlcGxveW1lbnQSGgoIcmV2aXNpb24YAiABKARSCHJldmlzaW9uEj4KCHJlcGxpY2FzGAMg\
    AygLMiIubWFydGxldC5jb250cm9sLnYxLlJlcGxpY2FBZGRyZXNzUghyZXBsaWNhcxIYCgd0cm91YmxlGAQgASgJUgd0\
    cm91YmxlEhgKB3JlZnVzZXMYBSABKAhSB3JlZnVzZXMiRAoOUmVwbGljYUFkZHJlc3MSFgoGbnVtYmVyGAEgASgEUgZu\
    dW1iZXISGgoIZW5kcG9pbnQYAiABKAlSCGVuZHBvaW50In8KE1JlcGxpY2FBbm5vdW5jZW1lbnQSEAoDYXBwGAEgASgJ\
    UgNhcHASHgoKZGVwbG95bWVudBgCIAEoCVIKZGVwbG95bWVudBIaCghlbmRwb2ludBgDIAEoCVIIZW5kcG9pbnQSGgoI\
    ZHJhaW5pbmcYBCABKAhSCGRyYWluaW5nIiwKElJlZ2lzdHJhdGlvblVwZGF0ZRIWCgZudW1iZXIYASABKARSBm51bWJl\
    cirTAQoMVmVyc2lvblN0YXRlEh0KGVZFUlNJT05fU1RBVEVfVU5TUEVDSUZJRUQQABIdChlWRVJTSU9OX1NUQVRFX1JP\
    TExJTkdfT1VUEAESGQoVVkVSU0lPTl9TVEFURV9TRVJWSU5HEAISGAoUVkVSU0lPTl9TVEFURV9TRVJWRUQQAxIbChdW\
    RVJTSU9OX1NUQVRFX09WRVJUQUtFThAEEhgKFFZFUlNJT05fU1RBVEVfRkFJTEVEEAUSGQoVVkVSU0lPTl9TVEFURV9E\
    RUxFVEVEEAYquwEKCEFwcFN0YXRlEhkKFUFQUF9TVEFURV9VTlNQRUNJRklFRBAAEhcKE0FQUF9TVEFURV9ERVBMT1lJ\
    TkcQARIVChFBUFBfU1RBVEVfUlVOTklORxACEhYKEkFQUF9TVEFURV9VUERBVElORxADEhcKE0FQUF9TVEFURV9VTkhF\
    QUxUSFkQBBIbChdBUFBfU1RBVEVfREVQTE9ZX0ZBSUxFRBAFEhYKEkFQUF9TVEFURV9ERUxFVElORxAGKvYBCg9EZXBs\
    b3ltZW50U3RhdGUSIAocREVQTE9ZTUVOVF9TVEFURV9VTlNQRUNJRklFRBAAEhwKGERFUExPWU1FTlRfU1RBVEVfSEVB\
    TFRIWRABEh0KGURFUExPWU1FTlRfU1RBVEVfVVBEQVRJTkcQAhIeChpERVBMT1lNRU5UX1NUQVRFX1VQU0NBTElORxAD\
    EiAKHERFUExPWU1FTlRfU1RBVEVfRE9XTlNDQUxJTkcQBBIeChpERVBMT1lNRU5UX1NUQVRFX1VOSEVBTFRIWRAFEiIK\
    HkRFUExPWU1FTlRfU1RBVEVfREVQTE9ZX0ZBSUxFRBAGKrgBCgxSZXBsaWNhU3RhdGUSHQoZUkVQTElDQV9TVEFURV9V\
    TlNQRUNJRklFRBAAEhkKFVJFUExJQ0FfU1RBVEVfUEVORElORxABEhoKFlJFUExJQ0FfU1RBVEVfU1RBUlRJTkcQAhIZ\
    ChVSRVBMSUNBX1NUQVRFX1JVTk5JTkcQAxIbChdSRVBMSUNBX1NUQVRFX1VOSEVBTFRIWRAEEhoKFlJFUExJQ0FfU1RB\
    VEVfU1RPUFBJTkcQBTK0BgoKQ29udHJvbGxlchJPCgZEZXBsb3kSIS5tYXJ0bGV0LmNvbnRyb2wudjEuRGVwbG95UmVx\
    dWVzdBoiLm1hcnRsZXQuY29udHJvbC52MS5EZXBsb3lSZXNwb25zZRJTCghSb2xsYmFjaxIjLm1hcnRsZXQuY29udHJv\
    bC52MS5Sb2xsYmFja1JlcXVlc3QaIi5tYXJ0bGV0LmNvbnRyb2wudjEuRGVwbG95UmVzcG9uc2USTwoGRGVsZXRlEiEu\
    bWFydGxldC5jb250cm9sLnYxLkRlbGV0ZVJlcXVlc3QaIi5tYXJ0bGV0LmNvbnRyb2wudjEuRGVsZXRlUmVzcG9uc2US\
    TAoFU2NhbGUSIC5tYXJ0bGV0LmNvbnRyb2wudjEuU2NhbGVSZXF1ZXN0GiEubWFydGxldC5jb250cm9sLnYxLlNjYWxl\
    UmVzcG9uc2USWAoJR2V0U3RhdHVzEiQubWFydGxldC5jb250cm9sLnYxLkdldFN0YXR1c1JlcXVlc3QaJS5tYXJ0bGV0\
    LmNvbnRyb2wudjEuR2V0U3RhdHVzUmVzcG9uc2USZwoOR2V0RGVmaW5pdGlvbnMSKS5tYXJ0bGV0LmNvbnRyb2wudjEu\
    R2V0RGVmaW5pdGlvbnNSZXF1ZXN0GioubWFydGxldC5jb250cm9sLnYxLkdldERlZmluaXRpb25zUmVzcG9uc2USagoP\
    R2V0R3JhcGhGaWd1cmVzEioubWFydGxldC5jb250cm9sLnYxLkdldEdyYXBoRmlndXJlc1JlcXVlc3QaKy5tYXJ0bGV0\
    LmNvbnRyb2wudjEuR2V0R3JhcGhGaWd1cmVzUmVzcG9uc2USWwoKTGlzdEV2ZW50cxIlLm1hcnRsZXQuY29udHJvbC52\
    MS5MaXN0RXZlbnRzUmVxdWVzdBomLm1hcnRsZXQuY29udHJvbC52MS5MaXN0RXZlbnRzUmVzcG9uc2USVQoIU2h1dGRv\
    d24SIy5tYXJ0bGV0LmNvbnRyb2wudjEuU2h1dGRvd25SZXF1ZXN0GiQubWFydGxldC5jb250cm9sLnYxLlNodXRkb3du\
    UmVzcG9uc2UyuAEKBE1lc2gSTwoEU3luYxIgLm1hcnRsZXQuY29udHJvbC52MS5Sb3V0ZXJSZXBvcnQaIS5tYXJ0bGV0\
    LmNvbnRyb2wudjEuUm91dGluZ1VwZGF0ZSgBMAESXwoIUmVnaXN0ZXISJy5tYXJ0bGV0LmNvbnRyb2wudjEuUmVwbGlj\
    YUFubm91bmNlbWVudBomLm1hcnRsZXQuY29udHJvbC52MS5SZWdpc3RyYXRpb25VcGRhdGUoATABYgZwcm90bzM=
    """)
