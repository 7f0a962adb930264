// A map of ink as it travels: long stretches of paper cost two bytes.

/// Codes a map as alternating stretches: the number of paper pixels and of ink pixels as varints, then a
/// byte for each ink pixel; again until the map is full. Rows follow each other without a mark.
enum InkCoding {
  static func encode(_ map: GreyImage) -> [UInt8] {
    var bytes: [UInt8] = []
    let samples = map.samples
    var index = 0
    while index < samples.count {
      let paper = index
      while index < samples.count, samples[index] == 0 { index += 1 }
      let ink = index
      while index < samples.count, samples[index] != 0 { index += 1 }
      append(ink - paper, to: &bytes)
      append(index - ink, to: &bytes)
      bytes += samples[ink..<index]
    }
    return bytes
  }

  /// Throws `PageError` when the sides are beyond the limits or the bytes do not fill the map exactly.
  static func decode(
    _ bytes: [UInt8], width: Int, height: Int, limits: PageLimits
  ) throws(PageError) -> GreyImage {
    // An upright page is larger than the one that was sent; twice holds a turn by any angle.
    guard width > 0, height > 0, width <= 2 * limits.side, height <= 2 * limits.side,
      width * height <= 2 * limits.pixels
    else {
      throw PageError("a map of ink of \(width) x \(height) pixels is too large or empty")
    }
    var map = GreyImage(width: width, height: height)
    var (index, position) = (0, 0)
    while index < map.samples.count {
      let paper = try varint(bytes, &position)
      let ink = try varint(bytes, &position)
      guard paper + ink > 0, paper + ink <= map.samples.count - index,
        ink <= bytes.count - position
      else {
        throw PageError("the map of ink does not fit its size")
      }
      index += paper
      map.samples.replaceSubrange(index..<(index + ink), with: bytes[position..<(position + ink)])
      index += ink
      position += ink
    }
    guard position == bytes.count else {
      throw PageError("the map of ink is longer than its size")
    }
    return map
  }

  private static func append(_ number: Int, to bytes: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// At most four bytes: 28 bits are more than a map has pixels.
  private static func varint(_ bytes: [UInt8], _ position: inout Int) throws(PageError) -> Int {
    var number = 0
    for shift in stride(from: 0, to: 28, by: 7) {
      guard position < bytes.count else { throw PageError("the map of ink is cut short") }
      let byte = bytes[position]
      position += 1
      number |= Int(byte & 0x7f) << shift
      if byte < 0x80 { return number }
    }
    throw PageError("the map of ink holds a number that is too large")
  }
}
