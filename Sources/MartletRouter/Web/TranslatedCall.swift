// A call by plain HTTP while the router has it: a gRPC request like any other, whose answer is translated.
internal import MartletCore
internal import MartletNet
internal import MartletWire

/// Where the time of a call goes before and behind what answers it.
struct WebTiming {
  /// Its head had come.
  let arrived: Timestamp
  /// Its body had, too.
  let received: Timestamp
  /// Its message was read.
  var decoded: Timestamp
  /// What writing the answer took, where that is known before its end.
  var encoding: Duration?
}

/// Writes gRPC's answers in the words of another protocol. On the router's loop only.
protocol AnswerTranslation: AnyObject {
  /// The head of an answer that goes on.
  func began(_ head: borrowing HeaderBlock)

  /// Writes what can be written already of an answer that ends with such trailers, if there is anything, so that
  /// the trailers can tell how long it took: they come next, with more in them.
  func prepare(_ trailers: borrowing HeaderBlock) -> Bool

  /// Bytes of messages with their prefixes.
  func continued(_ bytes: UnsafeRawBufferPointer)

  /// The end: trailers, or the head of an answer that has nothing else (`isWhole`).
  func ended(_ trailers: borrowing HeaderBlock, isWhole: Bool)

  /// The client's answer is whole, perhaps before gRPC's is.
  var isOver: Bool { get }

  /// The client has gone.
  func abandon()
}

/// Between a client's connection and the handler of its request. On the router's loop only.
final class TranslatedCall: WebCall, ResponseStream {
  let forwardedIdentity: HeaderBlock?
  private let loop: Loop
  let client: any WebAnswer
  private let answer: any AnswerTranslation
  private var handler: (any StreamHandler)?
  private(set) var timing: WebTiming
  private(set) var isOver = false
  /// The body while it is read beside the loop.
  var reading: LongWork?

  init(
    _ loop: Loop, from identity: HeaderBlock?, to client: any WebAnswer,
    _ answer: any AnswerTranslation, _ timing: WebTiming
  ) {
    self.loop = loop
    self.timing = timing
    forwardedIdentity = identity
    self.client = client
    self.answer = answer
  }

  /// Passes the request on: `start` makes its handler, unless it answers at once. `body` is its one message with its
  /// prefix.
  func begin(_ body: [UInt8], _ start: (TranslatedCall) -> (any StreamHandler)?) {
    reading = nil
    timing.decoded = loop.now
    handler = start(self)
    guard !isOver, let handler else { return release() }
    body.withUnsafeBytes { handler.dataReceived($0) }
    guard !isOver else { return }
    handler.endReceived()
  }

  /// Answers without passing the request on.
  func refuse(_ page: Page) {
    release()
    client.send(page)
  }

  // MARK: The client's side

  func becameWritable() {
    handler?.becameWritable()
  }

  func abandon() {
    isOver = true
    reading?.cancel()
    reading = nil
    answer.abandon()
    let left = handler
    handler = nil
    left?.closed(.reset(.cancel))
  }

  /// The body came whole and is not paid back.
  func consumed(_ count: Int) {}

  var isWritable: Bool { client.isWritable }

  // MARK: The handler's side

  func sendHead(_ headers: HeaderBlock, endOfStream: Bool) {
    guard !isOver else { return }
    if endOfStream { answer.ended(headers, isWhole: true) } else { answer.began(headers) }
    endIfOver()
  }

  func sendData(copying bytes: UnsafeRawBufferPointer) {
    guard !isOver else { return }
    answer.continued(bytes)
    endIfOver()
  }

  func sendTrailers(_ trailers: HeaderBlock) {
    sendTrailers(copying: trailers)
  }

  func sendTrailers(copying trailers: borrowing HeaderBlock) {
    guard !isOver else { return }
    answer.ended(trailers, isWhole: false)
    release()
  }

  /// Writes the answer as far as it is known before its trailers are, and takes the time of that.
  func prepareAnswer(_ trailers: borrowing HeaderBlock) {
    guard !isOver else { return }
    let began = loop.now
    if answer.prepare(trailers) { timing.encoding = loop.now.duration(since: began) }
  }

  private func endIfOver() {
    guard answer.isOver else { return }
    isOver = true
    // The handler may be in the middle of its answer, and hears of it once it is through.
    guard let left = handler else { return }
    handler = nil
    loop.executeLater { left.closed(.reset(.cancel)) }
  }

  private func release() {
    isOver = true
    handler = nil
  }
}
