// Checks a route's name in plain HTTP against the app's schema.
internal import MartletCore
internal import MartletSchema

extension RouteSpec {
  /// JSON needs the types of the messages, and one message each way. An unknown method is reported elsewhere.
  func httpProblem(_ schema: Schema?, at path: SpecPath) -> SpecProblem? {
    guard http != nil, let name = method else { return nil }
    let path = path.appending("http")
    guard let schema else {
      return SpecProblem(
        path, "JSON needs the types of the messages; name the descriptor set in protos")
    }
    guard let method = schema.method(name), !method.isUnary else { return nil }
    return SpecProblem(path, "\(name) is a streaming method; unary ones can have a name in HTTP")
  }
}
