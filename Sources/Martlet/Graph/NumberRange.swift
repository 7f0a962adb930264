// Ranges of numbers in the conditions of graphs.

/// A range of numbers that a `Case` or a loop compares a field with.
public protocol NumberRange<Bound>: Sendable {
  associatedtype Bound: ComparedNumber

  /// As the app file spells it.
  var condition: String { get }
}

/// A number that a field of a message can have.
public protocol ComparedNumber: Comparable, Sendable {}
extension Int: ComparedNumber {}
extension Int32: ComparedNumber {}
extension Int64: ComparedNumber {}
extension UInt32: ComparedNumber {}
extension UInt64: ComparedNumber {}
extension Float: ComparedNumber {}
extension Double: ComparedNumber {}

extension PartialRangeUpTo: NumberRange where Bound: ComparedNumber {
  public var condition: String { "< \(upperBound)" }
}

extension PartialRangeThrough: NumberRange where Bound: ComparedNumber {
  public var condition: String { "<= \(upperBound)" }
}

extension PartialRangeFrom: NumberRange where Bound: ComparedNumber {
  public var condition: String { ">= \(lowerBound)" }
}

extension Range: NumberRange where Bound: ComparedNumber {
  public var condition: String { "\(lowerBound)..<\(upperBound)" }
}

extension ClosedRange: NumberRange where Bound: ComparedNumber {
  public var condition: String { "\(lowerBound)...\(upperBound)" }
}

/// A number, or several, of which an ensemble can take the mean.
public protocol AveragedValue: Sendable {}
extension Int32: AveragedValue {}
extension Int64: AveragedValue {}
extension UInt32: AveragedValue {}
extension UInt64: AveragedValue {}
extension Float: AveragedValue {}
extension Double: AveragedValue {}
extension Array: AveragedValue where Element: AveragedValue {}

/// A value that requests or answers can be sorted by: a field that is neither a message nor repeated.
public protocol SingleValue: Sendable {}
extension String: SingleValue {}
extension Bool: SingleValue {}
extension Int32: SingleValue {}
extension Int64: SingleValue {}
extension UInt32: SingleValue {}
extension UInt64: SingleValue {}
extension Float: SingleValue {}
extension Double: SingleValue {}
/// Bytes.
extension Array: SingleValue where Element == UInt8 {}
