// A header section of several frames, from its first one until nghttp2 has it.

/// Takes the payload of HEADERS and its CONTINUATIONs, cuts strings that are too long (`HeaderSectionCutter`) and
/// makes frames of the rest. What it keeps is less than a frame, and the beginning of one string.
@safe struct HeldSection {
  private var flags: UInt8
  private let stream: UInt32
  private var cutter: HeaderSectionCutter
  /// The payload of the first frame: its length, and how much of it has not come.
  private let firstBytes: Int
  private var firstLeft: Int
  /// Bytes of the first frame in front of the section: RFC 7540's priority.
  private var priorityLeft: Int
  /// Bytes of the first frame behind the section; nil until their number has come (RFC 9113 §6.2). They are not
  /// passed on.
  private var padding: Int?
  private var payload: [UInt8] = []
  private var hasBegun = false
  /// Whole frames for nghttp2.
  private var frames: [UInt8] = []

  /// - Parameters:
  ///   - flags: of the HEADERS frame.
  ///   - bytes: of its payload.
  init(flags: UInt8, bytes: Int, stream: UInt32, maxStringBytes: Int) {
    self.flags = flags
    self.stream = stream
    cutter = HeaderSectionCutter(maxStringBytes: maxStringBytes)
    firstBytes = bytes
    firstLeft = bytes
    priorityLeft = flags & FrameType.hasPriority != 0 ? FrameType.priorityBytes : 0
    padding = flags & FrameType.padded != 0 ? nil : 0
  }

  /// The strings that were cut.
  var cuts: [HeaderSectionCutter.Cut] { cutter.cuts }

  /// Takes a piece of one frame's payload.
  mutating func take(_ bytes: UnsafeRawBufferPointer) {
    var piece = unsafe bytes[...]
    if firstLeft > 0 { unsafe uncover(&piece) }
    unsafe cutter.take(UnsafeRawBufferPointer(rebasing: piece), to: &payload)
    // A frame whose padding is broken goes alone: what follows must not make it whole.
    if flags & FrameType.padded != 0, firstLeft == 0, !hasBegun { writeFrame(isLast: false) }
    while payload.count > FrameType.maxPayloadBytes { writeFrame(isLast: false) }
  }

  /// Takes off what the first frame has around its part of the section.
  private mutating func uncover(_ piece: inout Slice<UnsafeRawBufferPointer>) {
    firstLeft -= unsafe piece.count
    if padding == nil, let length = unsafe piece.popFirst() { takePadLength(length) }
    let priority = unsafe piece.prefix(priorityLeft)
    unsafe payload.append(contentsOf: priority)
    priorityLeft -= unsafe priority.count
    unsafe piece = unsafe piece.dropFirst(priority.count)
    unsafe piece = unsafe piece.dropLast(max(0, (padding ?? 0) - firstLeft))
  }

  private mutating func takePadLength(_ length: UInt8) {
    guard 1 + priorityLeft + Int(length) > firstBytes else {
      padding = Int(length)
      flags &= ~FrameType.padded
      return
    }
    // More than there is. nghttp2 is to say so: it gets the length, and nothing that it could be of.
    payload.append(length)
    padding = firstBytes
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
