// Streams of typed messages, in and out.
public import MartletCore
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

  /// The metadata that the other side sent before its messages. A client waits for it here; it is not
  /// there before the handler has sent the first response, or its status. A handler has it in
  /// `Call.metadata` too.
  public func initialMetadata() async throws -> Metadata {
    try await messages.initialMetadata()
  }

  /// The metadata that a server sent with the status OK: there once the last response was read. With
  /// another status it is in the `RPCError`.
  public func trailingMetadata() async -> Metadata {
    await messages.trailingMetadata()
  }

  /// Takes one message at a time off the wire; the sender is paused by flow control meanwhile.
  public struct Iterator: AsyncIteratorProtocol, Sendable {
    fileprivate var messages: MessageStream.AsyncIterator

    /// How the message that `next` gave last was compressed; nil when it was not.
    public var lastCompression: Compression? { messages.lastCompression }

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
  ///
  /// - Parameter compressed: false sends the message as it is in a call whose messages are compressed.
  public func write(_ message: Element, compressed: Bool = true) async throws {
    try await writer.write(try encode(message), compressed: compressed)
  }

  /// Says that no message follows, so that the other side can answer the last one; throws when the
  /// call is over. A handler does it by returning, and this does nothing there.
  public func finish() async throws {
    try await writer.finish()
  }
}
