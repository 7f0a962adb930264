// Writing an app file.

extension AppFile {
  /// The app as a file that reads back as exactly `spec`. What has its default is left out.
  public static func yaml(for spec: AppSpec) -> String {
    fatalError("the writer follows")
  }
}
