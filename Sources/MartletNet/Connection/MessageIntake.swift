// From a stream's bytes to its messages, with the window paid back as they are read.
internal import MartletCore
internal import MartletWire

/// Feeds a `MessageInbox`. On its loop only.
///
/// The peer gets window for a message's bytes when the reader takes the message. Only the bytes of a
/// message that is still incomplete are given back while the reader waits for it; a message longer
/// than the window would otherwise never arrive.
final class MessageIntake {
  let inbox: MessageInbox
  /// Bytes of the incomplete message that have arrived, and how many of them were given back.
  private var partialBytes = 0
  private var partialCredited = 0

  /// Gives bytes back to the peer's window.
  var whenCredited: ((Int) -> Void)?

  init(loop: Loop) {
    inbox = MessageInbox(loop: loop)
    // What is left in the inbox may be read after the call is over.
    inbox.whenTaken = { [weak self] credit in
      self?.whenCredited?(credit)
      self?.creditPartial()
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
      inbox.received(message, credit: credit)
    }
    creditPartial()
  }

  private func creditPartial() {
    guard inbox.isEmpty, partialBytes > partialCredited else { return }
    let credit = partialBytes - partialCredited
    partialCredited = partialBytes
    whenCredited?(credit)
  }
}
