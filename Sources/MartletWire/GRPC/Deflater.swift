// zlib's compressor.

private import CZlib
internal import MartletCore

/// Compresses one message after the other in the same memory: about 256 KiB of zlib's and a piece of
/// output.
@safe
final class Deflater {
  private static let pieceBytes = 32 << 10
  private static let prefixBytes = 5

  /// Where it lies must not change: zlib's state points back at it.
  private let stream: UnsafeMutablePointer<z_stream>
  private let piece: UnsafeMutablePointer<UInt8>

  /// Nil without memory.
  init?(_ compression: Compression) {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // The fastest level: it runs on a loop, where the other calls of the thread wait meanwhile, and
    // the slower ones win a few per cent of size for several times the time.
    // Z_OK, or Z_MEM_ERROR; Z_VERSION_ERROR and Z_STREAM_ERROR would be a wrong build.
    guard unsafe martlet_deflate_init(stream, Z_BEST_SPEED, compression.windowBits) == Z_OK else {
      unsafe stream.deallocate()
      return nil
    }
    unsafe self.stream = stream
    unsafe piece = .allocate(capacity: Self.pieceBytes)
  }

  deinit {
    // Z_DATA_ERROR when a message was given up half way, which is all right.
    _ = unsafe deflateEnd(stream)
    unsafe stream.deallocate()
    unsafe piece.deallocate()
  }

  /// The compressed message behind its prefix; nil when it would not be shorter than the message.
  func framed(_ message: [UInt8]) -> [UInt8]? {
    // Z_STREAM_ERROR only for a stream that is none.
    _ = unsafe deflateReset(stream)
    // The flag and, once it is known, the length.
    var output: [UInt8] = [1, 0, 0, 0, 0]
    let isWhole = unsafe message.span.withUnsafeBytes { input in
      let start = unsafe input.baseAddress?.assumingMemoryBound(to: UInt8.self)
      unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: start)
      unsafe stream.pointee.avail_in = UInt32(input.count)
      while output.count - Self.prefixBytes < input.count {
        unsafe stream.pointee.next_out = piece
        unsafe stream.pointee.avail_out = UInt32(Self.pieceBytes)
        // Z_OK while output is left, then Z_STREAM_END; others only for a stream that is none.
        let code = unsafe deflate(stream, Z_FINISH)
        let produced = unsafe Self.pieceBytes - Int(stream.pointee.avail_out)
        unsafe output.append(contentsOf: UnsafeBufferPointer(start: piece, count: produced))
        guard code == Z_OK else { return code == Z_STREAM_END }
      }
      return false
    }
    let count = output.count - Self.prefixBytes
    guard isWhole, count < message.count else { return nil }
    for index in 1..<Self.prefixBytes {
      output[index] = UInt8(truncatingIfNeeded: count >> (8 * (4 - index)))
    }
    return output
  }
}
