// What people see: lines on stdout and stderr, tables, and progress of what takes long.

internal import Glibc
internal import MartletCore

enum Terminal {
  /// One line, or several, on stdout.
  static func print(_ text: String) {
    write(text + "\n", to: STDOUT_FILENO)
  }

  /// One line on stderr, or several. They have words of files and deployments in them.
  static func complain(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    write(lines.map { String($0).printable + "\n" }.joined(), to: STDERR_FILENO)
  }

  /// All of `text`; what a closed pipe does not take is dropped.
  static func write(_ text: String, to descriptor: Int32) {
    write(Array(text.utf8), to: descriptor)
  }

  static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      guard count > 0 else {
        if count < 0 && errno == EINTR { continue }
        return
      }
      start += count
    }
  }
}

/// Rows under a header, each column as wide as its widest cell.
struct Table {
  var rows: [[String]]

  init(_ header: [String]) {
    rows = [header]
  }

  mutating func add(_ cells: String...) {
    rows.append(cells)
  }

  /// Columns are two spaces apart; lines have no spaces at their end. Only the first line of a cell is
  /// shown.
  var text: String {
    let cells = rows.map { row in
      row.map { cell in String(cell.prefix { !$0.isNewline }).printable }
    }
    let columns = cells.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      cells.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0
    }
    return cells.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        line += cell
        if column + 1 < row.count {
          line += String(repeating: " ", count: widths[column] - cell.count + 2)
        }
      }
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }
}

/// Says on stderr what is being waited for, when that takes over a second: on a terminal one line that
/// changes, else a line now and then.
struct Progress {
  private static let silence = Duration.seconds(1)
  private static let pauseOffTerminal = Duration.seconds(10)

  private let started = ContinuousClock.now
  private var lastShown: ContinuousClock.Instant?
  private var lastText = ""
  private let isTerminal = isatty(STDERR_FILENO) == 1

  mutating func show(_ text: @autoclosure () -> String) {
    let now = ContinuousClock.now
    guard now - started >= Self.silence else { return }
    if !isTerminal, let lastShown, now - lastShown < Self.pauseOffTerminal { return }
    let text = text()
    guard text != lastText || !isTerminal else { return }
    lastShown = now
    lastText = text
    // CSI K clears what a longer line left behind.
    Terminal.write(isTerminal ? "\r\(text)\u{1B}[K" : text + "\n", to: STDERR_FILENO)
  }

  /// Takes the changing line away.
  mutating func end() {
    if isTerminal, lastShown != nil { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) }
    lastShown = nil
  }
}
