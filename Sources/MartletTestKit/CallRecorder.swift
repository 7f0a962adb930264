// Keeps what the deployments of a test were asked.
private import MartletCore
internal import MartletNet
private import Synchronization

/// The calls of one mesh under test, from all of its deployments.
final class CallRecorder: Sendable {
  /// Calls that are kept. One request makes no more than 10,000, and who tests with more of them does not look
  /// at each.
  private static let maxCalls = 100_000

  private struct State {
    var calls: [TestCall] = []
    /// Where calls are whose handlers run.
    var running: [ObjectIdentifier: Int] = [:]
  }

  private let state = Mutex(State())

  var calls: [TestCall] { state.withLock { $0.calls } }

  /// Looks on at one deployment.
  func observer(of deployment: String) -> any CallObserver {
    DeploymentObserver(deployment: deployment, recorder: self)
  }

  fileprivate func began(_ call: InboundCall, _ test: TestCall) {
    state.withLock { state in
      guard state.calls.count < Self.maxCalls else { return }
      state.running[ObjectIdentifier(call)] = state.calls.count
      state.calls.append(test)
    }
  }

  fileprivate func ended(_ call: InboundCall, _ result: Result<[UInt8]?, RPCError>) {
    state.withLock { state in
      guard let index = state.running.removeValue(forKey: ObjectIdentifier(call)) else { return }
      state.calls[index].isOver = true
      switch result {
      case .success(let response): state.calls[index].answerBytes = response
      case .failure(let error): state.calls[index].error = error
      }
    }
  }
}

private final class DeploymentObserver: CallObserver {
  private let deployment: String
  private let recorder: CallRecorder

  init(deployment: String, recorder: CallRecorder) {
    self.deployment = deployment
    self.recorder = recorder
  }

  func handlerBegan(_ call: InboundCall, request: [UInt8]?) {
    let node = call.metadata[binary: MeshHeader.node].map { String(decoding: $0, as: UTF8.self) }
    recorder.began(
      call,
      TestCall(deployment: deployment, method: call.method, node: node, requestBytes: request))
  }

  func handlerEnded(_ call: InboundCall, _ result: Result<[UInt8]?, RPCError>) {
    recorder.ended(call, result)
  }
}
