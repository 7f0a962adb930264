// A header section as nghttp2 wants it.

internal import CNGHTTP2

/// Scratch for one header section at a time, for all sessions of a thread.
@safe struct HeaderPairs: ~Copyable {
  private var pairs: UnsafeMutablePointer<nghttp2_nv>
  /// As many fields as ordinary sections have; a longer one makes it grow.
  private var capacity = 32

  init() {
    unsafe pairs = .allocate(capacity: capacity)
  }

  deinit {
    unsafe pairs.deallocate()
  }

  /// Names and values stay where they are in `headers`. Literals are marked so that nghttp2 does not
  /// copy them.
  mutating func fill(_ headers: borrowing HeaderBlock) -> UnsafePointer<nghttp2_nv> {
    guard let storage = headers.storage else { return unsafe UnsafePointer(pairs) }
    // Not counted: `headers` keeps the memory for the call.
    unsafe Unmanaged.passUnretained(storage)._withUnsafeGuaranteedRef { fill($0) }
    return unsafe UnsafePointer(pairs)
  }

  private mutating func fill(_ storage: HeaderStorage) {
    let count = storage.fieldCount
    if count > capacity {
      unsafe pairs.deallocate()
      capacity = count
      unsafe pairs = .allocate(capacity: count)
    }
    for index in 0..<count {
      let field = unsafe storage.fields[index]
      let name = unsafe storage.name(of: field)
      let value = unsafe storage.value(of: field)
      var flags = NGHTTP2_NV_FLAG_NONE.rawValue
      if field.name != .other { flags |= NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue }
      if field.valueIsLiteral { flags |= NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue }
      if unsafe field.neverIndexed || !field.valueIsLiteral && !field.name.mayBeIndexed(value) {
        flags |= NGHTTP2_NV_FLAG_NO_INDEX.rawValue
      }
      // `nghttp2_nv` has mutable pointers, but nghttp2 only reads through them.
      unsafe (pairs + index).initialize(
        to: nghttp2_nv(
          name: Self.mutable(name), value: Self.mutable(value), namelen: name.count,
          valuelen: value.count, flags: UInt8(truncatingIfNeeded: flags)))
    }
  }

  private static func mutable(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutablePointer<UInt8>? {
    unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress)?
      .assumingMemoryBound(to: UInt8.self)
  }
}
