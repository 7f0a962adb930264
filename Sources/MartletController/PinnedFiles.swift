// The files of a version as they are when it is deployed, whatever becomes of links to them later.
internal import Glibc

/// Resolves symbolic links in what a deploy names, so that one version runs one release: with
/// `current -> releases/7`, replicas that are started after the link was turned to 8 still run 7.
enum PinnedFiles {
  /// A folder without links in its path. The name as it is where there is no such folder here: it may
  /// be one of another machine, on which something else starts the replicas.
  static func folder(_ path: String) -> String {
    resolved(path) ?? path
  }

  /// The words of a command, with the links resolved in the folders of those that name files.
  ///
  /// A link in the last place of a file's name stays: programs go by the name by which they are called,
  /// such as the `python` of a virtual environment. Words that name no file stay as they are.
  static func words(_ words: [String], in directory: String) -> [String] {
    words.enumerated().map { index, word in
      // A program without a slash is looked for in PATH.
      let isSearched = index == 0 && !word.contains("/")
      return isSearched || word.isEmpty ? word : pinned(word, in: directory)
    }
  }

  private static func pinned(_ word: String, in directory: String) -> String {
    let path = word.hasPrefix("/") ? word : "\(directory)/\(word)"
    var status = stat()
    guard stat(path, &status) == 0 else { return word }
    if status.st_mode & S_IFMT == S_IFDIR {
      guard let target = resolved(path), target != plain(path) else { return word }
      return target
    }
    let name = path.split(separator: "/").last ?? ""
    let folder = String(path.dropLast(name.count))
    guard let target = resolved(folder), target != plain(folder) else { return word }
    return target == "/" ? "/\(name)" : "\(target)/\(name)"
  }

  /// The path without links; nil where there is nothing.
  private static func resolved(_ path: String) -> String? {
    // realpath(3): a null second argument has it allocate the result.
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  /// An absolute path without `.`, `..` and empty parts, by its letters alone.
  private static func plain(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}
