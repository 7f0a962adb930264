// Single values from JSON.

internal import MartletCore

extension JSONDecoder {
  func scalar(_ field: Field, _ value: JSONValue) throws(JSONError) -> FieldValue {
    switch field.kind {
    case .bool:
      guard case .bool(let flag) = value else { throw expected("true or false", value) }
      return .bool(flag)
    case .string:
      guard case .string(let text) = value else { throw expected("a string", value) }
      return .string(text)
    case .bytes:
      guard case .string(let text) = value else { throw expected("bytes in base64", value) }
      guard let bytes = Base64.decode(text) else { throw error("not base64") }
      return .bytes(bytes)
    case .enumeration: return try enumeration(field, value)
    case .double: return .double(try double(value))
    case .float: return .float(try float(value))
    case .int32, .sint32, .sfixed32: return .signed(Int64(try integer(value, Int32.self)))
    case .uint32, .fixed32: return .unsigned(UInt64(try integer(value, UInt32.self)))
    case .int64, .sint64, .sfixed64: return .signed(try integer(value, Int64.self))
    case .uint64, .fixed64: return .unsigned(try integer(value, UInt64.self))
    case .message: throw expected("a message", value)
    }
  }

  private func enumeration(_ field: Field, _ value: JSONValue) throws(JSONError) -> FieldValue {
    guard let type = field.enumType else { throw expected("an enum", value) }
    switch value {
    case .null where type.fullName == "google.protobuf.NullValue": return .enumeration(0)
    case .number:
      let number = try integer(value, Int32.self)
      guard type.isClosed, type.name(of: number) == nil else { return .enumeration(number) }
      throw error("\(type.fullName) has no value \(number)")
    case .string(let text):
      if let number = type.number(named: text) { return .enumeration(number) }
      let (name, names) = (text.shortened, type.values.map(\.name))
      throw error(
        "\(type.fullName) has no value \(name)\(Spelling.hint(for: name, among: names)); "
          + "allowed: \(names.joined(separator: ", "))")
    case .null, .bool, .array, .object: throw expected("a value of \(type.fullName)", value)
    }
  }

  /// A number, or a string of one; `1.0` and `1e2` are integers too. Exact as written: 2⁵³ + 1 with a point
  /// is no `Double`.
  private func integer<Integer: FixedWidthInteger>(
    _ value: JSONValue, _ type: Integer.Type
  ) throws(JSONError) -> Integer {
    let text = try numberText(value, "an integer")
    if let integer = Integer(text), !text.hasPrefix("+") { return integer }
    if let whole = DecimalText(text)?.whole, let integer = Integer(exactly: whole) {
      return integer
    }
    throw error("\(text.shortened) is not an integer from \(Integer.min) to \(Integer.max)")
  }

  func double(_ value: JSONValue) throws(JSONError) -> Double {
    if let special = Self.special(value) { return special }
    let text = try numberText(value, "a number")
    guard let number = Double(text), number.isFinite else {
      throw error("\(text.shortened) is out of the range of double")
    }
    return number
  }

  private func float(_ value: JSONValue) throws(JSONError) -> Float {
    if let special = Self.special(value) { return Float(special) }
    let text = try numberText(value, "a number")
    guard let number = Float(text), number.isFinite else {
      throw error("\(text.shortened) is out of the range of float")
    }
    return number
  }

  private static func special(_ value: JSONValue) -> Double? {
    switch value {
    case .string("NaN"): .nan
    case .string("Infinity"): .infinity
    case .string("-Infinity"): -.infinity
    case .null, .bool, .number, .string, .array, .object: nil
    }
  }

  /// The text of a number, quoted or not.
  private func numberText(_ value: JSONValue, _ what: String) throws(JSONError) -> String {
    switch value {
    case .number(let text): return text
    case .string(let text):
      // What is in quotes must be a JSON number too: no spaces, no hexadecimal, no "inf".
      guard case .number? = try? JSONParser.parse(text), text.first != " ", text.last != " ",
        !text.contains(where: \.isWhitespace)
      else { throw error("expected \(what), found \"\(text.shortened)\"") }
      return text
    case .null, .bool, .array, .object: throw expected(what, value)
    }
  }
}
