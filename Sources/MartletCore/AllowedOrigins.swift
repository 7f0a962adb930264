// Whose pages in browsers may read what a port answers.

/// The origins (RFC 6454) whose pages may call a port from another one (Fetch Standard, "CORS protocol"). None by
/// default.
public struct AllowedOrigins: Sendable, Hashable {
  /// The environment variable that says the same as the options, with commas between them.
  public static let variable = "MARTLET_CORS_ORIGINS"

  /// Every origin may, though without its users' credentials.
  public private(set) var allowsAny = false

  /// These may, with their users' credentials; in lower case.
  public private(set) var named: [String] = []

  public init() {}

  /// `*`, or origins such as `https://app.example.org` and `http://localhost:5173`. Throws for what is neither.
  public init(_ origins: some Sequence<String>) throws(InvalidPortSecurity) {
    for origin in origins {
      guard origin != "*" else {
        allowsAny = true
        continue
      }
      let origin = origin.lowercased()
      guard Self.isOrigin(origin) else {
        throw InvalidPortSecurity(
          "\"\(origin)\" is no origin: say * or scheme://host[:port] without a path, such as "
            + "https://app.example.org")
      }
      if !named.contains(origin) { named.append(origin) }
    }
  }

  /// Reads what options say; the variable counts where there are none.
  public init(
    options: [String], variable: String?
  ) throws(InvalidPortSecurity) {
    let texts = options.isEmpty ? (variable ?? "").split(separator: ",").map(String.init) : options
    try self.init(texts.map { $0.filter { $0 != " " } })
  }

  public var isEmpty: Bool { !allowsAny && named.isEmpty }

  /// What the options say.
  public var texts: [String] { (allowsAny ? ["*"] : []) + named }

  private static func isOrigin(_ text: String) -> Bool {
    guard let scheme = text.firstRange(of: "://") else { return false }
    let authority = text[scheme.upperBound...]
    let isScheme = text[..<scheme.lowerBound].utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.".utf8.contains(byte)
    }
    return isScheme && scheme.lowerBound > text.startIndex && !authority.isEmpty
      && authority.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"/?#@,*".utf8.contains($0) }
  }
}
