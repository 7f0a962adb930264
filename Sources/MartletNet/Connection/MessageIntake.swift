// From a stream's bytes to its messages, with the window paid back as they are read.
internal import MartletCore
internal import MartletWire

/// Feeds a `MessageInbox`. On its loop only.
///
/// The peer gets window for a message's bytes when the reader takes the message. Only the bytes of a
/// message that is still incomplete are given back while the reader waits for it, once there is memory for it; a
/// message longer than the window would otherwise never arrive.
final class MessageIntake {
  let inbox: MessageInbox
  private let loop: Loop
  private let connection: ObjectIdentifier?
  /// Bytes of the incomplete message that have arrived, and how many of them were given back.
  private var partialBytes = 0
  private var partialCredited = 0

  /// What the incomplete message holds, where it is long.
  private var hold: MessageHold?
  /// What long messages hold that nobody has read yet. A stream's window bounds their number.
  private var unread: [MessageHold] = []

  /// Gives bytes back to the peer's window.
  var whenCredited: ((Int) -> Void)?

  /// There is no memory for the next message.
  var whenRefused: ((RPCError) -> Void)?

  /// - Parameter connection: whose share of memory the messages take; nil for one that carries the calls of many.
  init(loop: Loop, connection: ObjectIdentifier?) {
    self.loop = loop
    self.connection = connection
    inbox = MessageInbox(loop: loop)
    // What is left in the inbox may be read after the call is over.
    inbox.whenTaken = { [weak self] credit in
      self?.whenCredited?(credit)
      self?.taken()
    }
  }

  func received(
    _ bytes: UnsafeRawBufferPointer, _ deframer: inout MessageDeframer
  ) throws(FramingError) {
    var rest = bytes
    while true {
      let before = rest.count
      let message = try deframer.nextFramed(from: &rest)
      partialBytes += before - rest.count
      guard let message else { break }
      let credit = partialBytes - partialCredited
      partialBytes = 0
      partialCredited = 0
      if let hold {
        unread.append(hold)
        self.hold = nil
      }
      inbox.received(message, credit: credit)
    }
    if deframer.announcedBytes > MessageHold.freeBytes, hold == nil {
      reserve(deframer.announcedBytes)
    }
    creditPartial()
  }

  private func reserve(_ bytes: Int) {
    let hold = MessageHold(loop, connection: connection)
    self.hold = hold
    do throws(RPCError) {
      _ = try hold.reserve(bytes) { [weak self] error in
        if let error { self?.whenRefused?(error) } else { self?.creditPartial() }
      }
    } catch {
      whenRefused?(error)
    }
  }

  private func taken() {
    if inbox.isEmpty, !unread.isEmpty {
      for hold in unread { hold.release() }
      unread = []
    }
    creditPartial()
  }

  private func creditPartial() {
    guard inbox.isEmpty, partialBytes > partialCredited, hold?.isWaiting != true else { return }
    let credit = partialBytes - partialCredited
    partialCredited = partialBytes
    whenCredited?(credit)
  }

  /// The call is over: nothing comes any more, and what waits may still be read.
  func end() {
    hold?.release()
    hold = nil
  }
}
