// A header section of several frames, from its first one until nghttp2 has it.

/// Takes the payload of HEADERS and its CONTINUATIONs, cuts strings that are too long (`HeaderSectionCutter`) and
/// makes frames of the rest. What it keeps is less than a frame, and the beginning of one string.
@safe struct HeldSection {
  private let flags: UInt8
  private let stream: UInt32
  private var cutter: HeaderSectionCutter
  /// Bytes of the first frame in front of the section: RFC 7540's priority.
  private var priorityLeft: Int
  private var payload: [UInt8] = []
  private var hasBegun = false
  /// Whole frames for nghttp2.
  private var frames: [UInt8] = []

  init(flags: UInt8, stream: UInt32, maxStringBytes: Int) {
    self.flags = flags
    self.stream = stream
    cutter = HeaderSectionCutter(maxStringBytes: maxStringBytes)
    priorityLeft = flags & FrameType.hasPriority != 0 ? FrameType.priorityBytes : 0
  }

  /// The strings that were cut.
  var cuts: [HeaderSectionCutter.Cut] { cutter.cuts }

  mutating func take(_ bytes: UnsafeRawBufferPointer) {
    let priority = min(priorityLeft, bytes.count)
    if priority > 0 {
      unsafe payload.append(contentsOf: bytes[..<priority])
      priorityLeft -= priority
    }
    unsafe cutter.take(UnsafeRawBufferPointer(rebasing: bytes[priority...]), to: &payload)
    while payload.count > FrameType.maxPayloadBytes { writeFrame(isLast: false) }
  }

  /// The section is whole.
  mutating func end() {
    writeFrame(isLast: true)
  }

  /// Something else comes in between; nghttp2 is to say what is wrong with that.
  mutating func breakOff() {
    writeFrame(isLast: false)
  }

  mutating func takeFrames() -> [UInt8] {
    var taken: [UInt8] = []
    swap(&taken, &frames)
    return taken
  }

  private mutating func writeFrame(isLast: Bool) {
    let count = min(payload.count, FrameType.maxPayloadBytes)
    let type: FrameType = hasBegun ? .continuation : .headers
    let end = isLast ? FrameType.endHeaders : 0
    frames += [UInt8(count >> 16), UInt8(count >> 8 & 0xff), UInt8(count & 0xff), type.rawValue]
    frames.append((hasBegun ? 0 : flags) | end)
    for shift in [24, 16, 8, 0] { frames.append(UInt8(truncatingIfNeeded: stream >> shift)) }
    frames += payload[..<count]
    payload.removeFirst(count)
    hasBegun = true
  }
}
