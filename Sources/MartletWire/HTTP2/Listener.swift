// From nghttp2's callbacks to the delegate without counting a reference.

/// What the core tells things to. C callbacks cannot be generic and an existential in memory is
/// retained and released, atomically, around each call; a class reached through `Unmanaged` is not.
/// That is four events a request.
class Listener {
  func headersReceived(
    _ headers: borrowing HeaderBlock, _ section: HeaderSection, on stream: HTTP2StreamID,
    endOfStream: Bool
  ) {}
  func dataReceived(_ bytes: UnsafeRawBufferPointer, on stream: HTTP2StreamID) {}
  func endReceived(on stream: HTTP2StreamID) {}
  func streamClosed(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode) {}
  func streamBecameWritable(_ stream: HTTP2StreamID) {}
  func goAwayReceived(lastStream: Int32, _ code: HTTP2ErrorCode) {}
  func settingsReceived() {}
  func pingAcknowledged(_ payload: UInt64) {}

  /// Whether it passes on to `delegate`.
  func speaks(to delegate: AnyObject) -> Bool { false }

  static func to(_ delegate: some HTTP2SessionDelegate) -> Listener {
    DelegateListener(delegate)
  }
}

/// Passes everything on to a delegate that it does not own: whoever calls `receive`, `output` or `end` keeps
/// the delegate alive for the call.
@safe private final class DelegateListener<Delegate: HTTP2SessionDelegate>: Listener {
  private let delegate: Unmanaged<Delegate>

  init(_ delegate: Delegate) {
    unsafe self.delegate = .passUnretained(delegate)
  }

  override func speaks(to other: AnyObject) -> Bool {
    unsafe delegate.toOpaque() == Unmanaged.passUnretained(other).toOpaque()
  }

  override func headersReceived(
    _ headers: borrowing HeaderBlock, _ section: HeaderSection, on stream: HTTP2StreamID,
    endOfStream: Bool
  ) {
    unsafe delegate._withUnsafeGuaranteedRef {
      $0.headersReceived(headers, section, on: stream, endOfStream: endOfStream)
    }
  }

  override func dataReceived(_ bytes: UnsafeRawBufferPointer, on stream: HTTP2StreamID) {
    unsafe delegate._withUnsafeGuaranteedRef { unsafe $0.dataReceived(bytes, on: stream) }
  }

  override func endReceived(on stream: HTTP2StreamID) {
    unsafe delegate._withUnsafeGuaranteedRef { $0.endReceived(on: stream) }
  }

  override func streamClosed(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode) {
    unsafe delegate._withUnsafeGuaranteedRef { $0.streamClosed(stream, code) }
  }

  override func streamBecameWritable(_ stream: HTTP2StreamID) {
    unsafe delegate._withUnsafeGuaranteedRef { $0.streamBecameWritable(stream) }
  }

  override func goAwayReceived(lastStream: Int32, _ code: HTTP2ErrorCode) {
    unsafe delegate._withUnsafeGuaranteedRef {
      $0.goAwayReceived(lastStream: lastStream, code)
    }
  }

  override func settingsReceived() {
    unsafe delegate._withUnsafeGuaranteedRef { $0.settingsReceived() }
  }

  override func pingAcknowledged(_ payload: UInt64) {
    unsafe delegate._withUnsafeGuaranteedRef { $0.pingAcknowledged(payload) }
  }
}
