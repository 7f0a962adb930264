// The text of a trace, and what it takes of what replicas say.
import MartletCore
import MartletWire
import Testing

@testable import MartletRouter

@Suite struct TraceTextTests {
  /// A call whose handler ran from 10 to 90 µs of 100, and says that its code made these calls.
  private func calls(_ texts: String...) -> CodeCalls {
    var timing = LegTiming()
    timing.sent(to: ReplicaID(deployment: "a", number: 1), now: .zero)
    timing.told = ReplicaWord(Self.trailers(texts))
    let end = Timestamp(nanoseconds: 100_000)
    let parts = timing.parts(from: .zero, to: end)
    #expect(parts.queue + parts.wire + (parts.execute ?? 0) == 100)
    return timing.told.map { CodeCalls($0, began: 0, parts) } ?? CodeCalls()
  }

  private static func trailers(_ texts: [String], execute: String = "80") -> HeaderBlock {
    var trailers = HeaderBlock.grpcSuccess
    trailers.append(name: "martlet-execute-us", value: execute)
    for text in texts { trailers.append(name: "martlet-trace", value: text) }
    return trailers
  }

  private func text(_ calls: CodeCalls, maxBytes: Int = 6_000, own: Int = 1) throws -> ConfigValue {
    var text = TraceText(route: "a.A/A", microseconds: 100)
    for _ in 0..<own {
      var row = TraceRow()
      row.add("kind", "call")
      text.add(TraceText.Node(row: row, parent: nil, calls: calls))
    }
    let json = text.ascii(maxBytes: maxBytes)
    #expect(json.utf8.count <= maxBytes && json.utf8.allSatisfy { (0x20...0x7e).contains($0) })
    return try ConfigValue(json: json)
  }

  private func rows(_ text: ConfigValue) -> [String] {
    guard case .array(let rows)? = text["nodes"] else { return [] }
    return rows.map(\.json)
  }

  @Test func callsOfCodeComeBelowTheCallThatMadeThem() throws {
    let calls = calls(
      #"{"start_us":5,"route":"b.B/B","us":40,"nodes":[{"kind":"call","start_us":0,"us":40,"deployment":"b"},"#
        + #"{"kind":"call","start_us":7,"us":20,"method":"c.C/C","parent":0}]}"#,
      #"{"route":"d.D/D","us":10,"nodes":[{"kind":"sequence","start_us":0,"us":10}],"more":3}"#)
    let text = try text(calls, own: 2)
    let below = [
      #"{"deployment":"b","kind":"call","method":"b.B/B","parent":0,"start_us":15,"us":40}"#,
      #"{"kind":"call","method":"c.C/C","parent":1,"start_us":22,"us":20}"#,
      #"{"kind":"sequence","method":"d.D/D","parent":0,"us":10}"#,
    ]
    let rows = rows(text)
    #expect(rows.count == 8)
    #expect(Array(rows[1..<4]) == below)
    #expect(rows[0] == #"{"kind":"call"}"# && rows[4] == rows[0])
    #expect(rows[6].contains(#""parent":5"#), "places are those of the whole trace")
    #expect(text["more"] == .integer(6))
  }

  @Test func aRequestByPlainHTTPTellsOfItsBodyToo() {
    var web = WebTiming(
      arrived: Timestamp(nanoseconds: 1_000), received: Timestamp(nanoseconds: 6_000),
      decoded: Timestamp(nanoseconds: 8_000))
    #expect(
      TraceText(route: "a.A/A", microseconds: 20, web: web).ascii(maxBytes: 200)
        == #"{"route":"a.A/A","us":20,"receive_us":5,"decode_us":2,"nodes":[]}"#)
    web.encoding = .microseconds(3)
    var text = TraceText(route: "a.A/A", microseconds: 20, web: web)
    #expect(
      text.ascii(maxBytes: 200)
        == #"{"route":"a.A/A","us":20,"receive_us":5,"decode_us":2,"encode_us":3,"nodes":[]}"#)
    var row = TraceRow()
    row.add("name", String(repeating: "n", count: 50))
    for _ in 0..<9 { text.add(TraceText.Node(row: row, parent: nil)) }
    #expect(text.ascii(maxBytes: 600).utf8.count <= 600)
  }

  @Test(arguments: [
    "", "no trace", "[]", "7", "null", #"{"nodes":[}"#, String(repeating: "[", count: 20_000),
    String(repeating: #"{"nodes":"#, count: 2_000),
  ])
  func whatIsNoTraceIsCounted(text: String) throws {
    let calls = calls(text)
    #expect(calls.rows.isEmpty && calls.omitted == 1)
  }

  @Test(arguments: [
    "{}", #"{"nodes":7}"#, #"{"nodes":{"parent":0}}"#, #"{"more":-7}"#, #"{"more":1e30}"#,
  ])
  func aTraceWithoutRowsHasNone(text: String) throws {
    let calls = calls(text)
    #expect(calls.rows.isEmpty && calls.omitted == 0)
  }

  @Test func rowsMayLieAndStayWithinTheirCall() throws {
    let calls = calls(
      #"{"route":7,"start_us":70,"us":-1,"nodes":[7,{"parent":5,"us":9223372036854775807,"#
        + #""start_us":60,"evil":{"a":[1]},"status":["OK"],"queue_us":-5,"wire_us":1.5},{"parent":-1},"#
        + #"{"parent":1,"kind":"\u0000\n\"ü","status":"\#(String(repeating: "x", count: 5_000))"}]}"#
    )
    let rows = rows(try text(calls))
    #expect(rows[2] == #"{"kind":"call","parent":0,"start_us":90,"us":0}"#)
    #expect(rows[3] == #"{"kind":"call","parent":0}"#)
    let last = try ConfigValue(json: rows[4])
    #expect(last["parent"] == .integer(2) && last["kind"] == .string("\u{0}\n\"ü"))
    #expect(last["status"] == .string(String(repeating: "x", count: 197) + "…"))
  }

  @Test func ofCountlessRowsSomeAreTaken() throws {
    let nodes = Array(repeating: "{}", count: 9_000).joined(separator: ",")
    let calls = calls("{\"nodes\":[\(nodes)]}", "{\"nodes\":[{}]}")
    #expect(calls.rows.count == 500)
    #expect(calls.omitted == 8_501)
  }

  @Test func theRoutesOwnRowsComeFirst() throws {
    let nodes = Array(repeating: #"{"parent":0}"#, count: 400).joined(separator: ",")
    let calls = calls("{\"route\":\"b.B/B\",\"nodes\":[{},\(nodes)]}")
    let text = try text(calls, maxBytes: 1_000, own: 8)
    let rows = rows(text)
    #expect(rows.filter { $0 == #"{"kind":"call"}"# }.count == 8)
    #expect(rows.count > 10)
    #expect(text["more"] == .integer(Int64(8 + 8 * 401 - rows.count)))
    // What hangs on a row that had no room has none either.
    let narrow = try self.text(calls, maxBytes: 160, own: 1)
    #expect(narrow["nodes"] == .array([.object(["kind": .string("call")])]))
    #expect(narrow["more"] == .integer(401))
  }

  @Test(arguments: ["", "-5", "x", "99999999999999999999", "1.5"])
  func whatAReplicaSaysOfItsTimeIsTakenWithCare(execute: String) {
    var timing = LegTiming()
    timing.sent(to: ReplicaID(deployment: "a", number: 1), now: Timestamp(nanoseconds: 30_000))
    timing.told = ReplicaWord(Self.trailers([], execute: execute))
    let parts = timing.parts(from: .zero, to: Timestamp(nanoseconds: 100_000))
    #expect(parts.queue == 30 && parts.wire == 70 && parts.execute ?? 0 == 0)
  }

  @Test func legsWithMuchToSayAreToldOf() {
    var timings = LegTimings()
    let text = "{\"nodes\":[\(String(repeating: "{},", count: 9_000)){}]}"
    for leg in 0..<4 {
      var timing = LegTiming()
      timing.told = ReplicaWord(Self.trailers([text]))
      timings[leg] = timing
    }
    #expect((0..<4).map { timings[$0]?.told?.calls.count } == [1, 1, 0, 0])
    #expect((0..<4).map { timings[$0]?.told?.omittedCalls } == [0, 0, 1, 1])
  }

  @Test func aTraceLeavesOtherTrailersTheirRoom() {
    #expect(TraceRequest.brief.maxBytes(beside: 100) == 6_000)
    #expect(TraceRequest.brief.maxBytes(beside: 7_000) == 1_000)
    #expect(TraceRequest.full.maxBytes(beside: 100) == 28_000)
    #expect(TraceRequest.full.maxBytes(beside: 33_000) < 0)
    #expect(TraceRequest(["martlet-trace": "0"]) == nil)
    #expect(TraceRequest(["martlet-trace": "full"]) == .full)
    #expect(TraceRequest(["martlet-trace": "anything"]) == .brief)
    #expect(TraceRequest(["grpc-encoding": "1"]) == nil)
  }
}
