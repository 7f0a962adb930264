// What routes are called.
package import MartletCore

extension RouteSpec {
  /// The method, or the service with a star.
  package var name: String {
    switch target {
    case .graph(let method, _), .method(let method, _): method.description
    case .service(let service, _): "\(service)/*"
    }
  }
}
