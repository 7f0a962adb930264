// Makes PNG files byte by byte, also ones that no encoder would write.

/// A grey PNG image of 8 bits (ISO/IEC 15948), its pixels stored without compression.
enum PNGBytes {
  /// The header may announce another size than the samples have.
  static func file(width: UInt32, height: UInt32, samples: [[UInt8]]) -> [UInt8] {
    let header: [UInt8] = bigEndian(width) + bigEndian(height) + [8, 0, 0, 0, 0]
    let rows = samples.flatMap { row -> [UInt8] in [0] + row }  // filter 0: as they are
    let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    let chunks = [chunk("IHDR", header), chunk("IDAT", stored(rows)), chunk("IEND", [])]
    return chunks.reduce(signature, +)
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return bigEndian(UInt32(data.count)) + body + bigEndian(checksum(body))
  }

  /// One stored block in a zlib stream (RFC 1950, RFC 1951 §3.2.4).
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    precondition(bytes.count < 1 << 16)
    let (low, high) = (UInt8(bytes.count & 0xFF), UInt8(bytes.count >> 8))
    var (a, b) = (UInt32(1), UInt32(0))
    for byte in bytes {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    let head: [UInt8] = [0x78, 0x01, 0x01, low, high, ~low, ~high]
    return head + bytes + bigEndian(b << 16 | a)
  }

  private static func bigEndian(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  /// The CRC of a chunk (ISO/IEC 15948 annex D).
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0xEDB8_8320 }
    }
    return ~sum
  }
}
