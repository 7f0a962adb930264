// Fields of one message that become fields of another, copied out of bytes that nobody has decoded.

import MartletSchema

/// A field that can be copied into another one.
private struct Subject {
  var source: FieldPlace?
  var target: FieldPlace
  var copy: FieldCopy
}

/// By type, all copies of its fields that fit.
private let subjects: [[Subject]] = {
  let types = FuzzSchema.types
  let nested = [
    "f_message.f_int32", "f_message.r_message", "c_message.c_string", "f_message.f_message.o_bytes",
    "w_timestamp.seconds", "o_message.w_any.value", "f_message.m_string_message",
  ]
  let places = types.map { type in
    (type.fields.map(\.name) + nested).compactMap { try? FieldPlace($0, in: type) }
  }
  return zip(types, places).map { type, own in
    ([nil] + own.map(Optional.some)).flatMap { source in
      places.joined().compactMap { target in
        (try? FieldCopy(from: source, of: type, to: target)).map {
          Subject(source: source, target: target, copy: $0)
        }
      }
    }
  }
}()

/// Whatever the bytes are, a copy of one of their fields says what is wrong or gives what it would of the
/// same message once it was decoded and written anew, where every field is there once.
func fuzzFieldCopies(_ bytes: UnsafeRawBufferPointer) throws(BrokenClaim) {
  var input = InputReader(bytes)
  let ofType = input.pick(subjects)
  let subject = ofType[(Int(input.byte()) << 8 | Int(input.byte())) % ofType.count]
  let message = input.remainder()
  let type = subject.copy.root
  var copied: [UInt8] = []
  let problem: WireError?
  do throws(WireError) {
    try subject.copy.append(from: message, to: &copied)
    problem = nil
  } catch {
    problem = error
  }
  guard let decoded = try? DynamicMessage(unpacking: message, as: type) else {
    return try claim(problem == nil || copied.isEmpty, "half a field is copied")
  }
  if let problem { throw BrokenClaim("\(subject): a sound message cannot be copied: \(problem)") }
  let packed = decoded.pack()
  let target = subject.target.root
  let found = (try? DynamicMessage(unpacking: copied, as: target))?.pack()
  let wanted = try expected(subject, packed)
  let again = wanted.flatMap { try? DynamicMessage(unpacking: $0, as: target) }?.pack()
  try claim(found == again, "\(subject): \(copied) of \(message), \(wanted ?? []) of \(packed)")
  if let source = subject.source { try fuzzPresence(source, message, packed) }
  try fuzzOneof(type, message, packed)
}

private func fuzzPresence(
  _ place: FieldPlace, _ message: [UInt8], _ packed: [UInt8]
) throws(BrokenClaim) {
  guard let isSet = try? place.isSet(in: message), let same = try? place.isSet(in: packed) else {
    throw BrokenClaim("\(place): a sound message does not say whether it is set")
  }
  try claim(isSet == same, "\(place) is set: \(isSet), and packed: \(same)")
}

private func fuzzOneof(
  _ type: MessageType, _ message: [UInt8], _ packed: [UInt8]
) throws(BrokenClaim) {
  for path in ["choice", "f_message.choice"].compactMap({ OneofPath($0, in: type) }) {
    let member: Int?
    let same: Int?
    do throws(WireError) {
      (member, same) = (try path.member(in: message), try path.member(in: packed))
    } catch {
      throw BrokenClaim("\(path): a sound message does not say which is set: \(error)")
    }
    try claim(member == same, "\(path) is \(member ?? 0), and packed \(same ?? 0)")
  }
}

// MARK: The other way to the same

/// The copy out of a message that was decoded and packed: what is singular is there once at most.
private func expected(_ subject: Subject, _ packed: [UInt8]) throws(BrokenClaim) -> [UInt8]? {
  do throws(WireError) {
    guard let source = subject.source else {
      var content: [UInt8] = []
      content.appendField(subject.target.field.number, packed)
      return wrapped(content, subject.target)
    }
    let content = try content(source.field, subject.target.field, try container(source, packed))
    return content.isEmpty ? [] : wrapped(content, subject.target)
  } catch {
    throw BrokenClaim("\(subject): what was packed cannot be read: \(error)")
  }
}

/// The message that has the field; empty when there is none.
private func container(_ place: FieldPlace, _ packed: [UInt8]) throws(WireError) -> [UInt8] {
  var (type, message) = (place.root, packed)
  for part in place.text.split(separator: ".").dropLast() {
    guard let field = type.field(named: String(part)), let next = field.messageType else {
      return []
    }
    message = try field.elements(in: message).first ?? []
    type = next
  }
  return message
}

/// The messages around a field.
private func wrapped(_ content: [UInt8], _ place: FieldPlace) -> [UInt8] {
  var type = place.root
  var numbers: [Int] = []
  for part in place.text.split(separator: ".").dropLast() {
    guard let field = type.field(named: String(part)), let next = field.messageType else {
      return content
    }
    numbers.append(field.number)
    type = next
  }
  return numbers.reversed().reduce(content) { inner, number in
    var outer: [UInt8] = []
    outer.appendField(number, inner)
    return outer
  }
}

/// The new field, with its tag; empty when it is not set.
private func content(
  _ source: Field, _ target: Field, _ message: [UInt8]
) throws(WireError) -> [UInt8] {
  // A list has a value for every field that would read as one.
  let isElement =
    !source.isRepeated && !source.hasPresence && target.isRepeated && source.kind != .message
  let saysZero = target.isRepeated || target.hasPresence
  var content: [UInt8] = []
  if source.kind.wireType == .lengthDelimited {
    var elements = try source.elements(in: message)
    if elements.isEmpty, isElement { elements = [[]] }
    for element in elements where saysZero || !element.isEmpty {
      content.appendField(target.number, element)
    }
    return content
  }
  if source.kind.isNumeric {
    let numbers = try source.numbers(in: message)
    // By their texts, which tell zero from its negative.
    let isZero = "\(numbers)" == "\([FieldValue.zero(of: source.kind)])"
    let isSet =
      source.isRepeated || source.hasPresence ? try isThere(source, in: message) : !isZero
    return isSet || isElement ? try target.replacingNumbers(in: [], with: numbers) : []
  }
  var values = try varints(of: source, in: message)
  if values.isEmpty, isElement { values = [0] }
  let numbers = values.map { Int32(truncatingIfNeeded: $0) }
  switch target.kind {
  case .string:
    for number in numbers {
      content.appendField(
        target.number, (source.enumType?.name(of: number) ?? "\(number)").utf8)
    }
  case .bool, .enumeration:
    for value in values where saysZero || value != 0 {
      content.appendTag(target.number, .varint)
      content.appendVarint(value)
    }
  default:
    guard !numbers.isEmpty else { return [] }
    return try target.replacingNumbers(in: [], with: numbers.map { .signed(Int64($0)) })
  }
  return content
}

private func isThere(_ field: Field, in message: [UInt8]) throws(WireError) -> Bool {
  var reader = WireReader(message)
  while let tag = try reader.nextTag() {
    if tag.number == field.number { return true }
    try reader.skip(tag)
  }
  return false
}

/// The values of a field of booleans or of an enum, packed or not.
private func varints(of field: Field, in message: [UInt8]) throws(WireError) -> [UInt64] {
  var values: [UInt64] = []
  var reader = WireReader(message)
  while let tag = try reader.nextTag() {
    if tag.number != field.number {
      try reader.skip(tag)
    } else if tag.type == .lengthDelimited {
      var packed = WireReader(message, in: try reader.lengthDelimited())
      while !packed.isAtEnd { values.append(try packed.varint()) }
    } else {
      values.append(try reader.varint())
    }
  }
  return values
}
