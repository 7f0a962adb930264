// Connections within the process, where they can fail; what they carry is tested with the sockets.
import MartletCore
import MartletNet
import Testing

@Suite(.timeLimit(.minutes(1))) struct MemoryNetworkTests {
  @Test func whereNobodyListensConnectingIsRefused() async {
    let loops = LoopGroup()
    let endpoint = MemoryNetwork.endpoint("\(MemoryNetwork.makeNumber())")
    let channel = GRPCChannel(endpoint: endpoint, loops: loops)
    let status = await status { _ = try await channel.unary(.echo, []) }
    #expect(
      status == RPCStatus(.unavailable, "cannot connect to \(endpoint): Connection refused"))
    await channel.close()
    await loops.shutdown()
  }

  @Test func anEndpointIsListenedOnOnceAndIsFreeAfterwards() async throws {
    let endpoint = MemoryNetwork.endpoint("\(MemoryNetwork.makeNumber())")
    let loops = LoopGroup()
    for _ in 0..<2 {
      let server = GRPCServer(loops: loops, handlers: .example)
      _ = try await server.listen(on: endpoint)
      let second = GRPCServer(loops: loops, handlers: .example)
      let taken = await status { _ = try await second.listen(on: endpoint) }
      #expect(
        taken
          == RPCStatus(.unavailable, "cannot listen on \(endpoint): Address already in use"))
      await server.drain(within: .zero)
    }
    await loops.shutdown()
  }

  @Test func aServerThatClosesFailsTheCallsOfItsConnection() async throws {
    try await Mesh.with(.memory) { mesh in
      async let hanging = status { _ = try await mesh.channel.unary(.hang, []) }
      _ = try await mesh.channel.unary(.echo, [1])
      await mesh.server.drain(within: .zero)
      #expect(await hanging?.code == .unavailable)
    }
  }

  @Test func bothEndsMayBeOnOneLoop() async throws {
    let loops = LoopGroup()
    let endpoint = MemoryNetwork.endpoint("\(MemoryNetwork.makeNumber())")
    let server = GRPCServer(loops: loops, handlers: .example)
    _ = try await server.listen(on: endpoint)
    let channel = GRPCChannel(endpoint: endpoint, loops: loops)
    let message = [UInt8](repeating: 7, count: 3 << 20)
    #expect(try await channel.unary(.echo, message).message == message)
    await channel.close()
    await server.drain(within: .seconds(1))
    await loops.settle()
    await loops.shutdown()
  }
}
