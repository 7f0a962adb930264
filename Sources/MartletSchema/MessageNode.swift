// One message inside a dynamic message: typed access to protobuf-c's struct.

private import CProtobufC

/// A message or one nested in it. Holds the arena, so its memory stays for as long as it is used.
@safe
struct MessageNode {
  let type: MessageType
  private let base: UnsafeMutableRawPointer
  private let arena: Arena

  init(type: MessageType, base: UnsafeMutableRawPointer, arena: Arena) {
    self.type = type
    unsafe self.base = base
    self.arena = arena
  }

  /// The struct of an empty message; nil when the arena is exhausted.
  static func make(_ type: MessageType, in arena: Arena) -> UnsafeMutableRawPointer? {
    let layouts = type.schema.layouts
    guard let base = unsafe arena.allocateZeroed(layouts.sizes[type.index]) else { return nil }
    unsafe base.assumingMemoryBound(to: ProtobufCMessage.self).pointee.descriptor =
      unsafe layouts.descriptor(type.index)
    return unsafe base
  }

  private func slot(_ field: Field) -> MessageLayouts.Slot {
    precondition(field.message == type.index && field.schema === type.schema)
    return type.schema.layouts.slots[field.message][field.index]
  }

  private func slotValue<T>(_ offset: Int, as _: T.Type) -> T {
    unsafe base.load(fromByteOffset: offset, as: T.self)
  }

  // MARK: Reading

  /// Whether a singular field is set; for one without presence, whether it differs from zero.
  func has(_ field: Field) -> Bool {
    precondition(!field.isRepeated)
    let slot = slot(field)
    if slot.isOneofMember {
      return slotValue(slot.quantifier, as: UInt32.self) == UInt32(field.number)
    }
    if field.kind == .message {
      return unsafe slotValue(slot.offset, as: UnsafeMutableRawPointer?.self) != nil
    }
    guard field.hasPresence else { return isNonzero(field, slot) }
    return slotValue(slot.quantifier, as: protobuf_c_boolean.self) != 0
  }

  private func isNonzero(_ field: Field, _ slot: MessageLayouts.Slot) -> Bool {
    switch MessageLayouts.width(field.kind) {
    case 4: slotValue(slot.offset, as: UInt32.self) != 0
    // Of bytes these 8 are the length.
    default: slotValue(slot.offset, as: UInt64.self) != 0
    }
  }

  /// The value of a singular field that is not a message.
  func value(_ field: Field) -> FieldValue {
    precondition(!field.isRepeated && field.kind != .message)
    guard has(field) else { return field.defaultValue }
    return unsafe Self.load(field.kind, from: base + slot(field).offset)
  }

  func count(_ field: Field) -> Int {
    precondition(field.isRepeated)
    return slotValue(slot(field).quantifier, as: Int.self)
  }

  /// An element of a repeated field that is not of messages.
  func value(_ field: Field, at index: Int) -> FieldValue {
    precondition(field.kind != .message && (0..<count(field)).contains(index))
    let array = unsafe slotValue(slot(field).offset, as: UnsafeMutableRawPointer.self)
    return unsafe Self.load(field.kind, from: array + index * MessageLayouts.width(field.kind))
  }

  /// The message in a singular field, nil where it is not set.
  func message(_ field: Field) -> MessageNode? {
    guard let type = field.messageType, has(field) else { return nil }
    let nested = unsafe slotValue(slot(field).offset, as: UnsafeMutableRawPointer?.self)
    guard let nested = unsafe nested else { return nil }
    return unsafe MessageNode(type: type, base: nested, arena: arena)
  }

  /// An element of a repeated message field.
  func message(_ field: Field, at index: Int) -> MessageNode {
    guard let type = field.messageType, (0..<count(field)).contains(index) else {
      preconditionFailure("\(field) has no message at \(index)")
    }
    let array = unsafe slotValue(
      slot(field).offset, as: UnsafeMutablePointer<UnsafeMutableRawPointer>.self)
    return unsafe MessageNode(type: type, base: array[index], arena: arena)
  }

  private static func load(_ kind: FieldKind, from place: UnsafeMutableRawPointer) -> FieldValue {
    switch kind {
    case .double: unsafe .double(place.load(as: Double.self))
    case .float: unsafe .float(place.load(as: Float.self))
    case .int64, .sfixed64, .sint64: unsafe .signed(place.load(as: Int64.self))
    case .uint64, .fixed64: unsafe .unsigned(place.load(as: UInt64.self))
    case .int32, .sfixed32, .sint32: unsafe .signed(Int64(place.load(as: Int32.self)))
    case .fixed32, .uint32: unsafe .unsigned(UInt64(place.load(as: UInt32.self)))
    case .bool: unsafe .bool(place.load(as: protobuf_c_boolean.self) != 0)
    case .enumeration: unsafe .enumeration(place.load(as: Int32.self))
    case .string: unsafe .string(String(decoding: binary(place), as: UTF8.self))
    case .bytes, .message: unsafe .bytes(Array(binary(place)))
    }
  }

  private static func binary(_ place: UnsafeMutableRawPointer) -> UnsafeBufferPointer<UInt8> {
    let data = unsafe place.load(as: ProtobufCBinaryData.self)
    return unsafe UnsafeBufferPointer(start: data.data, count: data.data == nil ? 0 : data.len)
  }

  // MARK: Setting

  /// Sets a singular field that is not a message. Zero in a field without presence unsets it.
  func set(_ field: Field, to value: FieldValue) throws(WireError) {
    precondition(!field.isRepeated && field.kind != .message)
    let slot = slot(field)
    unsafe try store(value, field.kind, at: base + slot.offset)
    mark(field, slot)
    if !field.hasPresence, slot.quantifier != 0, !isNonzero(field, slot) {
      unsafe base.storeBytes(of: 0, toByteOffset: slot.quantifier, as: protobuf_c_boolean.self)
    }
  }

  /// Sets a singular message field to an empty message.
  func makeMessage(_ field: Field) throws(WireError) -> MessageNode {
    precondition(!field.isRepeated)
    guard let type = field.messageType, let nested = unsafe Self.make(type, in: arena) else {
      throw WireError(.notDecodable, at: 0, field: field.fullName)
    }
    let slot = slot(field)
    unsafe base.storeBytes(of: nested, toByteOffset: slot.offset, as: UnsafeMutableRawPointer.self)
    mark(field, slot)
    return unsafe MessageNode(type: type, base: nested, arena: arena)
  }

  /// Sets a repeated field that is not of messages, replacing what it held.
  func setElements(_ field: Field, to values: [FieldValue]) throws(WireError) {
    precondition(field.isRepeated && field.kind != .message)
    let width = MessageLayouts.width(field.kind)
    let array = unsafe try makeArray(field, bytes: values.count * width, count: values.count)
    for (index, value) in values.enumerated() {
      unsafe try store(value, field.kind, at: array + index * width)
    }
  }

  /// Sets a repeated message field to a number of empty messages, replacing what it held.
  func makeMessages(_ field: Field, count: Int) throws(WireError) -> [MessageNode] {
    precondition(field.isRepeated)
    guard let type = field.messageType else { return [] }
    let array = unsafe try makeArray(field, bytes: count * 8, count: 0)
    var nodes: [MessageNode] = []
    for index in 0..<count {
      guard let nested = unsafe Self.make(type, in: arena) else {
        throw WireError(.notDecodable, at: 0, field: field.fullName)
      }
      unsafe array.storeBytes(
        of: nested, toByteOffset: index * 8, as: UnsafeMutableRawPointer.self)
      nodes.append(unsafe MessageNode(type: type, base: nested, arena: arena))
    }
    unsafe base.storeBytes(of: count, toByteOffset: slot(field).quantifier, as: Int.self)
    return nodes
  }

  private func makeArray(
    _ field: Field, bytes: Int, count: Int
  ) throws(WireError) -> UnsafeMutableRawPointer {
    guard let array = unsafe arena.allocateZeroed(bytes) else {
      throw WireError(.notDecodable, at: 0, field: field.fullName)
    }
    let slot = slot(field)
    unsafe base.storeBytes(of: array, toByteOffset: slot.offset, as: UnsafeMutableRawPointer.self)
    unsafe base.storeBytes(of: count, toByteOffset: slot.quantifier, as: Int.self)
    return unsafe array
  }

  private func mark(_ field: Field, _ slot: MessageLayouts.Slot) {
    guard slot.quantifier != 0 else { return }
    // A oneof's case and a has flag are both 4 bytes.
    let mark: UInt32 = slot.isOneofMember ? UInt32(field.number) : 1
    unsafe base.storeBytes(of: mark, toByteOffset: slot.quantifier, as: UInt32.self)
  }

  private func store(
    _ value: FieldValue, _ kind: FieldKind, at place: UnsafeMutableRawPointer
  ) throws(WireError) {
    switch value {
    case .double(let number): unsafe place.storeBytes(of: number, as: Double.self)
    case .float(let number): unsafe place.storeBytes(of: number, as: Float.self)
    case .bool(let flag):
      unsafe place.storeBytes(of: flag ? 1 : 0, as: protobuf_c_boolean.self)
    case .enumeration(let number): unsafe place.storeBytes(of: number, as: Int32.self)
    case .signed(let number):
      if MessageLayouts.width(kind) == 4 {
        unsafe place.storeBytes(of: Int32(truncatingIfNeeded: number), as: Int32.self)
      } else {
        unsafe place.storeBytes(of: number, as: Int64.self)
      }
    case .unsigned(let number):
      if MessageLayouts.width(kind) == 4 {
        unsafe place.storeBytes(of: UInt32(truncatingIfNeeded: number), as: UInt32.self)
      } else {
        unsafe place.storeBytes(of: number, as: UInt64.self)
      }
    case .string(let text): unsafe try store(Array(text.utf8), at: place)
    case .bytes(let bytes): unsafe try store(bytes, at: place)
    }
  }

  private func store(
    _ bytes: [UInt8], at place: UnsafeMutableRawPointer
  ) throws(WireError) {
    guard let copy = unsafe arena.allocate(bytes.count) else {
      throw WireError(.notDecodable, at: 0)
    }
    unsafe bytes.withUnsafeBytes { content in
      guard let start = content.baseAddress else { return }
      unsafe copy.copyMemory(from: start, byteCount: content.count)
    }
    unsafe place.storeBytes(
      of: ProtobufCBinaryData(
        len: bytes.count, data: copy.assumingMemoryBound(to: UInt8.self)),
      as: ProtobufCBinaryData.self)
  }
}
