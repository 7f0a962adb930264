// A version for each deployment's code, so that only what changed starts anew.
internal import FoundationEssentials
private import Glibc
internal import MartletCore

/// Computes the `code_version` of deployments from what the linker was given.
enum CodeVersions {
  /// Objects of one program; more are no program that anybody saves and rolls.
  private static let mostObjects = 100_000

  /// Digits of a version: of 64 bits, two are the same by chance once in 10^19 times.
  private static let digits = 16

  /// The app with the versions, where there are some. What is without one starts anew whenever the program
  /// changes.
  ///
  /// - Parameter complain: told once why there are none, or not of all.
  static func added<App: Application>(
    to spec: AppSpec, of app: App, complain: (String) -> Void
  ) -> AppSpec {
    var spec = spec
    do {
      let versions = try of(app.deployments, app: App.self)
      for index in spec.deployments.indices {
        spec.deployments[index].codeVersion = versions[spec.deployments[index].name]
      }
      let others = spec.deployments.filter { $0.codeVersion == nil }.map(\.name)
      if !others.isEmpty {
        complain(
          "no code version of \(others.joined(separator: ", ")), whose types are private, generic or "
            + "in no object file; they roll whenever the program changes")
      }
    } catch {
      complain("no code versions: \(error); every deployment rolls whenever the program changes")
    }
    return spec
  }

  /// The versions by deployment.
  private static func of(
    _ deployments: [Deployment], app: Any.Type
  ) throws -> [String: String] {
    let list = LinkFileList.path(of: try ThisProgram.path())
    let objects = try objects(in: list)
    let tools = try ObjectTools()
    let (symbols, digests) = try tools.examine(list: list, objects: objects)
    try checkTimes(of: objects)
    let table = symbols.withUnsafeBytes { SymbolTable($0) }
    guard let app = _mangledTypeName(app), let role = _mangledTypeName(Role.self),
      table["$s\(role)Mn"] != nil
    else {
      throw NoCodeVersions(description: "\(list) is without Martlet's own objects")
    }
    let graph = CodeGraph(table, app: app, role: role)
    let digest = Dictionary(zip(objects, digests)) { first, _ in first }
    if let other = table.objects.first(where: { digest[$0.path] == nil }) {
      throw NoCodeVersions(description: "nm tells of \(other.path), which is not in \(list)")
    }
    var names: [String] = []
    var texts: [String] = []
    for deployment in deployments {
      guard let type = deployment.mangledTypeName, let code = graph.code(ofType: type) else {
        continue
      }
      let parts = code.map { table.objects[$0].path }.sorted().compactMap { digest[$0] }
      names.append(deployment.name)
      texts.append(([type, "\(deployment.execution)"] + parts).joined(separator: "\n"))
    }
    let versions = try tools.digests(of: texts).map { String($0.prefix(digits)) }
    return Dictionary(zip(names, versions)) { first, _ in first }
  }

  private static func objects(in list: String) throws -> [String] {
    guard let data = try? Data(contentsOf: URL(filePath: list)) else {
      throw NoCodeVersions(
        description: "there is no \(list), which swift build writes beside the program")
    }
    let objects = LinkFileList.names(in: String(decoding: data, as: UTF8.self))
    guard (1...mostObjects).contains(objects.count) else {
      throw NoCodeVersions(description: "\(list) names \(objects.count) object files")
    }
    return objects
  }

  /// An object that was written later than this program was is not what runs: its build has not ended, or
  /// failed on the way.
  private static func checkTimes(of objects: [String]) throws {
    var program = stat()
    guard stat("/proc/self/exe", &program) == 0 else {
      throw NoCodeVersions(description: "this program's file is gone")
    }
    let linked = program.st_mtim
    for object in objects {
      var status = stat()
      guard stat(object, &status) == 0 else {
        throw NoCodeVersions(description: "\(object) is gone; build the program again")
      }
      let written = status.st_mtim
      guard (written.tv_sec, written.tv_nsec) <= (linked.tv_sec, linked.tv_nsec) else {
        throw NoCodeVersions(
          description: "\(object) is newer than the program; build the program again")
      }
    }
  }
}
