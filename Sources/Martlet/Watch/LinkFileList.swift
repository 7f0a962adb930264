// What SwiftPM says that it linked a program from.

/// The list of object files that SwiftPM hands to the linker in a file beside the program.
enum LinkFileList {
  /// Where the list of a program is: PRODUCT.product/Objects.LinkFileList, as SwiftPM's build plan names it.
  static func path(of executable: String) -> String {
    "\(executable).product/Objects.LinkFileList"
  }

  /// The names in a response file of compilers: apart by white space, which quotes and backslashes make
  /// part of a name (GCC's manual on `@file`).
  static func names(in text: String) -> [String] {
    var names: [String] = []
    var name: [UInt8] = []
    var quote: UInt8?
    var isEscaped = false
    var hasBegun = false
    for byte in text.utf8 {
      if isEscaped {
        name.append(byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "'") {
        isEscaped = true
        hasBegun = true
      } else if let open = quote {
        if byte == open { quote = nil } else { name.append(byte) }
      } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        quote = byte
        hasBegun = true
      } else if byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte) {
        if hasBegun { names.append(String(decoding: name, as: UTF8.self)) }
        name.removeAll(keepingCapacity: true)
        hasBegun = false
      } else {
        name.append(byte)
        hasBegun = true
      }
    }
    if hasBegun { names.append(String(decoding: name, as: UTF8.self)) }
    return names
  }
}
