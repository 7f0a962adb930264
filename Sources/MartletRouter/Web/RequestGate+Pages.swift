// The router's pages: its health and its routes, under the paths that Ray Serve gives them.
internal import MartletDispatch
internal import MartletNet
internal import MartletSchema

extension RequestGate: PageSource {
  func page(at path: String) -> Page? {
    switch path {
    case "/-/healthz": health
    case "/-/routes": routes
    default: nil
    }
  }

  /// 200 while the router takes requests, as load balancers ask for it.
  private var health: Page {
    if router.own.isClosed { return Page(status: 503, "draining") }
    guard router.dispatcher.generation > 0 else {
      return Page(status: 503, "the router has not heard from its controller yet")
    }
    return Page(status: 200, "success")
  }

  /// An object of routes, each with the name of its app.
  private var routes: Page {
    var json = JSONText(pretty: true)
    var seen = Set<String>()
    json.open("{")
    for (route, app) in router.dispatcher.routeTable where seen.insert(route).inserted {
      json.name("/\(route)")
      json.string(app)
    }
    for (name, app) in router.dispatcher.httpNames where seen.insert("\(name)").inserted {
      json.name("\(name)")
      json.string(app)
    }
    json.close("}")
    return Page(contentType: "application/json", body: json.text + "\n")
  }
}
