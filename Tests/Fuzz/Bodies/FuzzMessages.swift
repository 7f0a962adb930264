// Messages of a type known at run time, from the wire and from JSON.

import MartletSchema

private struct Subject {
  var type: MessageType
  /// A way to every value that a path can lead to at its top, and to some below.
  var paths: [FieldPath]
  var numbers: [Field]
}

private let subjects: [Subject] = FuzzSchema.types.map { type in
  let nested = ["f_message.f_int32", "c_message.c_string", "w_timestamp.seconds", "w_any.value"]
  return Subject(
    type: type,
    paths: (type.fields.map(\.name) + nested).compactMap { try? FieldPath($0, in: type) },
    numbers: type.fields.filter { $0.kind.isNumeric })
}

/// Bytes from a client become a message, JSON from a client does, and both come out as they went in.
func fuzzMessages(_ bytes: UnsafeRawBufferPointer) throws(BrokenClaim) {
  var input = InputReader(bytes)
  let subject = subjects[input.number(below: subjects.count)]
  if input.byte() % 2 == 0 {
    try fuzzWire(subject, &input)
  } else {
    try fuzzJSON(subject.type, String(decoding: input.remainder(), as: UTF8.self))
  }
}

private func fuzzWire(_ subject: Subject, _ input: inout InputReader) throws(BrokenClaim) {
  let path = input.pick(subject.paths)
  let number = input.pick(subject.numbers)
  let bytes = input.remainder()
  let type = subject.type
  let isSound = (try? type.check(bytes)) != nil
  guard let message = try? DynamicMessage(unpacking: bytes, as: type) else {
    // Packed booleans of several bytes are sound and not for protobuf-c.
    return
  }
  try claim(isSound, "bytes are decoded that the check refuses")
  let packed = message.pack()
  guard let again = try? DynamicMessage(unpacking: packed, as: type) else {
    throw BrokenClaim("a message does not read back: \(packed)")
  }
  try claim(again.pack() == packed, "a message reads back as another: \(packed)")
  let (value, same) = (try read(path, bytes), try read(path, packed))
  try claim(
    isSame(value, same, ofPresent: path.leaf.hasPresence),
    "\(path) is \(String(describing: value)) and packed \(String(describing: same))")
  try fuzzNumbers(number, bytes, packed)
  try fuzzJSON(of: packed, type)
}

private func read(_ path: FieldPath, _ bytes: [UInt8]) throws(BrokenClaim) -> FieldValue? {
  do throws(WireError) {
    return try path.readIfSet(bytes)
  } catch {
    throw BrokenClaim("\(path) cannot be read of a sound message: \(error)")
  }
}

/// A field without presence that was sent as zero is not set once it was decoded and encoded.
private func isSame(_ one: FieldValue?, _ other: FieldValue?, ofPresent: Bool) -> Bool {
  func text(_ value: FieldValue?) -> String {
    // NaN is not equal to itself, so texts are compared.
    switch value {
    case .float(let number)?: "\(number)"
    case .double(let number)?: "\(number)"
    case let value: "\(String(describing: value))"
    }
  }
  if text(one) == text(other) { return true }
  guard !ofPresent, other == nil, let one else { return false }
  return switch one {
  case .bool(let value): !value
  case .signed(let value): value == 0
  case .unsigned(let value): value == 0
  case .float(let value): value.bitPattern == 0
  case .double(let value): value.bitPattern == 0
  case .string(let value): value.isEmpty
  case .bytes(let value): value.isEmpty
  case .enumeration(let value): value == 0
  }
}

private func fuzzNumbers(
  _ field: Field, _ bytes: [UInt8], _ packed: [UInt8]
) throws(BrokenClaim) {
  guard let values = try? field.numbers(in: bytes), let same = try? field.numbers(in: packed) else {
    throw BrokenClaim("\(field) cannot be read of a sound message")
  }
  try claim("\(values)" == "\(same)", "\(field) is \(values) and packed \(same)")
  guard let replaced = try? field.replacingNumbers(in: bytes, with: values),
    let read = try? field.numbers(in: replaced)
  else { throw BrokenClaim("\(field) cannot be replaced") }
  try claim("\(read)" == "\(values)", "\(field) is \(values) and, replaced, \(read)")
}

/// What JSON can say of a message it says so that it can be read again.
private func fuzzJSON(of bytes: [UInt8], _ type: MessageType) throws(BrokenClaim) {
  guard let json = try? type.json(bytes) else { return }
  let again: [UInt8]
  do throws(JSONError) {
    again = try type.encode(json: json)
  } catch {
    throw BrokenClaim("JSON that we wrote is refused, \(error): \(json)")
  }
  let second = try? type.json(again)
  try claim(
    second.map { $0.utf8.elementsEqual(json.utf8) } ?? false,
    "JSON changes from \(json) to \(second ?? "none")")
}

private func fuzzJSON(_ type: MessageType, _ text: String) throws(BrokenClaim) {
  guard let bytes = try? type.encode(json: text) else { return }
  do throws(WireError) {
    try type.check(bytes)
  } catch {
    throw BrokenClaim("JSON became bytes that are no message, \(error): \(text)")
  }
  guard let json = try? type.json(bytes) else {
    throw BrokenClaim("JSON became a message that JSON cannot say: \(text)")
  }
  let again = try? type.encode(json: json)
  try claim(again == bytes, "\(text) is not the same message as \(json)")
  try claim((try? type.json(bytes, pretty: true)) != nil, "\(json) cannot be indented")
}
