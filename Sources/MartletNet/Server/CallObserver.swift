// Looking on while a server's handlers work.
package import MartletCore

/// Hears what handlers are asked and what becomes of it, on the loops of the calls.
package protocol CallObserver: AnyObject, Sendable {
  /// A handler begins; `request` is nil where its requests are a stream.
  func handlerBegan(_ call: InboundCall, request: [UInt8]?)

  /// It has ended, whether or not somebody still waited for it; the response is nil where it streamed them.
  func handlerEnded(_ call: InboundCall, _ result: Result<[UInt8]?, RPCError>)
}

extension HandlerTable {
  /// The same methods, with `observer` looking on.
  package func observed(by observer: any CallObserver) -> HandlerTable {
    var table = HandlerTable()
    for entry in entries {
      switch entry.body {
      case .unary(let respond):
        table.respond(
          to: entry.method, countsAsOngoing: entry.countsAsOngoing, context: entry.context
        ) { request, inbound in
          let call = unsafeDowncast(inbound, to: InboundCall.self)
          call.observer = observer
          observer.handlerBegan(call, request: request)
          await respond(request, inbound)
        }
      case .streaming(let handle):
        table.streaming(entry.method, countsAsOngoing: entry.countsAsOngoing) {
          requests, responses, call in
          call.observer = observer
          observer.handlerBegan(call, request: nil)
          try await handle(requests, responses, call)
        }
      }
    }
    return table
  }
}
