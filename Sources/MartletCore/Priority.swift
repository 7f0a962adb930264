// Which of the requests that wait goes first.

/// How urgent a request is: its urgency is 0 to 7, 0 goes first, and who says nothing is in the middle, as
/// HTTP has it (RFC 9218 §4.1, "Urgency"). On the wire it is the metadata `martlet-priority`.
public struct Priority: Sendable, Hashable {
  /// The name of the metadata. Its value is one digit, and what goes from call to call like any metadata.
  public static let metadataKey = "martlet-priority"

  /// 0 to 7; less is more urgent.
  public let urgency: UInt8

  /// What a request has that says nothing: 3.
  public static let usual = Priority(known: 3)

  /// The least urgent there is: 7, for what may wait until nothing else does.
  public static let background = Priority(known: 7)

  /// How many there are.
  static let count: UInt8 = 8

  /// Nil for more than 7.
  public init?(urgency: UInt8) {
    guard urgency < Self.count else { return nil }
    self.urgency = urgency
  }

  private init(known urgency: UInt8) {
    self.urgency = urgency
  }

  /// Whether a request of this priority goes before one of the other.
  public func goesBefore(_ other: Priority) -> Bool {
    urgency < other.urgency
  }

  /// Every priority, the most urgent first.
  public static let all = (0..<count).map(Priority.init(known:))
}
