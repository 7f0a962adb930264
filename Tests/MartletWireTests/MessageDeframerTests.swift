// Messages out of bytes.

import MartletWire
import Testing

@Suite struct MessageDeframerTests {
  private func feed(
    _ deframer: inout MessageDeframer, _ bytes: some Sequence<UInt8>
  ) throws -> [[UInt8]] {
    var messages: [[UInt8]] = []
    try Array(bytes).withUnsafeBytes { bytes in
      var rest = bytes
      while let message = try deframer.next(from: &rest) { messages.append(message) }
      #expect(rest.isEmpty)
    }
    return messages
  }

  @Test(arguments: 1...20)
  func messagesComeWholeWhateverThePieces(pieceBytes: Int) throws {
    let messages: [[UInt8]] = [[1], [], [2, 3, 4], Array(repeating: 5, count: 300)]
    let bytes = messages.flatMap(framed)
    var deframer = MessageDeframer(maxMessageBytes: 300)
    var received: [[UInt8]] = []
    for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
      received += try feed(&deframer, bytes[start..<min(start + pieceBytes, bytes.count)])
    }
    #expect(received == messages)
    #expect(deframer.isBetweenMessages)
  }

  @Test func aHalfMessageIsNotAnEnd() throws {
    var deframer = MessageDeframer(maxMessageBytes: 10)
    #expect(try feed(&deframer, [0, 0]).isEmpty)
    #expect(!deframer.isBetweenMessages)
    #expect(try feed(&deframer, [0, 0, 2, 1]).isEmpty)
    #expect(!deframer.isBetweenMessages)
    #expect(try feed(&deframer, [2]) == [[1, 2]])
    #expect(deframer.isBetweenMessages)
  }

  @Test func theLimitIsKept() throws {
    var deframer = MessageDeframer(maxMessageBytes: 3)
    #expect(try feed(&deframer, framed([1, 2, 3])) == [[1, 2, 3]])
    #expect(throws: FramingError.tooLarge(bytes: 4, limit: 3)) {
      try feed(&deframer, [0, 0, 0, 0, 4])
    }
  }

  @Test func flagsAreChecked() {
    var compressed = MessageDeframer(maxMessageBytes: 3)
    #expect(throws: FramingError.compressed) { try feed(&compressed, [1]) }
    var broken = MessageDeframer(maxMessageBytes: 3)
    #expect(throws: FramingError.badFlag(2)) { try feed(&broken, [2]) }
  }
}
