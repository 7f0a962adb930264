// A message of a type known only at run time, decoded and encoded by protobuf-c.

private import CProtobufC

/// One decoded message with all its memory, which goes when this object goes. Not `Sendable`: one
/// task at a time uses it.
@safe
package final class DynamicMessage {
  package let type: MessageType
  let arena = Arena()
  private var base: UnsafeMutableRawPointer

  /// An empty message.
  package init(_ type: MessageType) throws(WireError) {
    self.type = type
    guard let base = unsafe MessageNode.make(type, in: arena) else {
      throw WireError(.notDecodable, at: 0)
    }
    unsafe self.base = base
  }

  /// Decodes bytes after checking them, so that nothing malformed reaches protobuf-c.
  package init(unpacking bytes: [UInt8], as type: MessageType) throws(WireError) {
    var traits = MessageTraits(needsText: true)
    try type.schema.check(WireReader(bytes), as: type.index, depth: 1, &traits)
    let bytes =
      traits.mayNeedMerging || traits.hasStrangers ? try type.merging(bytes) : bytes
    self.type = type
    let arena = arena
    let message = unsafe bytes.withUnsafeBufferPointer { buffer in
      // NULL: the arena is exhausted, or one of the few encodings that `check` lets pass and
      // protobuf-c does not take (a packed bool in more than one byte).
      unsafe protobuf_c_message_unpack(
        type.schema.layouts.descriptor(type.index),
        arena.allocator.assumingMemoryBound(to: ProtobufCAllocator.self), buffer.count,
        buffer.baseAddress)
    }
    guard let message = unsafe message else { throw WireError(.notDecodable, at: 0) }
    unsafe base = UnsafeMutableRawPointer(message)
  }

  /// The message's bytes; fields in the order of their numbers, then unknown ones.
  package func pack() -> [UInt8] {
    let message = unsafe UnsafePointer(base.assumingMemoryBound(to: ProtobufCMessage.self))
    let size = unsafe protobuf_c_message_get_packed_size(message)
    return unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      // Returns the bytes written, which is the size asked for above.
      count = unsafe protobuf_c_message_pack(message, buffer.baseAddress)
    }
  }

  /// The message itself, to read and to set fields of. It must not outlive this object.
  var root: MessageNode { unsafe MessageNode(type: type, base: base, arena: arena) }
}
