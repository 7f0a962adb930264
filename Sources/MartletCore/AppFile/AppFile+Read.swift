// Reading an app file: text to nodes, nodes to an app, and the checks that need no schema.

extension AppFile {
  /// Reads YAML or JSON. `file` is the name that problems show.
  ///
  /// - Throws: every mistake that was found, not only the first.
  public static func read(text: String, file: String) throws(AppFileError) -> AppFile {
    fatalError("the reader follows")
  }
}
