// Base64, both ways.
import Foundation
import Testing

@testable import MartletCore

@Suite struct Base64Tests {
  private func text(_ digits: [UInt8]) -> String { String(decoding: digits, as: UTF8.self) }

  /// RFC 4648 §10.
  @Test(arguments: [
    ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
    ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
  ])
  func bothWaysWithPaddingAndWithout(plain: String, encoded: String) {
    let bytes = Array(plain.utf8)
    let padding = String(repeating: "=", count: (4 - encoded.count % 4) % 4)
    #expect(text(Base64.encode(bytes, .none)) == encoded)
    #expect(text(Base64.encode(bytes, .full)) == encoded + padding)
    #expect(Base64.decode(encoded) == bytes)
    #expect(Base64.decode(encoded + padding) == bytes)
    #expect(Base64.decodePieces(Array((encoded + padding).utf8)) == bytes)
  }

  @Test(arguments: ["Z", "Zg===", "Z*", "Zm9vY", "=", "==", "====", "Zg=a", "Zg =", "Zm9=v", "Zg="])
  func whatIsNone(encoded: String) {
    #expect(Base64.decode(encoded) == nil)
  }

  @Test func bothAlphabetsAreRead() {
    #expect(Base64.decode("-_+/") == Base64.decode("+/-_"))
    #expect(Base64.decode("-_8") == [0xfb, 0xff])
    #expect(Base64.decodePieces(Array("-_8=".utf8)) == [0xfb, 0xff])
  }

  @Test(
    arguments: [
      ("", []), ("AAAA", [0, 0, 0]), ("AA==", [0]), ("AAE=", [0, 1]),
      ("AA==AAE=AAAA", [0, 0, 1, 0, 0, 0]), ("AAAAAA==AAAAAAAA", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      ("AAA", nil), ("AA", nil), ("A===", nil), ("====", nil), ("AA=A", nil), ("=AAA", nil),
      ("AA A", nil), ("AAAA\n", nil), ("AA==A", nil), ("AA==AA", nil),
    ] as [(String, [UInt8]?)])
  func piecesInARow(encoded: String, bytes: [UInt8]?) {
    #expect(Base64.decodePieces(Array(encoded.utf8)) == bytes)
  }

  /// Held against Foundation's, behind what is there already.
  @Test(arguments: 0..<100) func asFoundationHasIt(count: Int) {
    var random = SeededGenerator(seed: UInt64(count))
    let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    let expected = Data(bytes).base64EncodedString()
    #expect(text(Base64.encode(bytes, .full)) == expected)
    #expect(text(Base64.encode(bytes, .none)) == expected.filter { $0 != "=" })
    #expect(Base64.decode(expected) == bytes)
    var appended = Array("text: ".utf8)
    Base64.append(bytes, .full, to: &appended)
    #expect(text(appended) == "text: " + expected)
  }
}
