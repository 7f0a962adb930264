// The memory of one decoded message: allocated piece by piece, freed all at once.

private import CProtobufC

/// An allocator that protobuf-c draws from. Nothing is freed before the arena goes, so it counts
/// what it gave and refuses beyond `SchemaLimits.maxArenaBytes`; protobuf-c then gives up cleanly.
@safe
final class Arena {
  private var chunks: [UnsafeMutableRawPointer] = unsafe []
  private var next: UnsafeMutableRawPointer?
  private var free = 0
  private var chunkBytes = 2048
  private(set) var allocatedBytes = 0
  private let allocatorStorage: UnsafeMutablePointer<ProtobufCAllocator>

  private static let maxChunkBytes = 1 << 20

  init() {
    unsafe allocatorStorage = .allocate(capacity: 1)
    let data = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe allocatorStorage.initialize(
      to: ProtobufCAllocator(
        alloc: { data, size in
          guard let data = unsafe data else { return nil }
          return unsafe Unmanaged<Arena>.fromOpaque(data).takeUnretainedValue().allocate(size)
        },
        free: { _, _ in },
        allocator_data: data))
  }

  deinit {
    while let chunk = unsafe chunks.popLast() { unsafe chunk.deallocate() }
    unsafe allocatorStorage.deinitialize(count: 1)
    unsafe allocatorStorage.deallocate()
  }

  /// A `ProtobufCAllocator *` that lives as long as the arena does.
  var allocator: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(allocatorStorage) }

  /// Memory for any type, not zeroed; nil beyond the limit.
  func allocate(_ bytes: Int) -> UnsafeMutableRawPointer? {
    guard bytes >= 0, bytes <= SchemaLimits.maxArenaBytes - allocatedBytes else { return nil }
    let rounded = (max(bytes, 1) + 15) & ~15
    allocatedBytes += rounded
    if rounded > free { grow(for: rounded) }
    guard let result = unsafe next else { return nil }
    unsafe next = result + rounded
    free -= rounded
    return unsafe result
  }

  /// Memory as `allocate` gives it, but zeroed.
  func allocateZeroed(_ bytes: Int) -> UnsafeMutableRawPointer? {
    guard let memory = unsafe allocate(bytes) else { return nil }
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    return unsafe memory
  }

  private func grow(for bytes: Int) {
    let size = max(chunkBytes, bytes)
    let chunk = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    unsafe chunks.append(chunk)
    unsafe next = chunk
    free = size
    chunkBytes = min(chunkBytes * 2, Self.maxChunkBytes)
  }
}
