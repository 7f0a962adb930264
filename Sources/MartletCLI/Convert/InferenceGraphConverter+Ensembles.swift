// KServe's ensembles: the answers of all steps, each under its step's name.

internal import MartletCore

extension InferenceGraphConverter {
  /// No combiner makes a message of one with each step's answer in a field of its own.
  mutating func ensemble(_ node: Node, _ place: Place) -> GraphNode? {
    for step in node.steps { _ = target(step, place.ending(false)) }
    note(
      node.path,
      "KServe answers with an object that has each step's answer under its name, which no combiner "
        + "says; write an ensemble with one of Martlet's combiners")
    return nil
  }
}
