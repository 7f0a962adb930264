// The router's own health, as gRPC's health checking protocol asks for it.
internal import MartletCore
internal import MartletDispatch
internal import MartletNet
internal import MartletRPC
internal import MartletWire
internal import SwiftProtobuf

/// One call of `grpc.health.v1.Health/Check`. SERVING once there is a routing table and until SIGTERM; a
/// service is known when a route leads to it.
final class HealthCheck: StreamHandler {
  static let path = "/grpc.health.v1.Health/Check"

  /// Names of services are shorter than this.
  private static let maxRequestBytes = 1 << 10

  private let router: Router
  private let stream: ServerStream
  private var deframer = MessageDeframer(maxMessageBytes: maxRequestBytes)
  private var message: [UInt8]?
  private var isOver = false

  init(_ router: Router, _ stream: ServerStream) {
    self.router = router
    self.stream = stream
  }

  func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    stream.consumed(bytes.count)
    guard !isOver else { return }
    var bytes = bytes
    do {
      while let message = try deframer.next(from: &bytes) { self.message = message }
    } catch {
      refuse(Refusal(.invalidArgument, "the health check's request cannot be read"))
    }
  }

  func endReceived() {
    guard !isOver else { return }
    guard let message,
      let request = try? Grpc_Health_V1_HealthCheckRequest(serializedBytes: message)
    else {
      return refuse(Refusal(.invalidArgument, "the health check's request cannot be read"))
    }
    guard request.service.isEmpty || router.dispatcher.routesLead(toService: request.service)
    else {
      return refuse(Refusal(.notFound, "no route leads to \(request.service)"))
    }
    let isServing = router.dispatcher.generation > 0 && !router.isDraining
    let response = Grpc_Health_V1_HealthCheckResponse.with {
      $0.status = isServing ? .serving : .notServing
    }
    guard let bytes: [UInt8] = try? response.serializedBytes() else { return }
    isOver = true
    stream.answer(bytes)
  }

  func becameWritable() {}

  func closed(_ closure: StreamClosure) {
    isOver = true
  }

  private func refuse(_ refusal: Refusal) {
    isOver = true
    stream.answer(refusal)
  }
}
