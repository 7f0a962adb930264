// An app file with its types, checked as far as it can be without a mesh.

internal import MartletCore
internal import MartletDispatch
internal import MartletRPC
internal import MartletSchema

/// What `deploy` sends and `validate` checks.
struct LoadedApp: Sendable {
  /// Bytes of the largest descriptor set; the schema has its own, smaller limit.
  private static let maxDescriptorSetBytes = 64 << 20

  let file: AppFile
  let text: String
  let descriptorSet: [UInt8]
  /// Where the file is; relative programs and protos are looked for here.
  let directory: String

  /// Reads and checks `path`.
  ///
  /// - Throws: status 78 with every problem, a line each.
  init(path: String) throws(Failure) {
    let absolute = Files.absolute(path)
    let named = Files.directory(of: absolute)
    // A link on the way there that is turned meanwhile must not mix the files of two releases.
    let directory = Files.withoutLinks(named) ?? named
    let name = absolute.split(separator: "/").last ?? ""
    let place = directory == named ? path : "\(directory)/\(name)"
    let text = try Files.source(place, maxBytes: AppFile.maxBytes)
    try self.init(text: text, name: path, directory: directory)
  }

  /// Reads and checks the text of an app file.
  ///
  /// - Parameters:
  ///   - name: the file's, for messages.
  ///   - directory: where its relative protos are.
  /// - Throws: status 78 with every problem, a line each.
  init(text: String, name: String, directory: String) throws(Failure) {
    self.text = text
    self.directory = directory
    file = try LoadedApp.read(text, name: name)
    descriptorSet = try LoadedApp.descriptorSet(of: file, in: directory)
    var schema: Schema?
    if !descriptorSet.isEmpty {
      do {
        schema = try Schema(descriptorSet: descriptorSet)
      } catch {
        let problem = SpecProblem([.key("protos")], "\(error)")
        throw Failure(
          Failure.badFile, lines: file.located([problem]).problems.map(\.description))
      }
    }
    let problems = checkApp(file.spec, schema)
    guard problems.isEmpty else {
      throw Failure(Failure.badFile, lines: file.located(problems).problems.map(\.description))
    }
  }

  /// Reads the text of an app file and checks what needs no types.
  ///
  /// - Throws: status 78 with every problem, a line each.
  static func read(_ text: String, name: String) throws(Failure) -> AppFile {
    do {
      return try AppFile.read(text: text, file: name)
    } catch {
      throw Failure(Failure.badFile, lines: error.problems.map(\.description))
    }
  }

  /// The descriptor sets of `protos` and what protoc makes of the `.proto` files among them, as one.
  private static func descriptorSet(
    of file: AppFile, in directory: String
  ) throws(Failure) -> [UInt8] {
    func failure(_ path: SpecPath, _ message: String, _ code: Int32 = Failure.badFile) -> Failure {
      Failure(code, lines: file.located([SpecProblem(path, message)]).problems.map(\.description))
    }
    var sets: [DescriptorSet] = []
    var sources: [String] = []
    for (index, name) in file.spec.protos.enumerated() {
      let path = Files.resolve(name, in: directory)
      let place: SpecPath = [.key("protos"), .index(index)]
      guard Files.exists(path) else {
        throw failure(place, "there is no file \(path)")
      }
      guard !name.hasSuffix(".proto") else {
        sources.append(path)
        continue
      }
      do throws(Files.Problem) {
        let bytes = try Files.bytes(of: path, maxBytes: maxDescriptorSetBytes)
        guard !bytes.isEmpty else {
          let make = "protoc --include_imports --descriptor_set_out=FILE makes one"
          throw Files.Problem(message: "the descriptor set \(path) is empty; \(make)")
        }
        sets.append(DescriptorSet(bytes: bytes))
      } catch {
        throw failure(place, error.message)
      }
    }
    if !sources.isEmpty {
      do throws(Protoc.Problem) {
        let compiled = try Protoc.descriptorSet(of: sources, beside: directory)
        sets.append(DescriptorSet(bytes: compiled))
      } catch {
        throw failure(
          [.key("protos")], error.message,
          error.isMissing ? Failure.unavailable : Failure.badFile)
      }
    }
    // One set is taken as it is; the schema says what is wrong with it.
    guard sets.count > 1 else { return sets.first?.bytes ?? [] }
    do {
      return try DescriptorSet.merging(sets).bytes
    } catch {
      throw failure([.key("protos")], "one of these is not a descriptor set: \(error)")
    }
  }
}
