// Ray Serve's config as apps (ray, python/ray/serve/schema.py, `ServeDeploySchema`).

internal import MartletCore

/// What the applications of a config share.
struct RayServeConverter {
  var conversion: Conversion

  /// The time of a request, end to end.
  private var requestTimeout: Duration?

  /// The names of all deployments, those of the file and those that they got instead.
  private(set) var names: Set<String> = []

  /// The names of the file, by those that deployments got instead.
  private(set) var renamed: [String: String] = [:]

  init(_ conversion: Conversion) {
    self.conversion = conversion
  }

  mutating func apps(_ root: SourceNode) -> [AppSpec] {
    let keys = [
      "applications", "proxy_location", "http_options", "grpc_options", "logging_config",
      "target_capacity", "controller_options",
    ]
    guard let fields = conversion.fields(root, at: [], allowed: keys) else { return [] }
    conversion.cannotSay(
      [
        "proxy_location": "where routers run is said where the mesh starts: martlet up --routers N",
        "logging_config": "replicas write what they like to stdout; see martlet logs",
        "target_capacity": "scale each deployment: martlet scale DEPLOYMENT=N",
        "controller_options": "it is about Ray's controller",
      ], in: fields)
    requestTimeout = serverOptions(fields)
    var apps: [AppSpec] = []
    let list = fields["applications"].flatMap {
      conversion.reader.elements($0, at: fields.path(of: "applications"), of: "applications")
    }
    for (index, element) in (list ?? []).enumerated() {
      let path = fields.path(of: "applications").appending(index)
      guard let app = app(element, at: path) else { continue }
      if apps.contains(where: { $0.name == app.name }) {
        conversion.note(path.appending("name"), "another application has the name \(app.name)")
        continue
      }
      apps.append(app)
    }
    if list?.isEmpty == true { conversion.note(fields.path, "there are no applications") }
    return apps
  }

  /// The time of a request, which is the one thing of them that an app says.
  private mutating func serverOptions(_ outer: Conversion.Fields) -> Duration? {
    let listen =
      "where clients connect is said where the mesh starts: martlet up --listen HOST:PORT"
    let tls = "TLS is said where the mesh starts: martlet up --tls-cert FILE --tls-key FILE"
    let own = "a router's connections have Martlet's own limits"
    let httpKeys = [
      "host", "port", "root_path", "request_timeout_s", "keep_alive_timeout_s", "ssl_keyfile",
      "ssl_certfile", "ssl_keyfile_password", "ssl_ca_certs", "location", "num_cpus",
    ]
    var timeout: Duration?
    if let http = conversion.fields("http_options", in: outer, allowed: httpKeys) {
      conversion.cannotSay(
        [
          "host": listen, "port": listen, "root_path": "clients call methods, not paths",
          "keep_alive_timeout_s": own, "ssl_keyfile": tls, "ssl_certfile": tls,
          "ssl_keyfile_password": tls, "ssl_ca_certs": tls, "location": own, "num_cpus": own,
        ], in: http)
      timeout = conversion.seconds("request_timeout_s", in: http)
    }
    let grpcKeys = ["port", "grpc_servicer_functions", "request_timeout_s"]
    if let grpc = conversion.fields("grpc_options", in: outer, allowed: grpcKeys) {
      conversion.cannotSay(["port": listen], in: grpc)
      if conversion.options.methods.isEmpty, conversion.options.defaultMethod == nil {
        conversion.cannotSay(
          [
            "grpc_servicer_functions":
              "services have full names; say --method DEPLOYMENT=package.Service/Method"
          ], in: grpc)
      }
      if let own = conversion.seconds("request_timeout_s", in: grpc) {
        if let timeout, timeout != own {
          conversion.note(
            grpc.path(of: "request_timeout_s"),
            "one port takes gRPC and HTTP, and http_options says another time")
        }
        timeout = own
      }
    }
    return timeout
  }

  private mutating func app(_ node: SourceNode, at path: SpecPath) -> AppSpec? {
    let keys = [
      "name", "route_prefix", "import_path", "runtime_env", "host", "port", "deployments", "args",
      "logging_config", "autoscaling_policy", "external_scaler_enabled",
    ]
    guard let fields = conversion.fields(node, at: path, allowed: keys) else { return nil }
    let name = conversion.reader.string("name", in: fields)
    conversion.cannotSay(
      [
        "route_prefix":
          "clients call methods, not paths; say --method DEPLOYMENT=package.Service/Method",
        "args": "they go to a Python function; what replicas need is user_config",
        "host": "it is said where the mesh starts: martlet up --listen HOST:PORT",
        "port": "it is said where the mesh starts: martlet up --listen HOST:PORT",
        "logging_config": "replicas write what they like to stdout; see martlet logs",
        "autoscaling_policy": "each deployment scales by its own load",
        "external_scaler_enabled": "martlet scale DEPLOYMENT=N works always",
      ], in: fields)
    if conversion.options.command.isEmpty {
      conversion.cannotSay(
        [
          "import_path":
            "a deployment is a program of its own; say how to start one: --command 'PROGRAM "
            + "{deployment}'"
        ], in: fields)
    }
    // Ray calls an application without a name so.
    let appName = conversion.appName(name ?? "default", at: fields.path(of: "name"))
    var app = AppSpec(
      name: appName ?? "", protos: conversion.options.protos,
      launcher: conversion.options.launcher)
    let shared = conversion.environment("runtime_env", in: fields)
    var listed: [String] = []
    app.deployments = conversion.each("deployments", in: fields, of: "deployments") {
      (conversion, node, path) -> DeploymentSpec? in
      let name = conversion.deploymentName(node)
      guard let spec = conversion.deployment(node, at: path, environment: shared) else {
        return nil
      }
      if let name, listed.contains(name) {
        conversion.note(path.appending("name"), "another deployment has the name \(name)")
        return nil
      }
      listed.append(name ?? spec.name)
      return spec
    }
    rename(&app, listed, fields)
    guard appName != nil else { return nil }
    guard !app.deployments.isEmpty else {
      conversion.note(
        fields.path,
        "its deployments are in its Python code; list them under deployments, by name at least "
          + "(serve build does)")
      return nil
    }
    var count = 0
    if case .sequence(let elements)? = fields["deployments"]?.content { count = elements.count }
    addRoutes(to: &app, listed, isOnly: count == 1, fields)
    return app
  }

  /// Deployments with names that none can have get others, so that nothing else of them is lost.
  private mutating func rename(
    _ app: inout AppSpec, _ listed: [String], _ fields: Conversion.Fields
  ) {
    var taken = Set(listed)
    let path = fields.path(of: "deployments")
    guard case .sequence(let elements)? = fields["deployments"]?.content else { return }
    for index in app.deployments.indices {
      let (name, old) = (app.deployments[index].name, listed[index])
      names.insert(old)
      guard name != old else {
        names.insert(name)
        continue
      }
      let possible = name
      var next = 2
      while !taken.insert(app.deployments[index].name).inserted {
        app.deployments[index].name = "\(possible.prefix(40))-\(next)"
        next += 1
      }
      let new = app.deployments[index].name
      names.insert(new)
      renamed[new] = old
      let place = elements.firstIndex { conversion.deploymentName($0) == old } ?? index
      conversion.note(
        path.appending(place).appending("name"),
        "\(problem(old)); the converted deployment is \(new)")
    }
    for index in app.deployments.indices {
      app.deployments[index].command = conversion.options.command(of: app.deployments[index].name)
    }
  }

  /// Why a deployment cannot have a name.
  private func problem(_ name: String) -> String {
    let app = AppSpec(name: "app", launcher: .external, deployments: [DeploymentSpec(name: name)])
    return app.problems().first?.message ?? name
  }

  /// A method that was named for a deployment, or for the only one, is how clients reach it.
  ///
  /// - Parameters:
  ///   - listed: the names that the deployments have in the file.
  ///   - isOnly: the file lists one deployment. One of several that is left would take requests that
  ///     were meant for another.
  private mutating func addRoutes(
    to app: inout AppSpec, _ listed: [String], isOnly: Bool, _ fields: Conversion.Fields
  ) {
    let options = conversion.options
    for index in app.deployments.indices {
      let name = app.deployments[index].name
      let own = options.methods[name] ?? options.methods[listed[index]]
      guard let method = own ?? options.defaultMethod else { continue }
      app.deployments[index].services = [method.service]
      let isAsked = options.route.map { $0 == method } ?? true
      if isAsked, own != nil || isOnly {
        guard !app.routes.contains(where: { $0.method == method }) else {
          conversion.note(
            fields.path, "clients reach one deployment by \(method), and \(name) is the second")
          continue
        }
        app.routes.append(.method(method, deployment: name))
        app.deployments[index].requestTimeout = requestTimeout
      }
    }
    if app.routes.isEmpty {
      conversion.note(
        fields.path,
        "no deployment has a method that clients could call; say --method "
          + "\(app.deployments[0].name)=package.Service/Method")
    }
  }
}
