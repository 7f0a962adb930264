// What is wrong with an app as far as one can tell without its schema.

extension AppSpec {
  /// Every mistake: names given twice, deployments that do not exist, numbers out of range. Paths are
  /// those of the app file.
  public func problems() -> [SpecProblem] {
    fatalError("the checks follow")
  }
}
