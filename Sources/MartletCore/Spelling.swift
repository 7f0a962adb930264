// Which of the valid names somebody meant.

/// Guesses for messages about names that do not exist.
public enum Spelling {
  /// The name that needs the fewest edits to become `name`, when there is one near enough to be meant:
  /// at most a third of its letters differ, and never more than 4. Of equals the first.
  public static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let limit = min(4, max(1, max(name.count, candidate.count) / 3))
      let distance = editDistance(name, candidate)
      if distance <= limit, distance < (best?.distance ?? .max) { best = (candidate, distance) }
    }
    return best?.name
  }

  /// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other
  /// (Damerau-Levenshtein, each letter edited once). Only the first 128 letters count.
  public static func editDistance(_ first: String, _ second: String) -> Int {
    let first = Array(first.lowercased().prefix(128))
    let second = Array(second.lowercased().prefix(128))
    var beforeLast: [Int] = []
    var last = Array(0...second.count)
    for row in first.indices {
      var current = [row + 1]
      for column in second.indices {
        let replaced = last[column] + (first[row] == second[column] ? 0 : 1)
        var best = min(replaced, last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
          best = min(best, beforeLast[column - 1] + 1)
        }
        current.append(best)
      }
      beforeLast = last
      last = current
    }
    return last[second.count]
  }

  /// `; did you mean X?` or nothing, to end a message with.
  public static func hint(for name: String, among candidates: some Sequence<String>) -> String {
    nearest(to: name, among: candidates).map { "; did you mean \($0)?" } ?? ""
  }

  /// Names the first word of a command line, or the word after `help`, if it should be a subcommand and is
  /// none; nil for options and for subcommands.
  package static func unknownSubcommand(
    _ arguments: [String], among names: some Sequence<String>
  ) -> String? {
    let word = arguments.first == "help" ? arguments.dropFirst().first : arguments.first
    guard let word, !word.hasPrefix("-"), word != "help", !names.contains(word) else { return nil }
    return "unknown subcommand '\(word.printable)'\(hint(for: word, among: names))"
  }
}
