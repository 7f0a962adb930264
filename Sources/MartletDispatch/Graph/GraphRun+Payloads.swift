// Where a running graph looks into payloads: switch, for_each and the combiners.

internal import MartletCore
internal import MartletSchema

/// A status that ends a run from inside.
struct GraphFailure: Error {
  var status: RPCStatus
}

extension GraphRun {
  /// The child that a `switch` takes.
  func choose(
    _ plan: GraphPlan.SwitchPlan, _ payload: Payload, _ node: Int
  ) throws(GraphFailure) -> Int {
    let value = try reading(payload, plan.field.root, at: node) { bytes throws(WireError) in
      try plan.field.read(bytes)
    }
    if let chosen = plan.cases[value] ?? plan.default { return chosen }
    throw failure(
      .failedPrecondition,
      "no case for \(plan.field) = \(plan.field.leaf.spelling(of: value)) of "
        + "\(plan.field.root), and there is no default", at: node)
  }

  /// What a `for_each` runs on.
  func elements(
    _ plan: GraphPlan.ForEachPlan, of payload: Payload, _ node: Int
  ) throws(GraphFailure) -> [[UInt8]] {
    let ranges = try reading(payload, plan.type, at: node) { bytes throws(WireError) in
      try plan.field.elementRanges(in: bytes)
    }
    guard ranges.count <= limits.maxElements else {
      throw failure(
        .resourceExhausted,
        "\(plan.field) has \(ranges.count) elements; a for_each runs on \(limits.maxElements) "
          + "at most", at: node)
    }
    return ranges.map { Array(payload.bytes[$0]) }
  }

  /// The output of a node that gathered all its answers.
  func combine(
    _ node: Int, input: Payload, _ answers: [Payload]
  ) throws(GraphFailure) -> Payload {
    switch plan.nodes[node].kind {
    case .forEach(let plan):
      let bytes = try reading(input, plan.type, at: node) { bytes throws(WireError) in
        try plan.into.replacingElements(in: bytes, with: answers.map(\.bytes))
      }
      return Payload(bytes: bytes, origin: input.origin)
    case .ensemble(_, .merge):
      // Merging is what every protobuf parser does with messages that follow each other.
      return Payload(bytes: answers.flatMap(\.bytes), origin: answers.last?.origin)
    case .ensemble(_, .vote(let field)):
      return try vote(field, answers, at: node)
    case .ensemble(_, .mean(let fields)):
      var result = answers.first ?? input
      for field in fields { result = try mean(field, answers, into: result, at: node) }
      return result
    case .call, .sequence, .switch:
      preconditionFailure("only for_each and ensemble gather answers")
    }
  }

  private func vote(
    _ field: FieldPath, _ answers: [Payload], at node: Int
  ) throws(GraphFailure) -> Payload {
    var counts: [FieldValue: Int] = [:]
    var values: [FieldValue] = []
    for answer in answers {
      let value = try reading(answer, field.root, at: node) { bytes throws(WireError) in
        try field.read(bytes)
      }
      counts[value, default: 0] += 1
      values.append(value)
    }
    let most = counts.values.max() ?? 0
    // Values that tie go to the one with the first branch; that branch's answer stands for them
    // all.
    let winner = values.firstIndex { counts[$0] == most } ?? 0
    return answers[winner]
  }

  private func mean(
    _ field: Field, _ answers: [Payload], into result: Payload, at node: Int
  ) throws(GraphFailure) -> Payload {
    var rows: [[FieldValue]] = []
    for answer in answers {
      rows.append(
        try reading(answer, field.parent, at: node) { bytes throws(WireError) in
          try field.numbers(in: bytes)
        })
    }
    let width = rows.first?.count ?? 0
    if let odd = rows.firstIndex(where: { $0.count != width }) {
      throw failure(
        .failedPrecondition,
        "branch 0 answered \(width) elements of \(field) and branch \(odd) "
          + "\(rows[odd].count); a mean needs as many of each", at: node)
    }
    let means = (0..<width).map { column in
      FieldValue.mean(of: rows.map { $0[column] })
    }
    let bytes = try reading(result, field.parent, at: node) { bytes throws(WireError) in
      try field.replacingNumbers(in: bytes, with: means)
    }
    return Payload(bytes: bytes, origin: result.origin)
  }

  /// Reads a payload; bytes that are not a message are the client's fault, or the deployment's.
  private func reading<Result>(
    _ payload: Payload, _ type: MessageType, at node: Int,
    _ body: ([UInt8]) throws(WireError) -> Result
  ) throws(GraphFailure) -> Result {
    do throws(WireError) {
      return try body(payload.bytes)
    } catch {
      guard let origin = payload.origin,
        case .call(let deployment, let method) = plan.nodes[origin].kind
      else {
        throw failure(.invalidArgument, "the request is not a \(type): \(error)", at: node)
      }
      throw failure(
        .internalError,
        "\(deployment) answered \(method) with bytes that are not a \(type): \(error)", at: node)
    }
  }

  /// A status whose message names the route and the node.
  func failure(_ code: RPCStatus.Code, _ message: String, at node: Int) -> GraphFailure {
    GraphFailure(status: RPCStatus(code, "\(plan.route) at \(plan.nodes[node].path): \(message)"))
  }
}

extension FieldValue {
  /// The mean of numbers of one type. Of integers it is exact and rounded to the nearest, halves
  /// away from zero.
  static func mean(of values: [FieldValue]) -> FieldValue {
    guard let first = values.first else { return .double(0) }
    switch first {
    case .signed:
      return .signed(Int64(clamping: integerMean(of: values)))
    case .unsigned:
      return .unsigned(UInt64(clamping: integerMean(of: values)))
    case .float:
      return .float(Float(values.reduce(0) { $0 + ($1.number ?? 0) } / Double(values.count)))
    case .double:
      return .double(values.reduce(0) { $0 + ($1.number ?? 0) } / Double(values.count))
    case .bool, .string, .bytes, .enumeration:
      return first
    }
  }

  private static func integerMean(of values: [FieldValue]) -> Int128 {
    let sum = values.reduce(Int128(0)) { sum, value in
      switch value {
      case .signed(let number): sum + Int128(number)
      case .unsigned(let number): sum + Int128(number)
      case .bool, .float, .double, .string, .bytes, .enumeration: sum
      }
    }
    let count = Int128(values.count)
    return (2 * sum + sum.signum() * count) / (2 * count)
  }
}
