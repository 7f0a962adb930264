// Why nothing of a file is converted.

/// What is wrong, a line each; in the file, lines begin with FILE:LINE:COLUMN.
package struct ConversionError: Error, Hashable, Sendable {
  package enum Place: Hashable, Sendable {
    case file
    case options
  }

  package var place: Place
  package var lines: [String]

  init(_ place: Place, _ lines: String...) {
    self.init(place, lines: lines)
  }

  init(_ place: Place, lines: [String]) {
    self.place = place
    self.lines = lines
  }
}
