// KServe's ensembles: the answers of all steps, each under its step's name.

internal import MartletCore

extension InferenceGraphConverter {
  /// Every step at once on the node's input. A hard step that fails fails the node; others are left out.
  mutating func ensemble(_ node: Node, _ place: Place) -> GraphNode? {
    var branches: [GraphNode] = []
    var fields: [MapNode.Assignment] = []
    for (index, step) in node.steps.enumerated() {
      guard var graph = target(step, place.ending(false)) else { continue }
      // KServe's word for a step without a name is its number, which no field can have.
      let field = Self.fieldName(step.name ?? "step_\(index)")
      guard !fields.contains(where: { $0.field == field }) else {
        note(
          step.path.appending("name"),
          "an earlier step's answer is in the field \(field) already; give the step another name")
        continue
      }
      let name = graph.options.name ?? unused("step_\(index)", in: place.node)
      graph.options.name = name
      if step.dependency != .hard { graph.options.onError = .skip }
      branches.append(graph)
      fields.append(MapNode.Assignment(field: field, source: .path(name)))
    }
    guard let type = conversion.options.answers[place.node] else {
      note(
        node.path,
        "KServe answers with an object that has each step's answer under its name, and which message "
          + "that is nobody says; say --answer \(place.node)=package.Message")
      return nil
    }
    guard !branches.isEmpty else { return nil }
    let combiner = EnsembleNode.Combiner.map(MapNode(fields: fields, type: type))
    return .ensemble(EnsembleNode(branches: branches, combiner: combiner))
  }

  private static func fieldName(_ name: String) -> String {
    String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }
}
