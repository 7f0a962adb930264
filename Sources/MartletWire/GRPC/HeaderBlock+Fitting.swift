// Answers that are longer than their client takes.

internal import MartletCore

/// How long a header list may be for one peer, as HPACK counts it.
struct HeaderBudget: Equatable {
  /// What the peer takes.
  let most: Int
  /// What it takes in any case. gRPC's C core announces its hard limit and refuses by chance from half of that on
  /// (8 of 16 KiB); with its limits set by hand, from four fifths on.
  let surely: Int
  /// Whether the peer said so itself. Of others a text is kept short all the same, but no metadata is withheld
  /// that most would take.
  private let isAnnounced: Bool

  /// What every gRPC client takes by default.
  private static let usual = 8 << 10
  /// What the C core announces by default.
  private static let usuallyAnnounced = 16 << 10
  /// What a peer is sent that announces nothing: as much as this process takes by default.
  private static let unannounced = 32 << 10
  /// nghttp2 sends sections up to 64 KiB.
  private static let sendable = 60_000

  /// `announced` is SETTINGS_MAX_HEADER_LIST_SIZE, nil for a peer that did not send it.
  init(announced: Int?) {
    guard let announced else {
      (most, surely, isAnnounced) = (Self.unannounced, Self.usual, false)
      return
    }
    most = min(announced, Self.sendable)
    surely = announced <= Self.usuallyAnnounced ? min(announced, Self.usual) : most / 5 * 4
    isAnnounced = true
  }

  /// For a request: nothing can be left out of it, so only what the peer said counts.
  var forRequests: Int { isAnnounced ? most : Self.sendable }

  /// For the metadata of an answer that failed, or did not.
  fileprivate func forMetadata(isFailure: Bool) -> Int { isFailure && isAnnounced ? surely : most }
}

extension HeaderBlock {
  /// This head, or these trailers, shortened so that the client gets at least the status; nil where it takes them
  /// as they are.
  ///
  /// The code always goes on. Metadata goes on whole or not at all, `grpc-status-details-bin` before the rest,
  /// and `martlet-left-out` names what does not. The text has what is left, and says where it was cut.
  func fitted(to budget: HeaderBudget) -> HeaderBlock? {
    let isFailure =
      unsafe withValue(of: .grpcStatus) { unsafe !$0.elementsEqual("0".utf8) } ?? false
    let forMetadata = budget.forMetadata(isFailure: isFailure)
    guard listBytes > (isFailure ? budget.surely : forMetadata) else { return nil }
    let textBytes = fieldBytes(of: .grpcMessage)
    let fixed = (0..<count).reduce(0) { isFitted(at: $1) ? $0 : $0 + fieldBytes(at: $1) }
    var room = forMetadata - fixed - min(textBytes, Self.leastTextBytes)
    var kept = Set<Int>()
    if listBytes > forMetadata { room -= Self.leftOutBytes }
    for index in fittingOrder where fieldBytes(at: index) <= room {
      room -= fieldBytes(at: index)
      kept.insert(index)
    }
    return shortened(
      keeping: kept, textBytes: budget.surely - fixed - kept.reduce(0) { $0 + fieldBytes(at: $1) })
  }

  private func shortened(keeping kept: Set<Int>, textBytes: Int) -> HeaderBlock {
    var block = HeaderBlock()
    var leftOut: [String] = []
    for index in 0..<count {
      if name(at: index) == .grpcMessage {
        unsafe withField(at: index) { _, value in
          let limit = max(textBytes - Self.textOverhead - Self.leftOutBytes, Self.leastTextBytes)
          let text = unsafe StatusText.cut(value, of: value.count, to: limit)
          unsafe text.withUnsafeBytes { unsafe block.append(.grpcMessage, $0, neverIndexed: true) }
        }
      } else if !isFitted(at: index) || kept.contains(index) {
        block.append(fieldAt: index, of: self)
      } else {
        unsafe withField(at: index) { name, _ in
          leftOut.append(unsafe String(decoding: name, as: UTF8.self))
        }
      }
    }
    if !leftOut.isEmpty { block.append(leftOut: leftOut) }
    return block
  }

  /// Fields that may be left out or cut: the rest says how the call went.
  private func isFitted(at index: Int) -> Bool {
    switch name(at: index) {
    case .grpcMessage, .grpcStatusDetails, .other, .cookie, .traceparent, .tracestate, .trace: true
    default: false
    }
  }

  /// Metadata in the order in which there is room for it.
  private var fittingOrder: [Int] {
    let metadata = (0..<count).filter { isFitted(at: $0) && name(at: $0) != .grpcMessage }
    return metadata.filter { name(at: $0) == .grpcStatusDetails }
      + metadata.filter { name(at: $0) != .grpcStatusDetails }
  }

  private func fieldBytes(at index: Int) -> Int {
    unsafe withField(at: index) { name, value in name.count + value.count + Self.fieldOverhead }
  }

  private func fieldBytes(of name: HeaderName) -> Int {
    firstIndex(of: name).map { fieldBytes(at: $0) } ?? 0
  }

  /// A text keeps so much beside any metadata.
  private static var leastTextBytes: Int { 1 << 10 }

  /// `grpc-message` and what HPACK counts for a field.
  private static var textOverhead: Int { 12 + fieldOverhead }

  /// What `martlet-left-out` takes.
  private static var leftOutBytes: Int { 256 }
}

extension HeaderBlock {
  /// For clients of HTTP/1.1, which announce nothing: this head with a text that their libraries take.
  package func withShortText() -> HeaderBlock? {
    fitted(to: HeaderBudget(announced: nil))
  }
}
