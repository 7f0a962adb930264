// Which system a file is for, by what it says.

internal import MartletCore

/// The files that `martlet convert` reads.
enum ForeignFormat {
  /// KServe's InferenceGraph (serving.kserve.io/v1alpha1).
  case inferenceGraph
  /// Ray Serve's config of one or several applications (`ServeDeploySchema`).
  case rayServe

  /// Why an object is of neither.
  struct Unknown: Error {
    var reason: String
  }

  /// - Throws: for everything else, with what to do where that is known.
  init(_ root: SourceNode) throws(Unknown) {
    func failure(_ message: String) -> Unknown { Unknown(reason: message) }
    let version = root["apiVersion"]?.text ?? ""
    let kind = root["kind"]?.text ?? ""
    if version.hasPrefix("serving.kserve.io/") {
      guard kind == "InferenceGraph", version == "serving.kserve.io/v1alpha1" else {
        throw failure(
          "\(kind) of \(version) cannot be converted; InferenceGraph of serving.kserve.io/v1alpha1 "
            + "can")
      }
      self = .inferenceGraph
    } else if kind == "RayService" {
      throw failure(
        "a RayService has Ray Serve's config as text; put its serveConfigV2 into a file")
    } else if root["applications"] != nil {
      self = .rayServe
    } else if root["import_path"] != nil {
      throw failure(
        "Ray Serve's config of a single application is of before Ray 2.5; put it into "
          + "applications: [{name: …, import_path: …}]")
    } else {
      throw failure(
        "neither KServe's InferenceGraph (apiVersion: serving.kserve.io/v1alpha1) nor Ray Serve's "
          + "config (applications: […])")
    }
  }
}
