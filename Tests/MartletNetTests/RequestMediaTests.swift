// What a content-type means to a port.
import MartletNet
import MartletWire
import Testing

@Suite struct RequestMediaTests {
  @Test(
    arguments: [
      (nil, .none), ("application/grpc", .grpc), ("application/grpc+proto", .grpc),
      ("application/grpc;charset=utf-8", .grpc), ("application/grpc-fancy", .other),
      ("application/grpc-webs", .other),
      ("application/json", .json), ("Application/JSON ; charset=utf-8", .json),
      ("application/json-seq", .other), ("application/json+x", .other),
      ("application/proto", .proto), ("application/protobuf", .other),
      ("application/grpc-web+proto", .grpcWeb(GRPCWebFormat(isText: false, kind: "+proto"))),
      ("Application/gRPC-Web-Text; x=y", .grpcWeb(GRPCWebFormat(isText: true))),
      ("application/x-www-form-urlencoded", .form), ("text/plain", .other), ("", .other),
    ] as [(String?, RequestMedia)])
  func isReadWhole(type: String?, media: RequestMedia) {
    #expect(RequestMedia(type) == media)
  }
}
