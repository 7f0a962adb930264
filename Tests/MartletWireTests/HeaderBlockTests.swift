// The flat header list.

import MartletCore
import Testing

@testable import MartletWire

@Suite struct HeaderBlockTests {
  @Test func everyKnownNameIsRecognised() {
    for name in HeaderName.allCases where name != .other {
      name.text.withUTF8Buffer { #expect(HeaderName(spelled: UnsafeRawBufferPointer($0)) == name) }
    }
  }

  @Test(arguments: [
    "", "x", ":paths", "path", "tE", "content-typf", "grpc-messagf", "aontent-type",
  ])
  func otherNamesAreOthers(text: String) {
    var text = text
    text.withUTF8 { #expect(HeaderName(spelled: UnsafeRawBufferPointer($0)) == .other) }
  }

  @Test func fieldsAreReadWhereTheyLie() {
    var block = HeaderBlock.grpcResponse
    block.append(name: "x-a", value: "1")
    block.append(.grpcStatus, "0")
    #expect(block.count == 4)
    #expect(block[.status] == "200")
    #expect(block["x-a"] == "1")
    #expect(block[.grpcStatus] == "0")
    #expect(block[.path] == nil)
    #expect(block.name(at: 2) == .other)
    #expect(block.withValue(of: .grpcStatus) { $0.count } == 1)
  }

  @Test func aProxyCopiesTheFieldsItWantsInOnePiece() {
    var source = HeaderBlock.grpcRequest(path: "/a/b", authority: "c")
    source.append(name: "x-one", value: "1")
    source.append(timeout: .seconds(1))
    source.append(name: "x-two", value: "2")
    var other: HeaderBlock = ["x-zero": "0"]
    other.append(contentsOf: source) { source.name(at: $0) != .grpcTimeout }
    #expect(
      other.pairs.map { "\($0.name)=\($0.value)" } == [
        "x-zero=0", ":method=POST", ":scheme=http", ":path=/a/b", ":authority=c", "te=trailers",
        "content-type=application/grpc", "x-one=1", "x-two=2",
      ])
    #expect(source.count == 9)
  }

  @Test func theLastFieldIsTakenOffAgain() {
    var block: HeaderBlock = ["x-a": "1"]
    for seconds in 1...3 {
      block.append(timeout: .seconds(seconds))
      block.append(name: "x-b", value: "2")
      block.removeLast()
      block.removeLast()
    }
    block.append(.te, literal: "trailers")
    block.removeLast()
    block.append(name: "x-c", value: "3")
    #expect(block.pairs.map { "\($0.name)=\($0.value)" } == ["x-a=1", "x-c=3"])
  }

  @Test func aBlockWithOneOwnerIsChangedInPlace() {
    var block: HeaderBlock = ["x-a": "1"]
    let storage = block.storage.map(ObjectIdentifier.init)
    for _ in 0..<3 { block.append(name: "x-b", value: "2") }
    #expect(block.storage.map(ObjectIdentifier.init) == storage)
    let copy = block
    block.removeLast()
    #expect(copy.count == 4 && block.count == 3)
  }

  @Test func aProxyCopiesFieldsOver() {
    var other: HeaderBlock = ["x-old": "0"]
    other.removeAll()
    let source = HeaderBlock.grpcRequest(path: "/a/b", authority: "c")
    for index in 0..<source.count where source.name(at: index) != .authority {
      other.append(fieldAt: index, of: source)
    }
    other.append(name: "x-hop", value: "1")
    #expect(
      other.description == """
        :method: POST
        :scheme: http
        :path: /a/b
        te: trailers
        content-type: application/grpc
        x-hop: 1
        """)
  }

  @Test(arguments: [
    ("application/grpc", true), ("application/grpc+proto", true), ("application/grpc;a=b", true),
    ("application/grpc-web", false), ("application/json", false), ("application/grp", false),
  ])
  func grpcContentTypes(type: String, isGRPC: Bool) {
    #expect((["content-type": type] as HeaderBlock).hasGRPCContentType == isGRPC)
    for method in ["POST", "GET", "PUT", "post", "POSTS", ""] {
      let head: HeaderBlock = [":method": method, "content-type": type]
      #expect(head.isGRPCCall == (isGRPC && method == "POST"), "\(method)")
    }
  }

  @Test(arguments: [
    ("x-a_b.c1-bin", true), ("x!", false), ("x#y", false), ("x~", false), ("x'", false),
  ])
  func namesOfMetadata(name: String, isOne: Bool) {
    #expect(([name: "1"] as HeaderBlock).hasMetadataName(at: 0) == isOne)
  }

  // MARK: Lists of binary values

  @Test(arguments: [
    ("AQI=,AQ", ["AQI=", "AQ"]), ("AQ,", ["AQ", ""]), (" AQ== ,\tAQ", ["AQ==", "AQ"]),
    (",", ["", ""]),
  ])
  func valuesOfAListBecomeFields(list: String, values: [String]) throws {
    let block: HeaderBlock = [":path": "/a/b", "x-text": "a,b", "x-tok-bin": list, "x-z-bin": "AQ"]
    #expect(block.metadataFinding == .lists)
    let split = try block.splittingLists(maxBytes: 1000)
    #expect(split.pairs.filter { $0.name == "x-tok-bin" }.map(\.value) == values)
    #expect(split.pairs.map(\.name).filter { $0 != "x-tok-bin" } == [":path", "x-text", "x-z-bin"])
    #expect(split.metadataFinding == .plain)
  }

  @Test func fieldsOfAListAreNotMoreThanThereIsRoomFor() throws {
    let block: HeaderBlock = ["x-bin": "AQ,AQ,AQ"]
    let bytes = 3 * (5 + 2 + 32)
    #expect(try block.splittingLists(maxBytes: bytes).count == 3)
    #expect(throws: InvalidMetadata.self) { _ = try block.splittingLists(maxBytes: bytes - 1) }
  }

  @Test(arguments: ["AQ=,AQ", "AQ,A", "AQ,A Q", "a,?"])
  func aListWithAPartThatIsNoBase64IsBad(list: String) {
    guard case .bad(let problem) = (["x-bin": list] as HeaderBlock).metadataFinding else {
      Issue.record("\(list) is fine")
      return
    }
    #expect(problem.name == "x-bin")
  }
}
