// The names by which rooms speak of the same thing.

/// One replica process of a deployment. Unique in a mesh for as long as the mesh lives; it is never
/// given twice.
public struct ReplicaID: Sendable, Hashable, Comparable, CustomStringConvertible {
  public var deployment: String
  public var number: UInt64

  public init(deployment: String, number: UInt64) {
    self.deployment = deployment
    self.number = number
  }

  /// `deployment#number`, the spelling of logs, `ps` and `MARTLET_REPLICA`.
  public var description: String { "\(deployment)#\(number)" }

  /// Reads the spelling of `description`.
  public init?(_ text: String) {
    guard let mark = text.lastIndex(of: "#"), mark != text.startIndex,
      let number = UInt64(text[text.index(after: mark)...])
    else { return nil }
    self.init(deployment: String(text[..<mark]), number: number)
  }

  public static func < (lhs: ReplicaID, rhs: ReplicaID) -> Bool {
    (lhs.deployment, lhs.number) < (rhs.deployment, rhs.number)
  }
}

/// A version of an app: each `deploy` that changes anything makes the next one.
public struct AppVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  public var number: UInt64

  public init(_ number: UInt64) {
    self.number = number
  }

  /// No version: numbers count from 1.
  package static let none = AppVersion(0)

  public var description: String { "v\(number)" }

  public static func < (lhs: AppVersion, rhs: AppVersion) -> Bool {
    lhs.number < rhs.number
  }
}
