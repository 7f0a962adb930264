// The paths of google.protobuf.FieldMask as JSON spells them.

/// `page.text_size` and `page.textSize`. What would come back as another path has no spelling, as the
/// JSON mapping demands ("FieldMask").
enum FieldMaskPath {
  /// Nil for a path with capitals, commas, or an underscore that no small letter follows.
  static func json(_ path: String) -> String? {
    var json: [UInt8] = []
    var isAfterUnderscore = false
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: ","): return nil
      case UInt8(ascii: "a")...UInt8(ascii: "z") where isAfterUnderscore:
        json.append(byte - 32)
        isAfterUnderscore = false
      case _ where isAfterUnderscore: return nil
      case UInt8(ascii: "_"): isAfterUnderscore = true
      default: json.append(byte)
      }
    }
    return isAfterUnderscore || path.isEmpty ? nil : String(decoding: json, as: UTF8.self)
  }

  /// Nil for JSON with an underscore.
  static func path(_ json: String) -> String? {
    var path: [UInt8] = []
    for byte in json.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): path += [UInt8(ascii: "_"), byte + 32]
      case UInt8(ascii: "_"): return nil
      default: path.append(byte)
      }
    }
    return String(decoding: path, as: UTF8.self)
  }
}
