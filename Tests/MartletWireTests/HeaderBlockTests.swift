// The flat header list.

import MartletCore
import MartletWire
import Testing

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
  }
}
