// Facts about who is let in.
import Foundation
import MartletCore
import MartletWire
import NIOCore
import Synchronization
import Testing

@testable import MartletNet

@Suite(.timeLimit(.minutes(1))) struct ListenerTests {
  @Test func connectionsBeyondTheLimitAreRefusedAndTold() async throws {
    var limits = Limits()
    limits.maxConnections = 1
    let loops = LoopGroup(count: 1)
    let record = RefusalRecord()
    let listener = Listener(on: loops.next(), limits: limits, acceptor: record)
    let path = temporarySocketPath()
    let endpoint = try await listener.listen(on: .unix(path: path))
    let first = GRPCChannel(endpoint: endpoint, loops: loops, limits: limits)
    let second = GRPCChannel(endpoint: endpoint, loops: loops, limits: limits)
    #expect(await status { _ = try await first.unary(.echo, []) }?.code == .notFound)
    let refused = await status {
      _ = try await second.unary(.echo, [], deadline: Deadline(Loop.now + .milliseconds(200)))
    }
    #expect(refused?.code == .unavailable || refused?.code == .deadlineExceeded)
    let reason = "1 connections are open, the most that are taken"
    await eventually { record.reasons.withLock { $0.contains(reason) } }
    // Whoever is in stays in, and leaves room.
    #expect(await status { _ = try await first.unary(.echo, []) }?.code == .notFound)
    await first.close()
    let third = GRPCChannel(endpoint: endpoint, loops: loops, limits: limits)
    await second.close()
    await eventually { record.open.withLock { $0 == 0 } }
    #expect(await status { _ = try await third.unary(.echo, []) }?.code == .notFound)
    await third.close()
    await listener.drain(within: .seconds(1))
    await loops.shutdown()
    unlink(path)
  }

  /// A connection that was gone before it could be set up.
  @Test(arguments: [false, true]) func whatEndsBeforeItBeginsDoesNotCount(isShared: Bool)
    async throws
  {
    var limits = Limits()
    limits.maxConnections = 1
    let loops = LoopGroup(count: 1)
    let loop = loops.next()
    let record = RefusalRecord()
    let target = Listener.Target(loop, record, port: isShared ? SharedPort() : nil)
    let listener = Listener(on: loop, limits: limits, targets: [target])
    let ended = MemoryChannel.pair(client: loop, server: loop, path: "ended").server
    try await ended.close().get()
    let refused = Mutex<[any Error]>([])
    for _ in 0..<3 {
      await withUnsafeContinuation { done in
        loop.run {
          do { try listener.accept(ended, for: target) } catch {
            refused.withLock { $0.append(error) }
          }
          done.resume()
        }
      }
    }
    #expect(refused.withLock { $0.count } == 3)
    #expect(record.reasons.withLock { $0 } == [])
    let endpoint = try await listener.listen(
      on: MemoryNetwork.endpoint("\(MemoryNetwork.makeNumber())"))
    let channel = GRPCChannel(endpoint: endpoint, loops: loops, limits: limits)
    #expect(await status { _ = try await channel.unary(.echo, []) }?.code == .notFound)
    await channel.close()
    // None of them is waited for.
    await listener.drain(within: .seconds(10))
    await loops.shutdown()
  }
}

/// Answers every request with NOT_FOUND and remembers who was turned away.
private final class RefusalRecord: RequestAcceptor, Sendable {
  let reasons = Mutex<[String]>([])
  let open = Mutex(0)

  func connectionOpened(_ connection: ServerConnection) { open.withLock { $0 += 1 } }
  func connectionClosed(_ connection: ServerConnection) { open.withLock { $0 -= 1 } }
  func connectionRefused(_ reason: String) { reasons.withLock { $0.append(reason) } }

  func requestReceived(
    _ headers: borrowing HeaderBlock, on stream: ServerStream, endOfStream: Bool
  ) -> (any StreamHandler)? {
    stream.sendHead(.grpcTrailersOnly(RPCStatus(.notFound, "nothing is here")), endOfStream: true)
    return nil
  }
}
