// How the index finds what is declared within messages and services, when it is asked for. Field
// numbers are those of google/protobuf/descriptor.proto.

extension DescriptorIndex.Declaration {
  /// Whether a name is declared within this one, nesting by nesting.
  func declares(_ path: ArraySlice<Substring>) throws(WireError) -> Bool {
    switch kind {
    case .leaf: return false
    case .message: return try content.declaresInMessage(path)
    case .service:
      guard path.count == 1, let name = path.first else { return false }
      var reader = content
      while let tag = try reader.nextTag() {
        if tag.number == 2 {
          if try reader.message(tag).declaredName() == name { return true }
        } else {
          try reader.skip(tag)
        }
      }
      return false
    }
  }
}

extension WireReader {
  /// Field 1 of every descriptor that has a name.
  func declaredName() throws(WireError) -> String {
    var reader = self
    while let tag = try reader.nextTag() {
      if tag.number == 1 { return try reader.string(tag) }
      try reader.skip(tag)
    }
    return ""
  }

  /// DescriptorProto: what is nested in it, fields and oneofs.
  fileprivate func declaresInMessage(_ path: ArraySlice<Substring>) throws(WireError) -> Bool {
    guard let name = path.first else { return true }
    var reader = self
    while let tag = try reader.nextTag() {
      switch tag.number {
      case 3:
        let nested = try reader.message(tag)
        if try nested.declaredName() == name {
          return try nested.declaresInMessage(path.dropFirst())
        }
      case 4:
        let nested = try reader.message(tag)
        guard path.count == 1 else { continue }
        if try nested.declaredName() == name { return true }
        if try nested.hasValue(name) { return true }
      case 2, 6, 8:
        let part = try reader.message(tag)
        if path.count == 1, try part.declaredName() == name { return true }
      default: try reader.skip(tag)
      }
    }
    return false
  }

  /// EnumDescriptorProto
  private func hasValue(_ name: Substring) throws(WireError) -> Bool {
    var reader = self
    while let tag = try reader.nextTag() {
      if tag.number == 2 {
        if try reader.message(tag).declaredName() == name { return true }
      } else {
        try reader.skip(tag)
      }
    }
    return false
  }

  /// DescriptorProto: whether a message type is nested in it.
  func hasMessage(_ path: ArraySlice<Substring>) throws(WireError) -> Bool {
    guard let name = path.first else { return true }
    var reader = self
    while let tag = try reader.nextTag() {
      guard tag.number == 3 else {
        try reader.skip(tag)
        continue
      }
      let nested = try reader.message(tag)
      if try nested.declaredName() == name { return try nested.hasMessage(path.dropFirst()) }
    }
    return false
  }
}
