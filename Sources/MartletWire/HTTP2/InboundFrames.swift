// Follows the frames of the peer ahead of nghttp2, for the rules that nghttp2 does not keep.

internal import MartletCore

/// Where in the peer's bytes its frames lie, and which of them break a rule. nghttp2 does not tell of
/// frames that it ignores, and of a setting's values only the last; a look at the header of each frame
/// costs some ten instructions. Payload is passed over, but for that of SETTINGS.
@safe struct InboundFrames {
  enum Stop: Equatable {
    /// All bytes are for nghttp2, or all up to the offset: the rest, less than a frame's header, is for
    /// `keepPartialHeader`.
    case end
    /// At the offset begins a header section of several frames. Its bytes are not for nghttp2, but the frames
    /// that `takeHeldFrames` gives from now on.
    case held
    /// At the offset the section that was held has ended.
    case released
    /// The byte at the offset ends a SETTINGS frame with values, which are in `settings`. nghttp2
    /// acts on that byte.
    case settings
    /// The frame at the offset breaks a rule.
    case breach(Breach)
    /// The frame at the offset, DATA or HEADERS, is on a stream that its sender has ended or reset. nghttp2 knows
    /// what to do while the stream is open; of one that is closed it ignores both.
    case afterEnd(Int32, SentEnds.End, FrameType)
  }

  /// The values of the last SETTINGS frame, as they came.
  private(set) var settings: [UInt8] = []

  private let isServer: Bool
  private var payloadLeft: Int
  private var type: FrameType?
  /// A header section has begun whose last frame has not.
  private var blockGoesOn = false
  private var highestNumber: Int32 = -1
  private var skipped = SkippedNumbers()
  /// A header section began since `headersSince` was last set.
  private var blockIsNew = false
  /// When the header section began that is not whole yet; nil between sections.
  private(set) var headersSince: Timestamp?
  /// The beginning of a frame's header whose rest has not come.
  private var partialHeader: [UInt8] = []
  /// The header section that is held back.
  private var section: HeldSection?
  /// Whether there is one, so that bytes are not for nghttp2: asked of each frame.
  private(set) var isHolding = false
  private var heldStream: UInt32 = 0
  /// Its first frame is at the offset again.
  private var sectionBegins = false
  /// How the client has ended its side of its latest streams (server).
  private var ends = SentEnds()
  /// What is said of a frame is not said again when it is looked at once more.
  private var isToldOf = false

  private var floods: FloodGuard
  private let maxBlockBytes: Int
  private let maxContinuations: Int
  private let maxStringBytes: Int
  /// The header section on its way: its bytes and its CONTINUATIONs.
  private var blockBytes = 0
  private var continuations = 0

  init(isServer: Bool, _ limits: Limits) {
    self.isServer = isServer
    floods = FloodGuard(limits.floods)
    let excess = isServer ? limits.headerExcess : SessionBounds.answerExcess
    maxBlockBytes = limits.maxHeaderListBytes * excess
    maxContinuations = SessionBounds.maxContinuations * max(1, excess / SessionBounds.headerExcess)
    maxStringBytes = max(limits.maxHeaderListBytes, SessionBounds.keptStringBytes)
    // The client's preface, of which nghttp2 takes care, passes as payload.
    payloadLeft = isServer ? 24 : 0
  }

  /// Whether any HEADERS have come (server).
  var hasHadRequest: Bool { highestNumber > 0 }

  /// Bytes have come at `now`, and so many HEADERS and DATA had been sent before.
  @inline(__always)
  mutating func pieceBegan(_ now: Timestamp, framesSent: Int) {
    floods.refill(now, framesSent: framesSent)
  }

  /// Takes one from the allowance; what to do when there was none.
  mutating func spend(_ kind: FloodKind) -> Breach? {
    floods.spend(kind) ? nil : .flood(kind)
  }

  /// Whether a new stream is to be refused: too many were reset.
  var refusesStreams: Bool { floods.refusesStreams }

  /// Whether a quarter of what may be reset was.
  var isResetOften: Bool { floods.isResetOften }

  /// Counts a reset by the client, or a stream that was refused; what to do when there were too many.
  mutating func spendReset() -> Breach? {
    floods.spendReset() ? nil : .flood(.reset)
  }

  /// All bytes that came at `now` have been passed over.
  mutating func pieceEnded(_ now: Timestamp) {
    let isWithin = payloadLeft > 0 && (type == .headers || type == .continuation)
    guard isWithin || blockGoesOn else {
      headersSince = nil
      return
    }
    if blockIsNew || headersSince == nil { headersSince = now }
    blockIsNew = false
  }

  /// Passes over whole and partial frames from `offset` on, which moves to where the stop is.
  mutating func advance(_ bytes: UnsafeRawBufferPointer, from offset: inout Int) -> Stop {
    while true {
      if payloadLeft > 0 {
        if type == .settings, unsafe keepSettings(bytes, &offset) { return .settings }
        let taken = min(payloadLeft, bytes.count - offset)
        if isHolding { unsafe hold(bytes, offset..<offset + taken) }
        payloadLeft -= taken
        offset += taken
      }
      if isHolding, payloadLeft == 0, !blockGoesOn, !sectionBegins {
        section?.end()
        return .released
      }
      guard bytes.count - offset >= FrameType.headerBytes else { return .end }
      let stop = unsafe began(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
      if let stop { return stop }
      offset += FrameType.headerBytes
    }
  }

  // MARK: Headers of frames that are cut by the end of a piece

  /// Keeps what is left of a piece, which is not for nghttp2 yet.
  mutating func keepPartialHeader(_ rest: UnsafeRawBufferPointer) {
    unsafe partialHeader.append(contentsOf: rest)
  }

  var hasPartialHeader: Bool { !partialHeader.isEmpty }

  /// The header of which an earlier piece had the beginning, once it is whole. It is for `advance`.
  mutating func wholeHeader(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> [UInt8]? {
    let taken = min(FrameType.headerBytes - partialHeader.count, bytes.count)
    unsafe partialHeader.append(contentsOf: bytes[..<taken])
    offset = taken
    guard partialHeader.count == FrameType.headerBytes else { return nil }
    var whole: [UInt8] = []
    swap(&whole, &partialHeader)
    return whole
  }

  // MARK: Header sections that are held back

  private mutating func hold(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    unsafe section?.take(UnsafeRawBufferPointer(rebasing: bytes[range]))
  }

  /// What has become of the section so far, for nghttp2.
  mutating func takeHeldFrames() -> [UInt8] {
    section?.takeFrames() ?? []
  }

  /// The strings in it that were cut so far.
  var cuts: [HeaderSectionCutter.Cut] { section?.cuts ?? [] }

  /// The section has ended, and nghttp2 has all of it.
  mutating func release() {
    section = nil
    isHolding = false
  }

  /// Keeps the payload of SETTINGS that is in this piece; whether its last byte is, which is left.
  private mutating func keepSettings(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) -> Bool {
    let taken = min(payloadLeft, bytes.count - offset)
    // nghttp2 refuses more values than that by the frame's header alone.
    if settings.count + taken <= SessionBounds.maxSettingsBytes {
      unsafe settings.append(contentsOf: bytes[offset..<offset + taken])
    }
    guard taken == payloadLeft else { return false }
    offset += taken - 1
    payloadLeft = 1
    type = nil
    return true
  }

  // MARK: Frames

  /// A frame's header is whole: its length and type, its flags, its stream. DATA and HEADERS are nearly all frames,
  /// so both are dealt with here.
  @inline(__always)
  private mutating func began(_ header: UnsafeRawBufferPointer) -> Stop? {
    let start = unsafe UInt32(bigEndian: header.loadUnaligned(as: UInt32.self))
    let flags = unsafe header[4]
    let stream = unsafe UInt32(bigEndian: header.loadUnaligned(fromByteOffset: 5, as: UInt32.self))
    if isHolding {
      guard continuesSection(start, stream) else {
        section?.breakOff()
        return .released
      }
    }
    let number = Int32(truncatingIfNeeded: stream & 0x7fff_ffff)
    switch FrameType(rawValue: UInt8(truncatingIfNeeded: start)) {
    case .data:
      if isServer, let stop = ended(number, flags, .data) { return stop }
      payloadLeft = Int(start >> 8)
      type = .data
      guard payloadLeft == 0, flags & FrameType.endStream == 0 else { return nil }
      return spend(.emptyData).map { .breach($0) }
    case .headers:
      if !isHolding, beginsHeldSection(start, flags) {
        return hold(Int(start >> 8), flags, stream)
      }
      sectionBegins = false
      return headersBegan(Int(start >> 8), flags, number)
    case let other:
      sectionBegins = false
      return began(other, Int(start >> 8), flags, number)
    }
  }

  @inline(__always)
  private mutating func headersBegan(_ length: Int, _ flags: UInt8, _ number: Int32) -> Stop? {
    if isServer {
      if number > highestNumber { ends.begin(number) }
      if let stop = ended(number, flags, .headers) { return stop }
    }
    payloadLeft = length
    type = .headers
    blockIsNew = true
    blockBytes = length
    continuations = 0
    blockGoesOn = flags & FrameType.endHeaders == 0
    guard isServer else { return nil }
    return numberUsed(number).map { .breach($0) }
  }

  /// Frames that are neither DATA nor HEADERS.
  @inline(never)
  private mutating func began(
    _ type: FrameType?, _ length: Int, _ flags: UInt8, _ number: Int32
  ) -> Stop? {
    if isServer, type == .reset { ends.end(number, by: .reset) }
    payloadLeft = length
    self.type = type
    return breach(type, flags).map { .breach($0) }
  }

  private mutating func breach(_ type: FrameType?, _ flags: UInt8) -> Breach? {
    switch type {
    case .continuation:
      blockGoesOn = flags & FrameType.endHeaders == 0
      return blockContinued()
    case .settings:
      settings.removeAll(keepingCapacity: true)
      return spend(.settings)
    case .reset: return isServer ? spendReset() : nil
    case .ping: return spend(.ping)
    case .windowUpdate: return spend(.windowUpdate)
    case .priority, .goAway, nil: return spend(.inert)
    case .pushPromise, .data, .headers: return nil
    }
  }

  /// Remembers that the client ends its side of a stream; what it sends on one that it has ended before
  /// (RFC 9113 §5.1).
  @inline(__always)
  private mutating func ended(_ number: Int32, _ flags: UInt8, _ type: FrameType) -> Stop? {
    if let end = ends.sent(on: number, isEnd: flags & FrameType.endStream != 0) {
      isToldOf.toggle()
      return isToldOf ? .afterEnd(number, end, type) : nil
    }
    return nil
  }

  /// Sections in one frame have no strings that are too long.
  @inline(__always)
  private func beginsHeldSection(_ start: UInt32, _ flags: UInt8) -> Bool {
    guard flags & FrameType.endHeaders == 0 else { return false }
    let least =
      (flags & FrameType.padded != 0 ? 1 : 0)
      + (flags & FrameType.hasPriority != 0 ? FrameType.priorityBytes : 0)
    return (least...FrameType.maxPayloadBytes).contains(Int(start >> 8))
  }

  /// Holds a section back. Its first frame is looked at again once what came before is with nghttp2.
  private mutating func hold(_ length: Int, _ flags: UInt8, _ stream: UInt32) -> Stop {
    isHolding = true
    section = HeldSection(
      flags: flags, bytes: length, stream: stream, maxStringBytes: maxStringBytes)
    heldStream = stream
    sectionBegins = true
    return .held
  }

  private func continuesSection(_ start: UInt32, _ stream: UInt32) -> Bool {
    sectionBegins
      || UInt8(truncatingIfNeeded: start) == FrameType.continuation.rawValue && stream == heldStream
  }

  private mutating func blockContinued() -> Breach? {
    guard payloadLeft <= FrameType.maxPayloadBytes else { return .continuationTooLong }
    blockBytes += payloadLeft
    continuations += 1
    let fits = blockBytes <= maxBlockBytes && continuations <= maxContinuations
    return fits ? nil : .headerSectionTooLong
  }

  /// A client's HEADERS: a new stream's, or trailers.
  @inline(__always)
  private mutating func numberUsed(_ number: Int32) -> Breach? {
    guard number & 1 == 1 else { return nil }
    guard number <= highestNumber else {
      if number > highestNumber + 2 { skipped.insert(highestNumber + 2, number - 2) }
      highestNumber = number
      return nil
    }
    // Trailers may come for any stream that was ever open, also for one that we have just reset; for
    // one that never was, nothing can.
    return skipped.contains(number) ? .streamSkipped : nil
  }
}

/// The types of RFC 9113 §6.
enum FrameType: UInt8 {
  case data, headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate
  case continuation

  /// Length, type, flags and stream (§4.1).
  static var headerBytes: Int { 9 }
  /// What we take; we never offer more (§4.2).
  static var maxPayloadBytes: Int { 1 << 14 }
  static var endStream: UInt8 { 0x1 }
  static var endHeaders: UInt8 { 0x4 }
  static var padded: UInt8 { 0x8 }
  static var hasPriority: UInt8 { 0x20 }
  static var priorityBytes: Int { 5 }
}

/// Numbers of streams that a client has passed by, which closed them (RFC 9113 §5.1.1). Clients count by
/// two, so there are usually none; of those who leave many gaps only the latest are known.
struct SkippedNumbers {
  private var gaps: [ClosedRange<Int32>] = []

  mutating func insert(_ first: Int32, _ last: Int32) {
    if gaps.count == SessionBounds.maxNumberGaps { gaps.removeFirst() }
    gaps.append(first...last)
  }

  func contains(_ number: Int32) -> Bool {
    gaps.contains { $0.contains(number) }
  }
}
