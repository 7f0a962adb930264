// Follows the frames of the peer ahead of nghttp2, for the rules that nghttp2 does not keep.

internal import MartletCore

/// Where in the peer's bytes its frames lie, and which of them break a rule. nghttp2 does not tell of
/// frames that it ignores, and of a setting's values only the last; a look at the header of each frame
/// costs some ten instructions. Payload is passed over, but for that of SETTINGS.
@safe struct InboundFrames {
  enum Stop: Equatable {
    /// All bytes are for nghttp2.
    case end
    /// The byte at the offset ends a SETTINGS frame with values, which are in `settings`. nghttp2
    /// acts on that byte.
    case settings
    /// The frame at the offset breaks a rule.
    case breach(Breach)
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
  /// The bytes of a frame's header that came in an earlier piece.
  private var headerStart: UInt32 = 0
  private var headerRest: UInt64 = 0
  private var headerCount = 0

  private var floods: FloodGuard
  private let maxBlockBytes: Int
  /// The header section on its way: its bytes and its CONTINUATIONs.
  private var blockBytes = 0
  private var continuations = 0

  init(isServer: Bool, _ limits: Limits) {
    self.isServer = isServer
    floods = FloodGuard(limits.floods)
    maxBlockBytes = limits.maxHeaderListBytes * SessionBounds.headerExcess
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
        payloadLeft -= taken
        offset += taken
      }
      guard bytes.count - offset >= FrameType.headerBytes, headerCount == 0 else {
        if let breach = unsafe gatherHeader(bytes, &offset) { return .breach(breach) }
        if offset == bytes.count { return .end }
        continue
      }
      let start = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
      let flags = unsafe bytes[offset + 4]
      let stream = unsafe bytes.loadUnaligned(fromByteOffset: offset + 5, as: UInt32.self)
      if let breach = began(UInt32(bigEndian: start), flags, UInt32(bigEndian: stream)) {
        return .breach(breach)
      }
      offset += FrameType.headerBytes
    }
  }

  /// The way of a header that is cut by the end of a piece, byte by byte.
  private mutating func gatherHeader(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) -> Breach? {
    while offset < bytes.count, payloadLeft == 0 {
      let byte = unsafe bytes[offset]
      if headerCount < 4 {
        headerStart = headerStart << 8 | UInt32(byte)
      } else {
        headerRest = headerRest << 8 | UInt64(byte)
      }
      headerCount += 1
      if headerCount == FrameType.headerBytes {
        let flags = UInt8(truncatingIfNeeded: headerRest >> 32)
        let stream = UInt32(truncatingIfNeeded: headerRest)
        if let breach = began(headerStart, flags, stream) { return breach }
        headerCount = 0
        headerRest = 0
        offset += 1
        return nil
      }
      offset += 1
    }
    return nil
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

  /// A frame's header is whole: its length and type, its flags, its stream.
  private mutating func began(_ start: UInt32, _ flags: UInt8, _ stream: UInt32) -> Breach? {
    payloadLeft = Int(start >> 8)
    let type = FrameType(rawValue: UInt8(truncatingIfNeeded: start))
    self.type = type
    switch type {
    case .data:
      guard payloadLeft == 0, flags & FrameType.endStream == 0 else { return nil }
      return spend(.emptyData)
    case .headers:
      blockIsNew = true
      blockBytes = payloadLeft
      continuations = 0
      blockGoesOn = flags & FrameType.endHeaders == 0
      return numberUsed(Int32(truncatingIfNeeded: stream & 0x7fff_ffff))
    case .continuation:
      blockGoesOn = flags & FrameType.endHeaders == 0
      return blockContinued()
    case .settings:
      settings.removeAll(keepingCapacity: true)
      return spend(.settings)
    case .reset: return isServer ? spend(.reset) : nil
    case .ping: return spend(.ping)
    case .windowUpdate: return spend(.windowUpdate)
    case .priority, .goAway, nil: return spend(.inert)
    case .pushPromise: return nil
    }
  }

  private mutating func blockContinued() -> Breach? {
    guard payloadLeft <= FrameType.maxPayloadBytes else { return .continuationTooLong }
    blockBytes += payloadLeft
    continuations += 1
    let fits = blockBytes <= maxBlockBytes && continuations <= SessionBounds.maxContinuations
    return fits ? nil : .headerSectionTooLong
  }

  /// A client's HEADERS: a new stream's, or trailers.
  private mutating func numberUsed(_ number: Int32) -> Breach? {
    guard isServer, number & 1 == 1 else { return nil }
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
