// What a test learns of a request: the answer, and every call on the way to it.
public import Martlet
private import MartletCore
public import SwiftProtobuf

/// What came of one request.
public struct TestResult<Output: Message>: Sendable {
  /// The answer, or the status with which the app failed.
  public let outcome: Result<Output, RPCError>

  /// Every call to a deployment, in the order in which they began: those of graphs, mirrored ones and those
  /// that deployments made through handles.
  public let calls: [TestCall]

  /// The answer. Throws the status of a request that failed.
  public var answer: Output {
    get throws(RPCError) { try outcome.get() }
  }

  /// The status of the request: OK, or what the app failed with.
  public var status: RPCStatus {
    switch outcome {
    case .success: .ok
    case .failure(let error): error.status
    }
  }

  /// The nodes of the graph that made calls, by their name, or by their path in the app file where they have
  /// none, in the order in which they did.
  public var nodes: [String] { calls.compactMap(\.node) }
}

/// One call that a deployment got.
public struct TestCall: Sendable, CustomStringConvertible {
  public let deployment: String
  public let method: MethodName

  /// The node of the graph that made it, by its name or else its path in the app file; nil for calls that no graph
  /// waited for: plain ones, mirrored ones and those through handles.
  public let node: String?

  /// The request as it was sent; nil where requests are a stream.
  public let requestBytes: [UInt8]?

  /// The response as it was sent; nil where there is none, or a stream of them.
  public internal(set) var answerBytes: [UInt8]?

  /// The status with which it failed; CANCELLED where nobody waited for it any more, DEADLINE_EXCEEDED where
  /// its time was over.
  public internal(set) var error: RPCError?

  /// Whether it ended before the test did.
  public internal(set) var isOver = false

  /// The request as a message.
  ///
  /// - Throws: INTERNAL when it is none of the type, or a stream.
  public func request<Method: RPCMethod>(of method: Method) throws(RPCError) -> Method.Input {
    try message(requestBytes, of: method)
  }

  /// The response as a message.
  ///
  /// - Throws: the status of a call that failed, or INTERNAL when the response is none of the type or
  ///   there is no single one.
  public func answer<Method: RPCMethod>(of method: Method) throws(RPCError) -> Method.Output {
    if let error { throw error }
    return try message(answerBytes, of: method)
  }

  private func message<Value: Message, Method: RPCMethod>(
    _ bytes: [UInt8]?, of method: Method
  ) throws(RPCError) -> Value {
    guard self.method == method.name else {
      throw RPCError(.internalError, "this is a call of \(self.method), not of \(method.name)")
    }
    guard let bytes else {
      throw RPCError(.internalError, "\(self): there is no single message")
    }
    do {
      return try Value(serializedBytes: bytes)
    } catch {
      throw RPCError(.internalError, "\(self): \(error)", cause: error)
    }
  }

  public var description: String { "\(deployment) \(method)" }
}

extension Sequence<TestCall> {
  /// The calls of one method, in order.
  public func of<Method: RPCMethod>(_ method: Method) -> [TestCall] {
    filter { $0.method == method.name }
  }

  /// The calls that one deployment got, in order.
  public func to(_ deployment: String) -> [TestCall] {
    filter { $0.deployment == deployment }
  }
}
