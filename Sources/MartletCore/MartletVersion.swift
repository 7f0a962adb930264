// Which Martlet this is.

/// The version of this release, as peers see it and as `--version` prints it.
package enum MartletVersion {
  package static let text = "0.1.0"

  /// What requests of Martlet's own clients say as `user-agent`.
  package static let userAgent: StaticString = "martlet-swift/0.1.0"
}
