// Whether messages of two types are the same on the wire.

extension MessageType {
  /// Why bytes of this type are not also bytes of another one with the same meaning; nil when they are. Both
  /// have the same field numbers, and behind each the same type and label, message by message. Names do
  /// not count: they are not on the wire.
  func difference(from other: MessageType) -> String? {
    // Types may hold each other, so pairs are looked at once.
    var seen: Set<[MessageType]> = []
    var pairs = [(left: self, right: other)]
    while let (left, right) = pairs.popLast() {
      guard left != right, seen.insert([left, right]).inserted else { continue }
      if let missing = left.numbers.subtracting(right.numbers).min() {
        return right.lacks(missing, of: left)
      }
      if let missing = right.numbers.subtracting(left.numbers).min() {
        return left.lacks(missing, of: right)
      }
      for field in left.record.indicesInOrder.map({ left.field(at: $0) }) {
        guard let match = right.field(number: field.number) else {
          return right.lacks(field.number, of: left)
        }
        if let difference = field.difference(from: match) { return difference }
        if let inner = field.messageType, let matching = match.messageType {
          pairs.append((inner, matching))
        }
      }
    }
    return nil
  }

  private func field(at index: Int) -> Field {
    Field(schema: schema, message: self.index, index: index)
  }

  /// Of all fields, those included that only travel through.
  private var numbers: Set<Int> {
    Set(record.indexByNumber.keys).union(record.carried.values.map(\.number))
  }

  private func lacks(_ number: Int, of other: MessageType) -> String {
    let name = other.field(number: number)?.name ?? "a field"
    return "\(other) has \(name) with the number \(number), and \(self) has no such number"
  }
}

extension Field {
  fileprivate func difference(from other: Field) -> String? {
    guard kind == other.kind, isRepeated == other.isRepeated, isMap == other.isMap else {
      return "\(fullName) is \(typeName), and \(other.fullName) is \(other.typeName)"
    }
    if let type = enumType, let otherType = other.enumType, type != otherType {
      let numbers = Set(type.values.map(\.number))
      guard numbers == Set(otherType.values.map(\.number)), type.isClosed == otherType.isClosed
      else { return "\(type.fullName) and \(otherType.fullName) have other values" }
    }
    // Of a oneof one member is set; elsewhere several may be.
    guard rivalNumbers == other.rivalNumbers else {
      return "\(fullName) and \(other.fullName) are in oneofs that differ"
    }
    return nil
  }

  private var rivalNumbers: Set<Int> {
    Set(record.oneof.map { parent.record.oneofs[$0].numbers } ?? [])
  }
}
