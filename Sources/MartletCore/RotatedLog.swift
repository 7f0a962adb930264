// How a log that was cut is kept: names and marks that its writer and its readers share.

/// A log that grows too long begins anew; its end is kept in a second file, whose first line says how much
/// is missing in front of it.
package enum RotatedLog {
  /// Where the end of the log at `path` is kept.
  package static func path(of path: String) -> String { "\(path).1" }

  private static let begin = "[martlet: the "
  private static let end = " bytes before this were cut]"

  /// The first line of the kept end, with its line feed.
  package static func mark(cutBytes: Int64) -> String { "\(begin)\(cutBytes)\(end)\n" }

  /// What `mark` says; nil for another line.
  package static func cutBytes(_ line: some StringProtocol) -> Int64? {
    guard line.hasPrefix(begin), line.hasSuffix(end) else { return nil }
    return Int64(line.dropFirst(begin.count).dropLast(end.count))
  }

  /// What stands in place of the end of a line that is too long to be shown.
  package static func cutLine(_ bytes: Int) -> String { " … [\(bytes) bytes cut]" }
}
