// Numbers of bytes as people write them.

/// A whole number, or a number with a unit of Kubernetes' quantities.
struct ByteSize {
  static let units: [(name: String, bytes: Int64)] = [
    ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40),
    ("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000),
  ]

  let bytes: Int64

  init?(_ text: String) {
    let unit = Self.units.first { text.hasSuffix($0.name) } ?? (name: "", bytes: 1)
    let amount = String(text.dropLast(unit.name.count))
    // Thousandths of a unit are enough for 1.5Gi and keep the product exact.
    guard let thousandths = DecimalText(amount)?.scaled(byPowerOfTen: 3) else { return nil }
    let product = thousandths.multipliedReportingOverflow(by: Int128(unit.bytes))
    let (bytes, rest) = product.partialValue.quotientAndRemainder(dividingBy: 1000)
    guard !product.overflow, rest == 0, let bytes = Int64(exactly: bytes) else { return nil }
    self.bytes = bytes
  }
}
