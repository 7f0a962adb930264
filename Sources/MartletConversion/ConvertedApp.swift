// An app that was converted, and its text.

package import MartletCore

package struct ConvertedApp {
  package let spec: AppSpec

  /// The app file.
  package var yaml: String { AppFile.yaml(for: spec) }

  /// The app file, with what it does not say in front.
  ///
  /// - Parameter source: the file that it was.
  package func text(from source: String, unsaid: [String]) -> String {
    guard !unsaid.isEmpty else { return yaml }
    let lines =
      ["Converted from \(source) by martlet convert, but for:"] + unsaid.map { "  \($0)" }
    return lines.map(Self.comment).joined() + yaml
  }

  /// Keys and values of a file may hold what would end a comment, and what YAML does not take even there
  /// (YAML 1.2.2, 5.1 "Character set").
  private static func comment(_ line: String) -> String {
    var text = "# "
    for scalar in line.unicodeScalars {
      switch scalar {
      case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": text += " "
      case "\u{0}"..<"\t", "\u{B}"..<" ", "\u{7F}"..<"\u{A0}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}":
        text += "\u{FFFD}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\n"
  }
}
