// One message, gathered from what a call answers to a stream.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletWire

/// Where the last call of a stream answers that the nodes of a graph go on with.
final class GatheredAnswer: ResponseStream {
  private let router: Router
  private var whenEnded: ((Result<[UInt8], RPCError>) -> Void)?
  private var deframer: MessageDeframer
  private var message: [UInt8]?

  init(_ router: Router, whenEnded: @escaping (Result<[UInt8], RPCError>) -> Void) {
    self.router = router
    self.whenEnded = whenEnded
    deframer = MessageDeframer(maxMessageBytes: router.limits.maxMessageBytes)
  }

  var forwardedIdentity: HeaderBlock? { nil }
  var isWritable: Bool { true }
  func consumed(_ count: Int) {}

  func sendHead(_ headers: HeaderBlock, endOfStream: Bool) {
    guard !endOfStream else { return sendTrailers(headers) }
    do throws(RPCError) {
      deframer.decompressor = try router.decompressor(ofAnswer: headers)
    } catch {
      end(.failure(error))
    }
  }

  func sendData(copying bytes: UnsafeRawBufferPointer) {
    var bytes = bytes
    do throws(FramingError) {
      while let next = try deframer.next(from: &bytes) {
        guard message == nil else {
          return fail(.internalError, "a call with one answer was answered with two messages")
        }
        message = next
      }
    } catch {
      let refusal = Refusal(error, whose: "the answer")
      fail(refusal.status.code, refusal.status.message)
    }
  }

  func sendTrailers(copying trailers: borrowing HeaderBlock) {
    sendTrailers(copy trailers)
  }

  func sendTrailers(_ trailers: HeaderBlock) {
    let status =
      trailers.grpcStatus ?? RPCStatus(.internalError, "the answer has no gRPC status")
    guard status.code == .ok else {
      return end(.failure(RPCError(status, metadata: trailers.metadata)))
    }
    guard let message, deframer.isBetweenMessages else {
      return fail(.internalError, "OK came without a message")
    }
    end(.success(message))
  }

  private func fail(_ code: RPCStatus.Code, _ message: String) {
    end(.failure(RPCError(code, message)))
  }

  private func end(_ result: Result<[UInt8], RPCError>) {
    guard let whenEnded else { return }
    self.whenEnded = nil
    whenEnded(result)
  }
}
