// The nodes of a graph that choose a way: switch, splitter and fallback; and for_each.

internal import MartletCore
internal import MartletSchema

extension GraphCompiler {
  mutating func switchNode(
    _ node: SwitchNode, input: MessageType?, at path: SpecPath, depth: Int
  ) -> (GraphPlan.Kind, NodeOutput) {
    let path = path.appending("switch")
    let subject = input.flatMap { self.subject(node.field, in: $0, at: path.appending("on")) }
    if node.cases.isEmpty { note(path.appending("cases"), "a switch has at least one case") }
    var agreement = BranchAgreement(of: "switch")
    var conditions: [(condition: Condition, node: Int)] = []
    var spellings: [Condition: String] = [:]
    for item in node.cases {
      let path = path.appending("cases").appending(item.value)
      let (index, output) = compile(item.node, input: input, at: path, depth: depth + 1)
      note(agreement.add(output, "case \(item.value)"), at: path)
      guard let subject, let condition = condition(item.value, of: subject, at: path) else {
        continue
      }
      if let other = spellings[condition] {
        note(path, "case \(item.value) is the same value as case \(other)")
      } else if let earlier = conditions.first(where: { $0.condition.covers(condition) }) {
        let other = spellings[earlier.condition] ?? ""
        note(path, "case \(item.value) is never taken: case \(other) before it has its values")
      }
      spellings[condition] = item.value
      conditions.append((condition, index))
    }
    var fallback: Int?
    if let node = node.default {
      let path = path.appending("default")
      let (index, output) = compile(node, input: input, at: path, depth: depth + 1)
      note(agreement.add(output, "default"), at: path)
      fallback = index
    }
    guard let subject else { return (standIn(), agreement.output) }
    var plan = GraphPlan.SwitchPlan(
      subject: subject, values: [:], conditions: [], default: fallback)
    if conditions.allSatisfy({ $0.condition.value != nil }) {
      for case (let condition, let index) in conditions {
        if let value = condition.value { plan.values[value] = index }
      }
    } else {
      plan.conditions = conditions
    }
    return (.switch(plan), agreement.output)
  }

  /// What a condition is about: `FIELD`, `has(FIELD)` or a oneof.
  mutating func subject(_ text: String, in type: MessageType, at path: SpecPath) -> Subject? {
    if text.hasPrefix("has("), text.hasSuffix(")") {
      let inner = String(text.dropFirst(4).dropLast())
      return place(inner, in: type, at: path).map(Subject.presence)
    }
    if let oneof = OneofPath(text, in: type) { return .oneof(oneof) }
    guard let place = place(text, in: type, at: path) else { return nil }
    let leaf = place.field
    if leaf.isRepeated || leaf.kind == .message || leaf.kind == .bytes {
      note(
        path,
        "\(leaf.fullName) is \(leaf.typeName); a condition is on a number, bool, string or enum, "
          + "on a oneof, or on whether a field is set: has(\(text))")
      return nil
    }
    return resolve(text, in: type, at: path).map(Subject.value)
  }

  /// A field of any kind.
  mutating func place(_ text: String, in type: MessageType, at path: SpecPath) -> FieldPlace? {
    do throws(SchemaError) {
      return try FieldPlace(text, in: type)
    } catch {
      note(path, error.message)
      return nil
    }
  }

  mutating func resolve(
    _ text: String, in type: MessageType, at path: SpecPath
  ) -> FieldPath? {
    do throws(SchemaError) {
      return try FieldPath(text, in: type)
    } catch {
      note(path, error.message)
      return nil
    }
  }

  /// What a case or the end of a loop says.
  mutating func condition(_ text: String, of subject: Subject, at path: SpecPath) -> Condition? {
    guard let condition = Condition(text, of: subject) else {
      note(path, unfit(text, for: subject))
      return nil
    }
    if case .value(let field) = subject, condition.value != nil,
      field.leaf.kind == .double || field.leaf.kind == .float
    {
      note(
        path,
        "\(field.leaf.fullName) is \(field.leaf.typeName), and whether two of those are equal is "
          + "chance; say < \(text), >= \(text) or a range such as 0.5..<0.8")
      return nil
    }
    if condition.isEmpty {
      note(path, "\(text) holds for no value of \(subject)")
      return nil
    }
    return condition
  }

  /// Why a case means nothing.
  private func unfit(_ text: String, for subject: Subject) -> String {
    switch subject {
    case .presence: return "\(subject) is true or false, not \(text)"
    case .oneof(let path):
      return "\(path) of \(path.root) has no member \(text)"
        + Self.oneOf(path.members.map(\.name), insteadOf: text)
    case .value(let path):
      guard let type = path.leaf.enumType else {
        return "\(text) is not a value of \(path.leaf.fullName), which is \(path.leaf.typeName)"
      }
      return "\(type.fullName) has no value \(text)"
        + Self.oneOf(type.values.map(\.name), insteadOf: text)
    }
  }

  private static func oneOf(_ names: [String], insteadOf text: String) -> String {
    "\(Spelling.hint(for: text, among: names)); allowed: \(names.joined(separator: ", "))"
  }

  mutating func forEach(
    _ node: ForEachNode, input: MessageType?, at path: SpecPath, depth: Int
  ) -> (GraphPlan.Kind, NodeOutput) {
    let field = input.flatMap {
      repeatedMessages(node.field, in: $0, at: path.appending("for_each"))
    }
    let (body, answer) = compile(
      node.body, input: field?.messageType, at: path.appending("do"), depth: depth + 1,
      isOneOfMany: true)
    let into = input.flatMap { self.into(node, of: $0, answer: answer, at: path) }
    let putsNothing = answer == .never && node.into == nil
    guard let field, into != nil || putsNothing else { return (standIn(), NodeOutput(input)) }
    let plan = GraphPlan.ForEachPlan(
      field: field, into: into, body: body, parallelism: node.parallelism)
    return (.forEach(plan), NodeOutput(input))
  }

  mutating func repeatedMessages(
    _ name: String, in type: MessageType, at path: SpecPath
  ) -> Field? {
    do throws(SchemaError) {
      let field = try type.requireField(name)
      if field.isRepeated, field.kind == .message, !field.isMap { return field }
      let others = type.fields.filter { $0.isRepeated && $0.kind == .message && !$0.isMap }
      let hint =
        others.isEmpty
        ? "\(type) has none" : "allowed: \(others.map(\.name).joined(separator: ", "))"
      note(
        path,
        "\(field.fullName) is \(field.isMap ? "a map" : field.typeName), not a repeated message; "
          + hint)
    } catch {
      note(path, error.message)
    }
    return nil
  }

  /// The field that gets the answers: the one that was named, or the only one that can take them.
  private mutating func into(
    _ node: ForEachNode, of type: MessageType, answer: NodeOutput, at path: SpecPath
  ) -> Field? {
    if let name = node.into {
      let path = path.appending("into")
      guard let field = repeatedMessages(name, in: type, at: path) else { return nil }
      if let answer = answer.type, field.messageType != answer {
        note(path, "\(field.fullName) is \(field.typeName), but the body answers \(answer)")
      }
      return field
    }
    guard let answer = answer.type else { return nil }
    let fitting = type.repeatedFields(of: answer)
    let path = path.appending("for_each")
    switch fitting.count {
    case 1: return fitting[0]
    case 0:
      note(path, "the body answers \(answer), but \(type) has no repeated field of it to put it in")
    default:
      note(
        path,
        "\(type) has several repeated fields of \(answer); say into: "
          + fitting.map(\.name).joined(separator: " or into: "))
    }
    return nil
  }

  mutating func splitter(
    _ node: SplitterNode, input: MessageType?, at path: SpecPath, depth: Int
  ) -> (GraphPlan.Kind, NodeOutput) {
    var agreement = BranchAgreement(of: "splitter")
    var plan = GraphPlan.SplitterPlan(shares: [], sticky: nil, salt: splitterSalt(at: path))
    for (position, share) in node.shares.enumerated() {
      let path = path.appending("splitter").appending(position).appending("do")
      let (index, output) = compile(share.node, input: input, at: path, depth: depth + 1)
      note(agreement.add(output, "share \(position)"), at: path)
      plan.shares.append((share.weight, index))
    }
    switch node.sticky {
    case .field(let name):
      let path = path.appending("by")
      plan.sticky = input.flatMap { resolve(name, in: $0, at: path) }.map { .field($0) }
    case .metadata(let key): plan.sticky = .metadata(key)
    case nil: break
    }
    return (.splitter(plan), agreement.output)
  }

  /// Of the splitter that is compiled: by its route and its name, or its place in the graph of the route,
  /// wherever the file has that.
  private func splitterSalt(at path: SpecPath) -> UInt64 {
    let route = callers.last?.description ?? ""
    let place =
      nodes.last?.name.map { "name \($0)" }
      ?? "path \(SpecPath(Array(path.steps.dropFirst(routeDepth))))"
    return stableHash(Array("\(route) \(place)".utf8), salt: 0)
  }

  mutating func fallback(
    _ branches: [GraphNode], input: MessageType?, at path: SpecPath, depth: Int
  ) -> (GraphPlan.Kind, NodeOutput) {
    var agreement = BranchAgreement(of: "fallback")
    var indices: [Int] = []
    for (position, branch) in branches.enumerated() {
      let path = path.appending("fallback").appending(position)
      if position + 1 < branches.count, branch.neverFails {
        note(
          branch.options.onError == .fail ? path : path.appending("on_error"),
          "a branch that never fails; the ones behind it are never asked")
      }
      let (index, output) = compile(branch, input: input, at: path, depth: depth + 1)
      note(agreement.add(output, "branch \(position)"), at: path)
      indices.append(index)
    }
    return (.fallback(indices), agreement.output)
  }

  mutating func note(_ message: String?, at path: SpecPath) {
    if let message { note(path, message) }
  }
}

/// The one type that all branches of a node answer, but for those that end the graph.
struct BranchAgreement {
  private let node: String
  private var first: (name: String, type: MessageType)?
  /// What comes out while no branch answers.
  private var others: NodeOutput?

  init(of node: String) {
    self.node = node
  }

  var output: NodeOutput {
    if let first { .message(first.type) } else { others ?? .unknown }
  }

  /// Notes what a branch answers; returns what is wrong with it.
  mutating func add(_ output: NodeOutput, _ name: String) -> String? {
    guard case .message(let type) = output else {
      others = others == .unknown ? .unknown : output
      return nil
    }
    guard let first else {
      first = (name, type)
      return nil
    }
    guard first.type != type else { return nil }
    return "\(name) answers \(type), but \(first.name) answers \(first.type); "
      + "all branches of the \(node) answer the same type"
  }
}

extension GraphNode {
  /// Whether the node answers or ends the graph whatever happens, as far as that is plain to see.
  fileprivate var neverFails: Bool {
    if options.onError != .fail { return true }
    return switch kind {
    case .return, .mirror: true
    case .sequence(let steps): steps.allSatisfy(\.neverFails)
    case .call, .switch, .splitter, .forEach, .ensemble, .fallback, .hedge, .loop, .map, .route:
      false
    }
  }
}

extension MessageType {
  /// The fields that hold any number of messages of a type.
  func repeatedFields(of type: MessageType) -> [Field] {
    fields.filter { $0.isRepeated && !$0.isMap && $0.messageType == type }
  }
}
