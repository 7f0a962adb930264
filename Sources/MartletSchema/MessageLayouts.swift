// protobuf-c descriptors made at run time, and where each field lies in a decoded message.

internal import CProtobufC

/// The protobuf-c descriptors of every message of a schema. They are written once, in `init`, and
/// only read after that, which is what makes sharing them between threads sound.
///
/// Strings are described as BYTES: protobuf-c would cut them at the first NUL. Members of a oneof
/// share their storage as in generated C.
@safe
final class MessageLayouts: @unchecked Sendable {
  /// Where one field lies in a message's struct, by protobuf-c's conventions.
  struct Slot: Sendable {
    var offset: Int
    /// The has flag, the number of elements, or the oneof's case; 0 for none.
    var quantifier = 0
    var isOneofMember = false
  }

  private let descriptors: UnsafeMutablePointer<ProtobufCMessageDescriptor>
  private let count: Int
  private let fields: UnsafeMutablePointer<ProtobufCFieldDescriptor>
  private let ranges: UnsafeMutablePointer<ProtobufCIntRange>
  private let emptyName: UnsafeMutablePointer<CChar>
  /// By message, then by the field's place in the `.proto` file.
  let slots: [[Slot]]
  let sizes: [Int]

  init(messages: [Schema.MessageRecord]) {
    count = messages.count
    // Room for at least one field each, because protobuf-c looks at the first without counting.
    let fieldCapacity = messages.reduce(0) { $0 + max(1, $1.fields.count) }
    unsafe descriptors = .allocate(capacity: max(1, messages.count))
    unsafe fields = .allocate(capacity: max(1, fieldCapacity))
    unsafe fields.initialize(repeating: ProtobufCFieldDescriptor(), count: max(1, fieldCapacity))
    // One range a field at most, and the closing one.
    unsafe ranges = .allocate(capacity: fieldCapacity + messages.count + 1)
    unsafe emptyName = .allocate(capacity: 1)
    unsafe emptyName.initialize(to: 0)
    var slots: [[Slot]] = []
    var sizes: [Int] = []
    var firstField = 0
    var firstRange = 0
    for (index, message) in messages.enumerated() {
      let (layout, size) = Self.layOut(message)
      slots.append(layout)
      sizes.append(size)
      let order = message.fields.indices.sorted {
        message.fields[$0].number < message.fields[$1].number
      }
      for (position, field) in order.enumerated() {
        unsafe fields[firstField + position] = unsafe Self.describe(
          message.fields[field], layout[field], name: emptyName, messages: descriptors)
      }
      let numbers = order.map { message.fields[$0].number }
      let rangeCount = unsafe Self.writeRanges(numbers, to: ranges + firstRange)
      unsafe (descriptors + index).initialize(
        to: unsafe Self.describe(
          size: size, fieldCount: order.count, fields: fields + firstField,
          rangeCount: rangeCount, ranges: ranges + firstRange, name: emptyName))
      firstField += max(1, order.count)
      firstRange += rangeCount + 1
    }
    self.slots = slots
    self.sizes = sizes
  }

  deinit {
    unsafe descriptors.deallocate()
    unsafe fields.deallocate()
    unsafe ranges.deallocate()
    unsafe emptyName.deallocate()
  }

  /// The `ProtobufCMessageDescriptor *` of a message, alive as long as the schema.
  func descriptor(_ message: Int) -> UnsafePointer<ProtobufCMessageDescriptor> {
    precondition((0..<count).contains(message))
    return unsafe UnsafePointer(descriptors + message)
  }

  /// Bytes of one value of a kind in a message's struct or in a repeated field's array.
  static func width(_ kind: FieldKind) -> Int {
    switch kind {
    case .double, .int64, .uint64, .fixed64, .sfixed64, .sint64, .message: 8
    case .float, .int32, .fixed32, .uint32, .enumeration, .sfixed32, .sint32: 4
    case .bool: MemoryLayout<protobuf_c_boolean>.size
    case .string, .bytes: unsafe MemoryLayout<ProtobufCBinaryData>.size
    }
  }

  private static func layOut(_ message: Schema.MessageRecord) -> (slots: [Slot], size: Int) {
    var end = unsafe MemoryLayout<ProtobufCMessage>.size
    // Every member is aligned to 8, the strictest of them: simple, and messages are short-lived.
    func place(_ bytes: Int) -> Int {
      defer { end += (bytes + 7) & ~7 }
      return end
    }
    let oneofs = message.oneofs.map { _ in (quantifier: place(4), storage: place(16)) }
    let slots = message.fields.map { field -> Slot in
      if let oneof = field.oneof {
        return Slot(
          offset: oneofs[oneof].storage, quantifier: oneofs[oneof].quantifier, isOneofMember: true)
      }
      if field.isRepeated { return Slot(offset: place(8), quantifier: place(8)) }
      let offset = place(width(field.kind))
      return Slot(offset: offset, quantifier: hasFlag(field) ? place(4) : 0)
    }
    return (slots, end)
  }

  /// Fields that say by a flag of their own whether they are set. Floating point fields without
  /// presence do too, because protobuf-c takes -0.0 for "not set" and protobuf does not.
  private static func hasFlag(_ field: Schema.FieldRecord) -> Bool {
    if field.kind == .message { return false }
    return field.hasPresence || field.kind == .double || field.kind == .float
  }

  private static func describe(
    _ field: Schema.FieldRecord, _ slot: Slot, name: UnsafeMutablePointer<CChar>,
    messages: UnsafeMutablePointer<ProtobufCMessageDescriptor>
  ) -> ProtobufCFieldDescriptor {
    var result = unsafe ProtobufCFieldDescriptor()
    unsafe result.name = unsafe UnsafePointer(name)
    unsafe result.id = UInt32(field.number)
    unsafe result.type = cType(field.kind)
    unsafe result.offset = UInt32(slot.offset)
    unsafe result.quantifier_offset = UInt32(slot.quantifier)
    if field.isRepeated {
      unsafe result.label = PROTOBUF_C_LABEL_REPEATED
    } else if field.hasPresence || hasFlag(field) {
      unsafe result.label = PROTOBUF_C_LABEL_OPTIONAL
    } else {
      unsafe result.label = PROTOBUF_C_LABEL_NONE
    }
    var flags: UInt32 = 0
    if field.isPacked { flags |= UInt32(PROTOBUF_C_FIELD_FLAG_PACKED.rawValue) }
    if slot.isOneofMember { flags |= UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) }
    unsafe result.flags = flags
    if field.kind == .message {
      unsafe result.descriptor = unsafe UnsafeRawPointer(messages + field.typeIndex)
    }
    return unsafe result
  }

  /// Enums are open (proto3): any int32 is a value.
  private static func cType(_ kind: FieldKind) -> ProtobufCType {
    switch kind {
    case .double: PROTOBUF_C_TYPE_DOUBLE
    case .float: PROTOBUF_C_TYPE_FLOAT
    case .int64: PROTOBUF_C_TYPE_INT64
    case .uint64: PROTOBUF_C_TYPE_UINT64
    case .int32, .enumeration: PROTOBUF_C_TYPE_INT32
    case .fixed64: PROTOBUF_C_TYPE_FIXED64
    case .fixed32: PROTOBUF_C_TYPE_FIXED32
    case .bool: PROTOBUF_C_TYPE_BOOL
    case .string, .bytes: PROTOBUF_C_TYPE_BYTES
    case .message: PROTOBUF_C_TYPE_MESSAGE
    case .uint32: PROTOBUF_C_TYPE_UINT32
    case .sfixed32: PROTOBUF_C_TYPE_SFIXED32
    case .sfixed64: PROTOBUF_C_TYPE_SFIXED64
    case .sint32: PROTOBUF_C_TYPE_SINT32
    case .sint64: PROTOBUF_C_TYPE_SINT64
    }
  }

  /// Runs of consecutive numbers with the index of the first, then one that only closes the last.
  private static func writeRanges(
    _ numbers: [Int], to ranges: UnsafeMutablePointer<ProtobufCIntRange>
  ) -> Int {
    var count = 0
    for (index, number) in numbers.enumerated()
    where index == 0 || numbers[index - 1] + 1 != number {
      unsafe (ranges + count).initialize(
        to: ProtobufCIntRange(start_value: Int32(number), orig_index: UInt32(index)))
      count += 1
    }
    unsafe (ranges + count).initialize(
      to: ProtobufCIntRange(start_value: 0, orig_index: UInt32(numbers.count)))
    return count
  }

  private static func describe(
    size: Int, fieldCount: Int, fields: UnsafeMutablePointer<ProtobufCFieldDescriptor>,
    rangeCount: Int, ranges: UnsafeMutablePointer<ProtobufCIntRange>,
    name: UnsafeMutablePointer<CChar>
  ) -> ProtobufCMessageDescriptor {
    var result = unsafe ProtobufCMessageDescriptor()
    unsafe result.magic = UInt32(PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC)
    unsafe result.name = unsafe UnsafePointer(name)
    unsafe result.sizeof_message = size
    unsafe result.n_fields = UInt32(fieldCount)
    unsafe result.fields = unsafe UnsafePointer(fields)
    unsafe result.n_field_ranges = UInt32(rangeCount)
    unsafe result.field_ranges = unsafe UnsafePointer(ranges)
    return unsafe result
  }
}
