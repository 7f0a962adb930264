// What a handler's calls leave in its trailers.
import MartletCore
import MartletWire
import Testing

@testable import MartletNet

@Suite struct CallTraceTests {
  private static let method = MethodName(service: "b.B", method: "B")

  private func at(_ microseconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: microseconds * 1_000)
  }

  private func response(_ trailers: Metadata) -> Result<UnaryResponse, RPCError> {
    .success(UnaryResponse(message: [], initialMetadata: [:], trailingMetadata: trailers))
  }

  private func texts(_ trace: CallTrace, limit: Int = 32 << 10) -> [String] {
    var trailers = HeaderBlock.grpcSuccess
    trace.append(to: &trailers, limit: limit)
    #expect(trailers.listBytes <= limit)
    return trailers.metadata[all: TraceHeader.trace]
  }

  @Test func aTraceIsPlacedAndTakenOutOfTheTrailers() throws {
    let trace = CallTrace(began: at(100))
    let call = trace.call(Self.method, on: "b", now: at(107))
    let result = call.ended(
      response([
        "x-own": "kept", "martlet-trace": #"{"route":"b.B/B","nodes":[]}"#,
        "martlet-execute-us": "7",
      ]), now: at(150))
    #expect(try result.get().trailingMetadata == ["x-own": "kept"])
    #expect(texts(trace) == [#"{"start_us":7,"route":"b.B/B","nodes":[]}"#])
  }

  @Test(arguments: [nil, "no trace", "{}"])
  func whereNoneCameThereIsWhatIsKnownHere(text: String?) throws {
    let trace = CallTrace(began: at(100))
    let call = trace.call(Self.method, on: "grün", now: at(110))
    let error = RPCError(
      .unavailable, "gone", metadata: text.map { ["martlet-trace": $0] } ?? [:])
    let result = call.ended(.failure(error), now: at(150))
    #expect(throws: RPCError.self) { try result.get() }
    if case .failure(let error) = result { #expect(error.metadata.isEmpty) }
    let told = try #require(texts(trace).first)
    #expect(told.utf8.allSatisfy { $0 < 0x7f })
    #expect(
      try ConfigValue(json: told)
        == ConfigValue(
          json: """
            {"start_us": 10, "us": 40, "route": "b.B/B", "nodes": [
              {"kind": "call", "deployment": "gr\\u00fcn", "start_us": 0, "us": 40,
                "status": "UNAVAILABLE"}]}
            """))
  }

  @Test func onlySoManyCallsAreToldOf() throws {
    let trace = CallTrace(began: .zero)
    for _ in 0..<(CallTrace.maxCalls + 3) {
      _ = trace.call(Self.method, on: "b", now: .zero).ended(
        response(["martlet-trace": #"{"a":1}"#]), now: .zero)
    }
    _ = trace.call(Self.method, on: "b", now: .zero)
    let texts = texts(trace)
    #expect(texts.count == CallTrace.maxCalls + 1)
    #expect(texts.last == #"{"more":4}"#, "the one under way is counted, too")
  }

  @Test func onlySoManyBytesAreToldAndThenInShort() throws {
    let trace = CallTrace(began: .zero)
    let long = "{\"a\":\"\(String(repeating: "x", count: 7_000))\"}"
    for _ in 0..<3 {
      _ = trace.call(Self.method, on: "b", now: .zero).ended(
        response(["martlet-trace": long]), now: .zero)
    }
    var texts = texts(trace)
    #expect(texts.map { $0.utf8.count > 7_000 } == [true, true, false])
    #expect(texts[2].contains(#""deployment":"b""#))
    #expect(texts.reduce(0) { $0 + $1.utf8.count + 45 } <= CallTrace.maxBytes)
    // Where others fill the trailers, less is said.
    texts = self.texts(trace, limit: 8_000)
    #expect(texts.count == 2 && texts[1] == #"{"more":2}"#)
    #expect(self.texts(trace, limit: 7_000) == [#"{"more":3}"#])
  }
}
