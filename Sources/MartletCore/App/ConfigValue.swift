// A value of `user_config`: what JSON can say.

/// A tree of configuration values, with the shapes of JSON (RFC 8259).
public indirect enum ConfigValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A whole number that is too large for `integer`.
  case unsigned(UInt64)
  case number(Double)
  case string(String)
  case array([ConfigValue])
  case object([String: ConfigValue])

  /// The member of an object; nil for a missing member and for anything but an object.
  public subscript(key: String) -> ConfigValue? {
    guard case .object(let members) = self else { return nil }
    return members[key]
  }
}
