// The files of a version as they are when it is deployed, whatever becomes of links to them later.
internal import Glibc
internal import MartletCore

/// Resolves symbolic links in what a deploy names, so that one version runs one release: with
/// `current -> releases/7`, replicas that are started after the link was turned to 8 still run 7.
///
/// A link in the last place of a file's name stays everywhere: programs go by the name by which they are called,
/// such as the `python` of a virtual environment, and what is renewed behind such a link, such as a certificate,
/// has to be found.
struct PinnedFiles: Sendable {
  /// The folder of the app file without links in its path: replicas start in it.
  let directory: String

  /// Folders whose links are those of releases: that of the app file, and those that hold a link on the way to it.
  /// Links elsewhere are the machine's, and are followed when a program opens the file.
  private let roots: [String]

  /// - Parameter path: the folder of the app file, as the deploy names it.
  init(directory path: String) {
    directory = Self.folder(path)
    let above = Self.links(in: path).map { link in
      String(link[..<(link.lastIndex(of: "/") ?? link.startIndex)])
    }
    // A link in the root of the file system is the machine's, such as /bin.
    roots = ([directory] + above).filter { $0.count > 1 }
  }

  /// A folder without links in its path. The name as it is where there is no such folder here: it may
  /// be one of another machine, on which something else starts the replicas.
  static func folder(_ path: String) -> String {
    resolved(path) ?? path
  }

  // MARK: Words of a command

  /// The words of a command, with the links resolved in the folders of those that name files: as a whole, or
  /// behind the first `=`. Words that name no file stay as they are.
  func words(_ words: [String]) -> [String] {
    words.enumerated().map { index, word in
      // A program without a slash is looked for in PATH.
      if index == 0 && !word.contains("/") || word.isEmpty { return word }
      let whole = pinned(word, isOfRelease: { _ in true })
      guard whole == word, index > 0, let mark = word.firstIndex(of: "=") else { return whole }
      let value = String(word[word.index(after: mark)...])
      return word[...mark] + pathValue(value)
    }
  }

  // MARK: Values

  /// The texts in `env` and `user_config` that name files through links of releases, and what they become. Names of
  /// members are no paths, and a text with a reference is one only when a replica starts.
  func resolutions(of deployment: DeploymentSpec) -> [String: String] {
    var texts = Set(deployment.environment.values)
    Self.collect(deployment.userConfig, &texts)
    var resolutions: [String: String] = [:]
    for text in texts where !text.contains("$") {
      let value = pathValue(text)
      // It would be taken for a reference.
      if value != text, !value.contains("$") { resolutions[text] = value }
    }
    return resolutions
  }

  private static func collect(_ value: ConfigValue, _ texts: inout Set<String>) {
    switch value {
    case .string(let text): texts.insert(text)
    case .array(let elements): for element in elements { collect(element, &texts) }
    case .object(let members): for member in members.values { collect(member, &texts) }
    case .null, .bool, .integer, .unsigned, .number: break
    }
  }

  /// A path, or several with colons between them as in PYTHONPATH. A text without a slash is none: it may say
  /// anything.
  private func pathValue(_ text: String) -> String {
    guard text.contains("/") else { return text }
    let whole = valuePath(text)
    guard whole == text, text.contains(":") else { return whole }
    return text.split(separator: ":", omittingEmptySubsequences: false)
      .map { valuePath(String($0)) }.joined(separator: ":")
  }

  private func valuePath(_ text: String) -> String {
    // `file:///srv/current/weights`, of which this is the end.
    if text.hasPrefix("//") { return "//" + valuePath(String(text.dropFirst(2))) }
    guard text.contains("/") else { return text }
    return pinned(text) { link in
      roots.contains { root in link.hasPrefix(root + "/") }
    }
  }

  // MARK: Paths

  /// A path that exists, with links in its folders resolved if one of them counts; others as they are.
  private func pinned(_ text: String, isOfRelease: (String) -> Bool) -> String {
    let path = text.hasPrefix("/") ? text : "\(directory)/\(text)"
    var status = stat()
    guard stat(path, &status) == 0 else { return text }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    let name = isFolder ? "" : String(path.split(separator: "/").last ?? "")
    let folder = String(path.dropLast(name.count))
    guard Self.links(in: folder).contains(where: isOfRelease), let target = Self.resolved(folder),
      // What a process sees of itself there is another one's for a replica.
      !["/proc", "/dev", "/sys"].contains(where: { target == $0 || target.hasPrefix("\($0)/") })
    else { return text }
    if isFolder { return target }
    return target == "/" ? "/\(name)" : "\(target)/\(name)"
  }

  /// The links among the parts of an absolute path, each by the folder in which it really lies.
  private static func links(in path: String) -> [String] {
    var links: [String] = []
    var above = ""
    for name in path.split(separator: "/") where name != "." {
      let part = "\(above)/\(name)"
      if name != "..", isLink(part), let folder = resolved(above.isEmpty ? "/" : above) {
        links.append(folder == "/" ? "/\(name)" : "\(folder)/\(name)")
      }
      above = part
    }
    return links
  }

  private static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// The path without links; nil where there is nothing.
  private static func resolved(_ path: String) -> String? {
    // realpath(3): a null second argument has it allocate the result.
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }
}

extension DeploymentSpec {
  /// Puts other texts in the place of some, in `env` and `user_config`.
  mutating func resolve(_ resolutions: [String: String]) {
    guard !resolutions.isEmpty else { return }
    environment = environment.mapValues { resolutions[$0] ?? $0 }
    userConfig = userConfig.replacing(resolutions)
  }
}

extension ConfigValue {
  fileprivate func replacing(_ texts: [String: String]) -> ConfigValue {
    switch self {
    case .string(let text): .string(texts[text] ?? text)
    case .array(let elements): .array(elements.map { $0.replacing(texts) })
    case .object(let members): .object(members.mapValues { $0.replacing(texts) })
    case .null, .bool, .integer, .unsigned, .number: self
    }
  }
}
