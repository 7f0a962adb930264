// What `call --trace` prints.

import Testing

@testable import MartletCLI

@Suite struct TraceTableTests {
  @Test func callsOfCodeAreIndentedBelowTheirs() {
    let table = TraceTable(
      json: """
        {"route":"a.A/A","us":12000,"nodes":[
          {"kind":"call","deployment":"front","replica":"front#1","start_us":0,"us":12000,"queue_us":3,
            "wire_us":97,"execute_us":11900,"attempts":1,"in_bytes":5,"out_bytes":7,"status":"OK"},
          {"kind":"sequence","method":"b.B/B","parent":0,"us":900,"status":"OK"},
          {"kind":"call","deployment":"back","parent":1,"slot":2,"status":"NOT_FOUND"}],"more":4}
        """)
    #expect(
      table?.text.split(separator: "\n").map(String.init) == [
        "a.A/A took 12 ms",
        "NODE               TOOK  REPLICA  START  TIME    QUEUE  WIRE   EXECUTE  TRIES  IN   OUT  STATUS",
        "call front               front#1  0 µs   12 ms   3 µs   97 µs  11 ms    1      5 B  7 B  OK",
        "  sequence b.B/B                         900 µs                                          OK",
        "    call back [2]                                                                        NOT_FOUND",
        "… and 4 nodes more",
      ])
  }

  @Test func streamsHaveTheirMessagesAndTheirFirst() {
    let table = TraceTable(
      json: """
        {"route":"a.A/A","us":90,"nodes":[{"kind":"call","deployment":"a","us":90,"first_us":7,"in_bytes":5,
          "in_messages":1,"out_bytes":70,"out_messages":10,"status":"OK"}]}
        """)
    #expect(table?.text.contains("FIRST  TRIES  IN") == true)
    #expect(table?.text.contains("5 B in 1  70 B in 10  OK") == true)
  }

  @Test func aRequestByPlainHTTPHasPartsOfItsOwn() {
    let json = #"{"us":12000,"receive_us":10100,"decode_us":7,"encode_us":12,"nodes":[]}"#
    let first = TraceTable(json: json)?.text.split(separator: "\n").first
    #expect(first == " took 12 ms (receiving 10 ms, decoding 7 µs, encoding 12 µs)")
  }

  @Test(arguments: ["", "{}", "[]", #"{"us":1}"#, #"{"us":1,"nodes":{}}"#])
  func whatIsNoTraceIsNone(json: String) {
    #expect(TraceTable(json: json) == nil)
  }

  @Test func rowsThatPointAnywhereArePrinted() {
    let json = #"{"us":1,"nodes":[7,{"parent":9},{"parent":-3},{"parent":1,"kind":"call"}]}"#
    #expect(
      TraceTable(json: json)?.text.split(separator: "\n", omittingEmptySubsequences: false).count
        == 6)
  }
}
