// Whom a request is for, where it says so twice.

extension HeaderBlock {
  /// Whether `host` names another one than `:authority` does. Hops that go by different ones of them would send
  /// such a request to different places, so it is malformed (RFC 9113 §8.3.1).
  var hostContradictsAuthority: Bool {
    unsafe withValue(of: .host) { host in
      unsafe withValue(of: .authority) { authority in
        let port: StaticString =
          unsafe withValue(of: .scheme) { unsafe $0.elementsEqual("https".utf8) } == true
          ? ":443" : ":80"
        return unsafe !Self.name(Self.cut(host, port), is: Self.cut(authority, port))
      } ?? false
    } ?? false
  }

  /// An authority without the port that its scheme has anyway.
  private static func cut(
    _ authority: UnsafeRawBufferPointer, _ port: StaticString
  ) -> UnsafeRawBufferPointer {
    let start = authority.count - port.utf8CodeUnitCount
    guard start > 0 else { return unsafe authority }
    let end = unsafe authority[start...]
    let isDefault = unsafe end.elementsEqual(
      UnsafeRawBufferPointer(
        start: port.utf8Start, count: port.utf8CodeUnitCount))
    return unsafe isDefault ? UnsafeRawBufferPointer(rebasing: authority[..<start]) : authority
  }

  /// Whether two host names are the same, for which case does not count.
  private static func name(
    _ one: UnsafeRawBufferPointer, is other: UnsafeRawBufferPointer
  ) -> Bool {
    guard one.count == other.count else { return false }
    return unsafe zip(one, other).allSatisfy { lowered($0) == lowered($1) }
  }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
