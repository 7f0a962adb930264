// The ensembles of a graph and their combiners.

internal import MartletCore
internal import MartletSchema

extension GraphCompiler {
  mutating func ensemble(
    _ node: EnsembleNode, input: MessageType?, at path: SpecPath, depth: Int
  ) -> (GraphPlan.Kind, NodeOutput) {
    if node.branches.isEmpty {
      note(path.appending("ensemble"), "an ensemble has at least one branch")
    }
    let list = path.appending("ensemble")
    var branches: [Int] = []
    var outputs: [NodeOutput] = []
    for (position, branch) in node.branches.enumerated() {
      let (index, output) = compile(
        branch, input: input, at: list.appending(position), depth: depth + 1, isOneOfMany: true)
      branches.append(index)
      outputs.append(output)
    }
    guard
      let (combiner, output) = combiner(of: node, answering: outputs, input: input, at: path)
    else { return (standIn(), .unknown) }
    let quorum = if case .first = combiner { 1 } else { node.quorum }
    let plan = GraphPlan.EnsemblePlan(branches: branches, combiner: combiner, quorum: quorum)
    return (.ensemble(plan), output)
  }

  private mutating func combiner(
    of node: EnsembleNode, answering outputs: [NodeOutput], input: MessageType?, at path: SpecPath
  ) -> (GraphPlan.CombinerPlan, NodeOutput)? {
    if case .map(let map) = node.combiner {
      let isRace = outputs.allSatisfy { $0 == .never }
      return mapped(map, node.branches, answering: outputs, at: path.appending("combine"))
        .map { (.map($0), isRace ? .never : .message($1)) }
    }
    var agreement = BranchAgreement(of: "ensemble")
    for (position, output) in outputs.enumerated() {
      let path = path.appending("ensemble").appending(position)
      note(agreement.add(output, "branch \(position)"), at: path)
    }
    let path = path.appending("combine")
    switch agreement.output {
    case .message(let type):
      return combiner(node.combiner, of: type, input: input, at: path).map { ($0, NodeOutput($1)) }
    case .never: return race(node.combiner, at: path)
    case .unknown: return nil
    }
  }

  /// The combiner of branches that all end the graph: whoever is first answers for it.
  private mutating func race(
    _ combiner: EnsembleNode.Combiner, at path: SpecPath
  ) -> (GraphPlan.CombinerPlan, NodeOutput)? {
    switch combiner {
    case .first: return (.first, .never)
    case .merge: return (.merge, .never)
    case .vote, .mean, .weightedMean, .maxBy, .collect, .call, .map:
      note(path, "nothing comes here: every branch always ends with return; say first")
      return nil
    }
  }

  /// A combiner of answers of a type, and what comes of them.
  private mutating func combiner(
    _ combiner: EnsembleNode.Combiner, of type: MessageType, input: MessageType?, at path: SpecPath
  ) -> (GraphPlan.CombinerPlan, MessageType?)? {
    switch combiner {
    case .merge: return (.merge, type)
    case .first: return (.first, type)
    case .vote(let text):
      return resolve(text, in: type, at: path.appending("vote")).map { (.vote($0), type) }
    case .maxBy(let text):
      let path = path.appending("max_by")
      guard let field = resolve(text, in: type, at: path) else { return nil }
      guard field.leaf.kind.isNumeric else {
        note(path, "\(field.leaf.fullName) is \(field.leaf.typeName); max_by takes a number")
        return nil
      }
      return (.maxBy(field), type)
    case .mean(let names):
      let fields = numeric(names, in: type, of: "mean", at: path.appending("mean"))
      return (.mean(fields, weights: nil), type)
    case .weightedMean(let names, let weights):
      let path = path.appending("weighted_mean").appending("fields")
      let fields = numeric(names, in: type, of: "weighted_mean", at: path)
      return (.mean(fields, weights: weights), type)
    case .collect(let name):
      let path = path.appending("collect")
      guard let input, let field = repeatedMessages(name, in: input, at: path) else { return nil }
      if field.messageType != type {
        note(path, "\(field.fullName) is \(field.typeName), but the branches answer \(type)")
      }
      return (.collect(field), input)
    case .call(let deployment, let method):
      return called(deployment, method, answers: type, at: path)
    case .map: preconditionFailure("a map takes answers of several types")
    }
  }

  /// A deployment that gets all answers at once.
  private mutating func called(
    _ deployment: String, _ name: MethodName, answers type: MessageType, at path: SpecPath
  ) -> (GraphPlan.CombinerPlan, MessageType?)? {
    let index = place(at: path)
    let (kind, output) = call(deployment, name, input: nil, at: path)
    nodes[index].kind = kind
    guard let input = schema.method(name)?.input else { return nil }
    let fitting = input.repeatedFields(of: type)
    guard fitting.count == 1 else {
      let count = fitting.isEmpty ? "no repeated field" : "several repeated fields"
      note(
        path.appending("method"),
        "\(name) takes \(input), which has \(count) of \(type); a combiner gets the answers in one")
      return nil
    }
    return (.call(fitting[0], node: index), output.type)
  }

  private mutating func numeric(
    _ names: [String], in type: MessageType, of combiner: String, at path: SpecPath
  ) -> [Field] {
    if names.isEmpty { note(path, "\(combiner) needs at least one field") }
    var fields: [Field] = []
    for (position, name) in names.enumerated() {
      let path = path.appending(position)
      do throws(SchemaError) {
        let field = try type.requireField(name)
        if field.kind.isNumeric {
          fields.append(field)
        } else {
          note(path, "\(field.fullName) is \(field.typeName); \(combiner) takes numbers")
        }
      } catch {
        note(path, error.message)
      }
    }
    return fields
  }
}
