// Which file of a descriptor set declares a name, for server reflection.

/// The files of descriptor sets by what they declare. It knows names and places; the files stay as
/// they were serialized, so that options it has never heard of reach the client, too.
package struct DescriptorIndex: Sendable {
  struct File: Sendable {
    var name = ""
    var package = ""
    var imports: [String] = []
    var content: WireReader
  }

  /// Something at the top of a file that has a name.
  struct Declaration: Sendable {
    enum Kind: Sendable {
      case message
      case service
      /// An enum, a value of one or an extension: nothing is declared within their names.
      case leaf
    }

    var kind: Kind
    var file: Int
    var content: WireReader
  }

  /// A file of the index.
  package struct FileID: Sendable, Hashable {
    let number: Int
  }

  var files: [File] = []
  var fileByName: [String: Int] = [:]
  /// By full name. What is nested is looked for within its outermost declaration.
  var declarations: [String: Declaration] = [:]
  /// By full name of the extended type and number.
  var extensions: [String: [Int32: Int]] = [:]
  /// Entries of the tables, which `SchemaLimits.maxIndexedNames` bounds.
  var nameCount = 0

  /// Reads serialized google.protobuf.FileDescriptorSets. Of files or names that come twice the
  /// first is kept.
  package init(_ sets: [[UInt8]]) throws(WireError) {
    for set in sets { try add(set) }
  }

  package func file(named name: String) -> FileID? {
    fileByName[name].map(FileID.init)
  }

  /// The file that declares a full name: of a message, enum, service or extension, of a method,
  /// field or oneof, or of an enum's value, whose name stands beside the enum's.
  package func file(declaring symbol: String) -> FileID? {
    guard let (declaration, path) = outermost(of: symbol) else { return nil }
    // The set was read before, so nothing in it is malformed where names stand.
    let isDeclared = path.isEmpty || (try? declaration.declares(path)) ?? false
    return isDeclared ? FileID(number: declaration.file) : nil
  }

  package func file(extending type: String, number: Int32) -> FileID? {
    extensions[type]?[number].map(FileID.init)
  }

  /// Ascending; nil when there is no message type of this name.
  package func extensionNumbers(of type: String) -> [Int32]? {
    if let numbers = extensions[type] { return numbers.keys.sorted() }
    return isMessage(type) ? [] : nil
  }

  /// The serialized file, then the files that it imports, theirs and so on: those that fit into
  /// `maxBytes`, since a client can ask for the others by name. Nil when the file alone is larger.
  package func contents(of file: FileID, maxBytes: Int) -> [[UInt8]]? {
    guard files[file.number].content.count <= maxBytes else { return nil }
    var contents: [[UInt8]] = []
    var room = maxBytes
    var seen: Set<Int> = [file.number]
    var queue = [file.number]
    var next = 0
    while next < queue.count {
      let file = files[queue[next]]
      next += 1
      for name in file.imports {
        guard let number = fileByName[name], seen.insert(number).inserted else { continue }
        queue.append(number)
      }
      guard file.content.count <= room else { continue }
      room -= file.content.count
      contents.append(Array(file.content.bytes[file.content.position..<file.content.end]))
    }
    return contents
  }

  private func isMessage(_ type: String) -> Bool {
    guard let (declaration, path) = outermost(of: type), declaration.kind == .message
    else { return false }
    return (try? declaration.content.hasMessage(path)) ?? false
  }

  /// The declaration at the top of a file that a full name begins with, and the names that follow.
  private func outermost(of name: String) -> (Declaration, ArraySlice<Substring>)? {
    if let declaration = declarations[name] { return (declaration, []) }
    var outer = name[...]
    while let dot = outer.lastIndex(of: ".") {
      outer = name[..<dot]
      guard let declaration = declarations[String(outer)] else { continue }
      let rest = name[name.index(after: dot)...]
      return (declaration, rest.split(separator: ".", omittingEmptySubsequences: false)[...])
    }
    return nil
  }
}

extension WireReader {
  /// Bytes that are left.
  var count: Int { end - position }
}
