// The nodes of an app file that make one message of several: maps and ensembles.

/// Maps.
extension AppFileReader {
  mutating func map(_ outer: Fields) -> MapNode? {
    let path = outer.path(of: "map")
    guard let node = outer["map"] else { return nil }
    guard case .mapping(let members) = node.content else {
      note(
        path, "expected a mapping of fields to where they come from, found \(node.kind)",
        at: node.mark)
      return nil
    }
    let assignments = members.compactMap { member in
      source(member.value, at: path.appending(member.name)).map {
        MapNode.Assignment(field: member.name, source: $0)
      }
    }
    let type = string("as", in: outer)
    guard assignments.count == members.count, outer["as"] == nil || type != nil else { return nil }
    return MapNode(fields: assignments, type: type)
  }

  private mutating func source(_ node: SourceNode, at path: SpecPath) -> MapNode.Source? {
    switch node.content {
    case .plain, .quoted: return string(node, at: path).map(MapNode.Source.path)
    case .mapping:
      guard let fields = fields(node, at: path, allowed: ["value"]),
        require(["value"], in: fields, of: "a constant"), let value = fields["value"]
      else { return nil }
      return .value(self.value(value, at: fields.path(of: "value")))
    case .sequence:
      note(path, "expected a path to a field or {value: CONSTANT}, found a list", at: node.mark)
      return nil
    }
  }
}

/// Ensembles.
extension AppFileReader {
  private static let combiners = [
    "merge", "first", "vote", "mean", "weighted_mean", "max_by", "collect", "call", "map",
  ]
  private static let allowedCombiners =
    "allowed: merge, first, {vote: FIELD}, {mean: [FIELD, …]}, {weighted_mean: {fields: [FIELD, …], "
    + "weights: [NUMBER, …]}}, {max_by: FIELD}, {collect: FIELD}, {call: DEPLOYMENT, method: METHOD}, "
    + "{map: {FIELD: BRANCH, …}, as: TYPE}"

  mutating func ensemble(_ fields: Fields) -> GraphNode.Kind? {
    guard require(["combine"], in: fields, of: "an ensemble") else { return nil }
    let combiner = combiner(fields)
    let quorum = integer("quorum", in: fields)
    guard let branches = branches("ensemble", in: fields), let combiner else { return nil }
    return .ensemble(EnsembleNode(branches: branches, combiner: combiner, quorum: quorum))
  }

  private mutating func combiner(_ outer: Fields) -> EnsembleNode.Combiner? {
    guard let node = outer["combine"] else { return nil }
    let path = outer.path(of: "combine")
    switch node.content {
    case .plain("merge"), .quoted("merge"): return .merge
    case .plain("first"), .quoted("first"): return .first
    case .plain(let word), .quoted(let word):
      let hint = Spelling.hint(for: word, among: Self.combiners)
      note(path, "unknown combiner \(word)\(hint); \(Self.allowedCombiners)", at: node.mark)
      return nil
    case .sequence:
      note(path, "expected a combiner, found a list; \(Self.allowedCombiners)", at: node.mark)
      return nil
    case .mapping: break
    }
    let words = ["vote", "mean", "weighted_mean", "max_by", "collect", "call", "map"]
    let companions = ["call": "method", "map": "as"]
    guard let fields = fields(node, at: path, allowed: words + companions.values) else {
      return nil
    }
    let found = words.filter { fields[$0] != nil }
    guard let word = found.first, found.count == 1,
      companions.allSatisfy({ $0.key == word || fields[$0.value] == nil })
    else {
      note(path, "a combiner is one thing; \(Self.allowedCombiners)", at: node.mark)
      return nil
    }
    switch word {
    case "vote": return string("vote", in: fields).map { .vote(field: $0) }
    case "max_by": return string("max_by", in: fields).map { .maxBy(field: $0) }
    case "collect": return string("collect", in: fields).map { .collect(field: $0) }
    case "mean": return names("mean", in: fields).map { .mean(fields: $0) }
    case "weighted_mean": return weightedMean(fields)
    case "map": return map(fields).map(EnsembleNode.Combiner.map)
    default:
      return target("call", of: "a combiner that is called", fields)
        .map { .call(deployment: $0, method: $1) }
    }
  }

  private mutating func weightedMean(_ outer: Fields) -> EnsembleNode.Combiner? {
    let path = outer.path(of: "weighted_mean")
    guard let node = outer["weighted_mean"],
      let fields = fields(node, at: path, allowed: ["fields", "weights"]),
      require(["fields", "weights"], in: fields, of: "weighted_mean")
    else { return nil }
    let names = names("fields", in: fields)
    let weights = each("weights", in: fields, of: "numbers") { reader, element, path in
      reader.number(element, at: path)
    }
    guard let names, let weights else { return nil }
    return .weightedMean(fields: names, weights: weights)
  }

  /// A list of names, or a single one.
  private mutating func names(_ key: String, in fields: Fields) -> [String]? {
    guard let node = fields[key] else { return nil }
    if case .sequence = node.content {
      return strings(node, at: fields.path(of: key), of: "fields")
    }
    return string(key, in: fields).map { [$0] }
  }
}
