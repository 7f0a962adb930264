// Where a running graph looks into payloads: conditions, splitters, for_each and the combiners.

internal import MartletCore
internal import MartletSchema

/// What comes of the answers of a gathering.
enum Combined {
  case message(GraphPayload)
  /// A node, a call, that takes this has the last word.
  case question(GraphPayload, node: Int)
}

extension GraphRun {
  /// The child that a `switch` takes.
  func choose(
    _ plan: GraphPlan.SwitchPlan, _ payload: Payload, _ node: Int
  ) throws(GraphFailure) -> Int {
    let value = try self.value(of: plan.subject, in: payload, at: node)
    let matching =
      plan.conditions.isEmpty
      ? plan.values[value] : plan.conditions.first { $0.condition.holds(for: value) }?.node
    if let chosen = matching ?? plan.default { return chosen }
    throw failure(
      .failedPrecondition,
      "no case for \(plan.subject) = \(plan.subject.spelling(of: value)) of "
        + "\(plan.subject.root), and there is no default", at: node)
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

  /// Gives up on answers that go into one message as soon as they are too many.
  func checkJoined(_ gathering: GraphFrame.Gathering, _ node: Int) throws(GraphFailure) {
    guard gathering.bytes > limits.maxMessageBytes else { return }
    switch plan.nodes[node].kind {
    case .ensemble(let plan):
      switch plan.combiner {
      case .merge, .collect, .call: break
      // Of these one answer is taken, or some fields.
      case .vote, .mean, .maxBy, .first, .map: return
      }
    default: break
    }
    throw failure(
      .resourceExhausted,
      "the answers have more than \(limits.maxMessageBytes) bytes together, the limit of a message "
        + MessageLimit.settings,
      at: node)
  }

  /// A message that the graph made of others.
  private func made(
    _ bytes: [UInt8], _ origin: Int?, _ sources: [GraphLeg], at node: Int
  ) throws(GraphFailure) -> Payload {
    guard bytes.count <= limits.maxMessageBytes else {
      throw failure(
        .resourceExhausted,
        "the message that it makes has \(bytes.count) bytes, beyond the limit of "
          + "\(limits.maxMessageBytes) \(MessageLimit.settings)", at: node)
    }
    return Payload(bytes: bytes, origin: origin, sources: sources)
  }

  /// The output of a node that gathered its answers.
  func combine(
    _ node: Int, input: Payload, _ gathering: GraphFrame.Gathering, _ back: Return
  ) throws(GraphFailure) -> Combined {
    let answers = gathering.answers.compactMap { $0 }
    switch plan.nodes[node].kind {
    case .forEach(let plan):
      guard let into = plan.into else { return .message(input) }
      return .message(try putting(answers, into: into, of: input, at: node))
    case .ensemble(let plan):
      guard let first = answers.first else {
        let last =
          gathering.lastFailure.map { "; the last one: \($0.code.name): \($0.message)" } ?? ""
        // What all of them say would be said again: it is not to be taken for a want of replicas.
        let code = gathering.sharedCode ?? .unavailable
        throw failure(code, "every branch of the ensemble failed\(last)", at: node)
      }
      switch plan.combiner {
      case .merge:
        // Merging is what every protobuf parser does with messages that follow each other.
        return .message(
          try made(
            answers.flatMap(\.bytes), answers.last?.origin, answers.flatMap(\.sources), at: node))
      case .first: return .message(first)
      case .vote(let field): return .message(try vote(field, answers, at: node))
      case .maxBy(let field): return .message(try largest(field, answers, at: node))
      case .mean(let fields, let weights):
        let weights = weights.map { all in
          gathering.answers.indices.filter { gathering.answers[$0] != nil }.map { all[$0] }
        }
        var result = first
        for field in fields {
          result = try mean(field, answers, weights, into: result, at: node)
        }
        result.sources = answers.flatMap(\.sources)
        return .message(result)
      case .collect(let field):
        return .message(try putting(answers, into: field, of: input, at: node))
      case .call(let field, let call):
        var bytes: [UInt8] = []
        bytes.reserveCapacity(answers.reduce(0) { $0 + $1.bytes.count + 10 })
        for answer in answers { bytes.appendField(field.number, answer.bytes) }
        return .question(try made(bytes, first.origin, [], at: node), node: call)
      case .map(let plan):
        var result = try map(plan, back, at: node) { gathering.answers[$0] }
        result.sources = answers.flatMap(\.sources)
        return .message(result)
      }
    default:
      preconditionFailure("only for_each and ensemble gather answers")
    }
  }

  /// The message that a `map` makes of its input.
  func map(
    _ plan: GraphPlan.MapPlan, _ payload: Payload, of type: MessageType, _ back: Return, _ node: Int
  ) throws(GraphFailure) -> Payload {
    var result = try map(plan, back, at: node) { _ in payload }
    result.origin = payload.origin
    result.sources = payload.sources
    return result
  }

  /// `message` is the input, or the answer of a branch.
  private func map(
    _ plan: GraphPlan.MapPlan, _ back: Return, at node: Int, _ message: (Int) -> Payload?
  ) throws(GraphFailure) -> Payload {
    var bytes: [UInt8] = []
    for part in plan.parts {
      guard case .copy(let copy, let origin) = part else {
        if case .constant(let constant) = part { bytes += constant }
        continue
      }
      let source: Payload? =
        switch origin {
        case .input: message(0)
        case .branch(let branch): message(branch)
        case .request: request(around: back)
        }
      guard let source else { continue }
      bytes += try reading(source, copy.root, at: node) { message throws(WireError) in
        var part: [UInt8] = []
        try copy.append(from: message, to: &part)
        return part
      }
    }
    return try made(bytes, nil, [], at: node)
  }

  private func putting(
    _ answers: [Payload], into field: Field, of input: Payload, at node: Int
  ) throws(GraphFailure) -> Payload {
    let bytes = try reading(input, field.parent, at: node) { bytes throws(WireError) in
      try field.replacingElements(in: bytes, with: answers.map(\.bytes))
    }
    let sources = input.sources + answers.flatMap(\.sources)
    return try made(bytes, input.origin, sources, at: node)
  }

  /// The child that a splitter takes.
  mutating func draw(
    _ plan: GraphPlan.SplitterPlan, _ payload: Payload, _ node: Int
  ) throws(GraphFailure) -> Int {
    let hash: UInt64? =
      switch plan.sticky {
      case .field(let field):
        try valueIfThere(of: field, in: payload, at: node)
          .map { stableHash($0.stableBytes, salt: plan.salt) }
      case .metadata(let key): metadata[key].map { stableHash($0, salt: plan.salt) }
      case nil: nil
      }
    var point = Int((hash ?? random.next()) % 100)
    for share in plan.shares {
      if point < share.weight { return share.node }
      point -= share.weight
    }
    preconditionFailure("weights add up to 100")
  }

  /// Whether the condition of a loop holds.
  func holds(
    _ plan: GraphPlan.LoopPlan, _ payload: Payload, _ node: Int
  ) throws(GraphFailure) -> Bool {
    let value = try self.value(of: plan.subject, in: payload, at: node)
    return plan.condition.holds(for: value)
  }

  private func largest(
    _ field: FieldPath, _ answers: [Payload], at node: Int
  ) throws(GraphFailure) -> Payload {
    var best: (value: FieldValue, answer: Payload)?
    for answer in answers {
      let value = try self.value(of: field, in: answer, at: node)
      // A NaN is larger than nothing, and everything is larger than a NaN.
      if let best, !best.value.isLess(than: value), best.value.number?.isNaN != true { continue }
      best = (value, answer)
    }
    return best?.answer ?? answers[0]
  }

  private func vote(
    _ field: FieldPath, _ answers: [Payload], at node: Int
  ) throws(GraphFailure) -> Payload {
    var counts: [FieldValue: Int] = [:]
    var values: [FieldValue] = []
    for answer in answers {
      let value = try self.value(of: field, in: answer, at: node)
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
    _ field: Field, _ answers: [Payload], _ weights: [Double]?, into result: Payload, at node: Int
  ) throws(GraphFailure) -> Payload {
    var rows: [[FieldValue]] = []
    for answer in answers {
      rows.append(
        try reading(answer, field.parent, at: node) { bytes throws(WireError) in
          try field.numbersIfSet(in: bytes)
        })
    }
    if !field.isRepeated {
      // What nobody has said stays unsaid. Beside answers that say it, the default counts.
      if rows.allSatisfy(\.isEmpty) { return result }
      for index in rows.indices where rows[index].isEmpty { rows[index] = [field.defaultValue] }
    }
    let width = rows.first?.count ?? 0
    if let odd = rows.firstIndex(where: { $0.count != width }) {
      throw failure(
        .failedPrecondition,
        "branch 0 answered \(width) elements of \(field) and branch \(odd) "
          + "\(rows[odd].count); a mean needs as many of each", at: node)
    }
    let means = (0..<width).map { column in
      FieldValue.mean(of: rows.map { $0[column] }, weights)
    }
    let bytes = try reading(result, field.parent, at: node) { bytes throws(WireError) in
      try field.replacingNumbers(in: bytes, with: means)
    }
    return Payload(bytes: bytes, origin: result.origin)
  }

  private func value(
    of subject: Subject, in payload: Payload, at node: Int
  ) throws(GraphFailure) -> FieldValue {
    try reading(payload, subject.root, at: node) { bytes throws(WireError) in
      try subject.read(bytes)
    }
  }

  private func value(
    of field: FieldPath, in payload: Payload, at node: Int
  ) throws(GraphFailure) -> FieldValue {
    try reading(payload, field.root, at: node) { bytes throws(WireError) in
      try field.read(bytes)
    }
  }

  /// As `value`, but nil for a field with presence that is not set.
  private func valueIfThere(
    of field: FieldPath, in payload: Payload, at node: Int
  ) throws(GraphFailure) -> FieldValue? {
    guard field.leaf.hasPresence else { return try value(of: field, in: payload, at: node) }
    return try reading(payload, field.root, at: node) { bytes throws(WireError) in
      try field.readIfSet(bytes)
    }
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
        case .call(let callee) = plan.nodes[origin].kind
      else {
        throw failure(.invalidArgument, "the request is not a \(type): \(error)", at: node)
      }
      throw failure(
        .internalError,
        "\(callee.deployment) answered \(callee.method) with bytes that are not a \(type): \(error)",
        at: node)
    }
  }

  /// A status whose message names the route and the node.
  func failure(_ code: RPCStatus.Code, _ message: String, at node: Int) -> GraphFailure {
    let name = plan.nodes[node].name.map { " (\($0))" } ?? ""
    return GraphFailure(
      status: RPCStatus(code, "\(plan.route) at \(plan.nodes[node].path)\(name): \(message)"))
  }
}

extension FieldValue {
  /// The same bytes for the same value, now and ever.
  fileprivate var stableBytes: [UInt8] {
    switch self {
    case .bool(let value): [value ? 1 : 0]
    case .signed(let value): Array("\(value)".utf8)
    case .unsigned(let value): Array("\(value)".utf8)
    case .float(let value): Array("\(value)".utf8)
    case .double(let value): Array("\(value)".utf8)
    case .string(let value): Array(value.utf8)
    case .bytes(let value): value
    case .enumeration(let value): Array("\(value)".utf8)
    }
  }

  /// The mean of numbers of one type. Of integers it is exact and rounded to the nearest, halves
  /// away from zero.
  static func mean(of values: [FieldValue], _ weights: [Double]? = nil) -> FieldValue {
    guard let first = values.first else { return .double(0) }
    if let weights { return weightedMean(of: values, weights) }
    switch first {
    case .signed:
      return .signed(Int64(clamping: integerMean(of: values)))
    case .unsigned:
      return .unsigned(UInt64(clamping: integerMean(of: values)))
    case .float: return .float(Float(floatMean(of: values)))
    case .double: return .double(floatMean(of: values))
    case .bool, .string, .bytes, .enumeration:
      return first
    }
  }

  private static func floatMean(of values: [FieldValue]) -> Double {
    let numbers = values.map { $0.number ?? 0 }
    let count = Double(numbers.count)
    let sum = numbers.reduce(0, +)
    guard !sum.isFinite, numbers.allSatisfy(\.isFinite) else { return sum / count }
    // Their sum is no double, but their mean is.
    let most = Double.greatestFiniteMagnitude
    return min(max(numbers.reduce(0) { $0 + $1 / count }, -most), most)
  }

  /// Of integers the nearest one. Weights that are all 0, because the branches that count failed, count
  /// the same.
  private static func weightedMean(of values: [FieldValue], _ weights: [Double]) -> FieldValue {
    let total = weights.reduce(0, +)
    guard total > 0 else { return mean(of: values) }
    if let first = values.first?.integer, values.contains(where: { !$0.isExactAsDouble }) {
      // From the first one on, since differences of large integers are small.
      let offset = zip(values, weights).reduce(0) { sum, next in
        sum + Double((next.0.integer ?? first) - first) * (next.1 / total)
      }
      let mean = first + (Int128(exactly: offset.rounded()) ?? 0)
      if case .signed = values[0] { return .signed(Int64(clamping: mean)) }
      return .unsigned(UInt64(clamping: mean))
    }
    let mean = zip(values, weights).reduce(0) { $0 + ($1.0.number ?? 0) * ($1.1 / total) }
    switch values[0] {
    case .signed: return .signed(Int64(clamping: mean.rounded()))
    case .unsigned: return .unsigned(UInt64(clamping: mean.rounded()))
    case .float: return .float(Float(mean))
    case .double: return .double(mean)
    case .bool, .string, .bytes, .enumeration: return values[0]
    }
  }

  private var integer: Int128? {
    switch self {
    case .signed(let number): Int128(number)
    case .unsigned(let number): Int128(number)
    case .bool, .float, .double, .string, .bytes, .enumeration: nil
    }
  }

  /// False for integers between which and the next one there may be no double.
  private var isExactAsDouble: Bool { (integer?.magnitude ?? 0) <= 1 << 53 }

  private static func integerMean(of values: [FieldValue]) -> Int128 {
    let sum = values.reduce(Int128(0)) { $0 + ($1.integer ?? 0) }
    let count = Int128(values.count)
    return (2 * sum + sum.signum() * count) / (2 * count)
  }
}

extension Int64 {
  /// The nearest value; 0 for a NaN.
  fileprivate init(clamping value: Double) {
    self = value.isNaN ? 0 : value >= 0x1p63 ? .max : value <= -0x1p63 ? .min : Int64(value)
  }
}

extension UInt64 {
  /// The nearest value; 0 for a NaN.
  fileprivate init(clamping value: Double) {
    self = value.isNaN || value <= 0 ? 0 : value >= 0x1p64 ? .max : UInt64(value)
  }
}
