// One message, gathered from what a call answers to a stream.
internal import MartletCore
internal import MartletNet
internal import MartletWire

/// Where the last call of a stream answers that the nodes of a graph go on with. It tells once what came of it:
/// after a failure in mid-answer the calls are for the listener to give up.
final class GatheredAnswer: ResponseStream {
  private var whenEnded: ((Result<[UInt8], RPCError>) -> Void)?
  private var answer: UnaryAnswer

  init(_ router: Router, whenEnded: @escaping (Result<[UInt8], RPCError>) -> Void) {
    self.whenEnded = whenEnded
    answer = UnaryAnswer(router)
  }

  var forwardedIdentity: HeaderBlock? { nil }
  var isWritable: Bool { true }
  func consumed(_ count: Int) {}

  func sendHead(_ headers: HeaderBlock, endOfStream: Bool) {
    guard !endOfStream else { return sendTrailers(headers) }
    do throws(RPCError) {
      try answer.began(headers)
    } catch {
      end(.failure(error))
    }
  }

  func sendData(copying bytes: UnsafeRawBufferPointer) {
    do throws(RPCError) {
      try answer.continued(bytes)
    } catch {
      end(.failure(error))
    }
  }

  func sendTrailers(_ trailers: HeaderBlock) {
    sendTrailers(copying: trailers)
  }

  func sendTrailers(copying trailers: borrowing HeaderBlock) {
    switch answer.ended(trailers) {
    case .answered(let message): end(.success(message))
    case .failed(let error): end(.failure(error))
    case .nonsense(let status): end(.failure(RPCError(status)))
    }
  }

  private func end(_ result: Result<[UInt8], RPCError>) {
    guard let whenEnded else { return }
    self.whenEnded = nil
    whenEnded(result)
  }
}
