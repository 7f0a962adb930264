// zlib's decompressor.

private import CZlib
internal import MartletCore

/// Decompresses one message after the other in the same memory: about 40 KiB of zlib's and a piece
/// of output.
@safe
final class Inflater {
  /// Output that zlib may write before the limit is looked at again.
  private static let pieceBytes = 32 << 10

  private let compression: Compression
  /// Where it lies must not change: zlib's state points back at it.
  private let stream: UnsafeMutablePointer<z_stream>
  private let piece: UnsafeMutablePointer<UInt8>
  /// A member of gzip was whole, and more came behind it.
  private var isBehindMember = false

  /// Nil without memory.
  init?(_ compression: Compression) {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // Z_OK, or Z_MEM_ERROR; Z_VERSION_ERROR and Z_STREAM_ERROR would be a wrong build.
    guard unsafe martlet_inflate_init(stream, compression.windowBits) == Z_OK else {
      unsafe stream.deallocate()
      return nil
    }
    self.compression = compression
    unsafe self.stream = stream
    unsafe piece = .allocate(capacity: Self.pieceBytes)
  }

  deinit {
    // Z_STREAM_ERROR only for a stream that is none.
    _ = unsafe inflateEnd(stream)
    unsafe stream.deallocate()
    unsafe piece.deallocate()
  }

  /// Throws as soon as there is more output than `maxBytes`, whatever is still to come.
  func inflate(_ message: [UInt8], maxBytes: Int) throws(FramingError) -> [UInt8] {
    // Z_STREAM_ERROR only for a stream that is none.
    _ = unsafe inflateReset(stream)
    isBehindMember = false
    var output: [UInt8] = []
    try unsafe message.span.withUnsafeBytes { input throws(FramingError) in
      let start = unsafe input.baseAddress?.assumingMemoryBound(to: UInt8.self)
      unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: start)
      unsafe stream.pointee.avail_in = UInt32(input.count)
      while try !inflatePiece(onto: &output, maxBytes) {}
    }
    return output
  }

  /// True when the message is whole.
  private func inflatePiece(
    onto output: inout [UInt8], _ maxBytes: Int
  ) throws(FramingError) -> Bool {
    unsafe stream.pointee.next_out = piece
    unsafe stream.pointee.avail_out = UInt32(Self.pieceBytes)
    let code = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
    let produced = unsafe Self.pieceBytes - Int(stream.pointee.avail_out)
    guard output.count + produced <= maxBytes else {
      throw .inflatedTooLarge(limit: maxBytes)
    }
    unsafe output.append(contentsOf: UnsafeBufferPointer(start: piece, count: produced))
    // Nothing has come of a member that would follow a whole one.
    let isBetween = unsafe isBehindMember && stream.pointee.total_out == 0
    switch code {
    case Z_OK: return false
    case Z_STREAM_END:
      if unsafe stream.pointee.avail_in == 0 { return true }
      guard compression == .gzip else { throw bytesBehindIt }
      // gzip is one member or several in a row (RFC 1952 §2.2). Z_STREAM_ERROR only for a stream that is none.
      _ = unsafe inflateReset(stream)
      isBehindMember = true
      return false
    case Z_BUF_ERROR where isBetween, Z_DATA_ERROR where isBetween: throw bytesBehindIt
    // Nothing could be done: there was room for output, so there is no more input.
    case Z_BUF_ERROR: throw .undecodable(compression, "it ends too early")
    case Z_MEM_ERROR: throw .undecodable(compression, "there is no memory for it")
    // Z_DATA_ERROR, and Z_NEED_DICT for a dictionary that gRPC has no way to send.
    default: throw .undecodable(compression, "it is corrupt")
    }
  }

  private var bytesBehindIt: FramingError { .undecodable(compression, "bytes follow its end") }
}

extension Compression {
  /// zlib's name for the format: the largest window, and 16 more for gzip's header and trailer.
  var windowBits: Int32 {
    switch self {
    case .deflate: MAX_WBITS
    case .gzip: MAX_WBITS + 16
    }
  }
}
