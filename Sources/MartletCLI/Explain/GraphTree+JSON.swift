// A graph as JSON.

internal import MartletCore

extension GraphTree {
  var json: ConfigValue {
    var members: [String: ConfigValue] = [
      "path": .string(path.description), "node": .string(title),
    ]
    if !edge.isEmpty { members["edge"] = .string(edge) }
    if !detail.isEmpty { members["detail"] = .string(detail) }
    if let figures { members["figures"] = figures.json }
    if let share { members["taken_share"] = .number(share) }
    if !children.isEmpty { members["children"] = .array(children.map(\.json)) }
    return .object(members)
  }
}

extension NodeRates {
  var json: ConfigValue {
    var members: [String: ConfigValue] = [
      "requests_per_s": .number(perSecond), "error_share": .number(errorShare),
      "p50_us": Self.microseconds(p50), "p99_us": Self.microseconds(p99),
    ]
    if let dropShare { members["dropped_share"] = .number(dropShare) }
    return .object(members)
  }

  private static func microseconds(_ duration: Duration?) -> ConfigValue {
    duration.map { .integer($0.saturatedNanoseconds / 1_000) } ?? .null
  }
}
