// A tree of YAML as PyYAML would read it, which is what Ray gets.

internal import MartletCore

extension Conversion {
  /// The same values in the spelling of app files: texts in quotes, truth as `true` and `false`, numbers in
  /// decimal. What Ray could not send on is noted and nil; its neighbours stay.
  mutating func asPythonReads(_ node: SourceNode, at path: SpecPath = []) -> SourceNode? {
    var node = node
    switch node.content {
    case .quoted: break
    case .sequence(let elements):
      var read: [SourceNode] = []
      for (index, element) in elements.enumerated() {
        // A list without one of its elements would be another list.
        guard let element = asPythonReads(element, at: path.appending(index)) else { return nil }
        read.append(element)
      }
      node.content = .sequence(read)
    case .mapping(let members): node.content = .mapping(asPythonReads(members, at: path))
    case .plain(let text):
      node.written = text
      switch PythonScalar(text) {
      case .null: node.content = .plain(text.isEmpty ? "" : "null")
      case .bool(let value): node.content = .plain("\(value)")
      case .integer(let digits):
        node.content = .plain(digits)
        guard Int64(digits) != nil || UInt64(digits) != nil else {
          reader.note(
            path,
            "\(text) has more than 64 bits, and most programs would read another number of JSON; "
              + "write it in quotes", at: node.mark)
          return nil
        }
      case .number(let value): node.content = .plain(Self.spelling(of: value))
      case .string: node.content = .quoted(text)
      case .unsayable(let reason):
        reader.note(
          path, "\(reason), which Ray cannot send on; write it in quotes if it is meant as a text",
          at: node.mark)
        return nil
      }
    }
    return node
  }

  /// Keys that are no texts become those that JSON has for them, since Ray sends its config as JSON.
  private mutating func asPythonReads(
    _ members: [SourceNode.Member], at path: SpecPath
  ) -> [SourceNode.Member] {
    var kept: [SourceNode.Member] = []
    var names: Set<String> = []
    for var member in members {
      if !member.isNameQuoted {
        let scalar = PythonScalar(member.name)
        switch scalar {
        case .null: member.name = "null"
        case .bool(let value): member.name = "\(value)"
        case .integer(let digits): member.name = digits
        case .number(let value): member.name = Self.spelling(of: value)
        case .string, .unsayable: break
        }
        // From here on: whether the key is a text.
        member.isNameQuoted = scalar == .string
        if case .unsayable(let reason) = scalar {
          reader.note(
            path.appending(member.name), "\(reason); write the key in quotes",
            at: member.nameMark)
          continue
        }
      }
      guard names.insert(member.name).inserted else {
        reader.note(
          path.appending(member.name),
          "as JSON another key is \"\(member.name)\", too; keep one of them", at: member.nameMark)
        continue
      }
      guard let value = asPythonReads(member.value, at: path.appending(member.name)) else {
        continue
      }
      member.value = value
      kept.append(member)
    }
    return kept
  }

  private static func spelling(of number: Double) -> String {
    if number.isNaN { return ".nan" }
    if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
    return "\(number)"
  }
}
