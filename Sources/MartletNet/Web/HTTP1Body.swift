// The body of an HTTP/1.1 request, as it comes.
internal import NIOCore

/// Gathers a body up to the length that it may have.
struct HTTP1Body {
  /// Bytes that must come within `Limits.connectTimeout`.
  private static let step = 64 << 10

  private(set) var bytes: [UInt8] = []
  private let maxBytes: Int

  init(maxBytes: Int) {
    self.maxBytes = maxBytes
  }

  /// What became of a piece.
  enum Intake: Equatable {
    case taken
    /// Enough has come for the rest to have its own time.
    case stepDone
    case tooMuch
  }

  mutating func take(_ piece: ByteBuffer) -> Intake {
    guard bytes.count + piece.readableBytes <= maxBytes else { return .tooMuch }
    let steps = bytes.count / Self.step
    bytes += piece.readableBytesView
    return bytes.count / Self.step > steps ? .stepDone : .taken
  }

  mutating func takeAll() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }
}
