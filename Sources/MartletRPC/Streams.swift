// Streams of typed messages, in and out.
internal import MartletCore
package import MartletNet
public import SwiftProtobuf

/// The messages of the other side, in order, until it ends its stream. Iterate over it once. It
/// throws
/// `RPCError`.
public struct RPCStream<Element: Message>: AsyncSequence, Sendable {
  private let messages: MessageStream

  package init(_ messages: MessageStream) {
    self.messages = messages
  }

  public func makeAsyncIterator() -> Iterator {
    Iterator(messages: messages.makeAsyncIterator())
  }

  /// Takes one message at a time off the wire; the sender is paused by flow control meanwhile.
  public struct Iterator: AsyncIteratorProtocol, Sendable {
    fileprivate var messages: MessageStream.AsyncIterator

    public mutating func next() async throws -> Element? {
      guard let bytes = try await messages.next() else { return nil }
      return try decode(Element.self, bytes)
    }
  }
}

/// The way for messages to the other side.
public struct RPCWriter<Element: Message>: Sendable {
  private let writer: MessageWriter

  package init(_ writer: MessageWriter) {
    self.writer = writer
  }

  /// Sends one message. Waits while the other side is slow; throws when the call is over.
  public func write(_ message: Element) async throws {
    try await writer.write(try encode(message))
  }
}
