// Facts about loops: order of work, timers, descriptors.
import Foundation
import MartletCore
import MartletNet
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct LoopTests {
  @Test func tasksThatPreferALoopRunOnIt() async {
    let group = LoopGroup()
    let loop = group.next()
    await withTaskExecutorPreference(loop) {
      #expect(await isOn(loop))
      await Task.yield()
      #expect(await isOn(loop))
    }
    await group.shutdown()
  }

  @Test func timersFireInOrderAndNotAfterCancel() async {
    let group = LoopGroup()
    let loop = group.next()
    let fired: [Int] = await withCheckedContinuation { done in
      loop.execute {
        let record = Record()
        for (number, delay) in [(3, 30), (1, 10), (2, 20)] {
          loop.schedule(after: .milliseconds(delay)) { record.numbers.append(number) }
        }
        let cancelled = loop.schedule(after: .milliseconds(15)) { record.numbers.append(99) }
        cancelled.cancel()
        #expect(!cancelled.isPending)
        loop.schedule(after: .milliseconds(40)) { done.resume(returning: record.numbers) }
      }
    }
    #expect(fired == [1, 2, 3])
    await group.shutdown()
  }

  @Test func manyCancelledTimersAreSweptAndTheRestFire() async {
    let group = LoopGroup()
    let loop = group.next()
    let fired: Int = await withCheckedContinuation { done in
      loop.execute {
        let record = Record()
        for number in 0..<1000 {
          let timer = loop.schedule(after: .milliseconds(number % 20)) {
            record.numbers.append(number)
          }
          if number % 10 != 0 { timer.cancel() }
        }
        loop.schedule(after: .milliseconds(50)) { done.resume(returning: record.numbers.count) }
      }
    }
    #expect(fired == 100)
    await group.shutdown()
  }

  @Test func aTaskThatNeverStopsYieldingStarvesNobody() async throws {
    let group = LoopGroup()
    let loop = group.next()
    let stop = Flag()
    let spinner = Task(executorPreference: loop) {
      while !stop.isSet { await Task.yield() }
    }
    let server = GRPCServer(loops: group, handlers: .example)
    let path = temporarySocketPath()
    try await server.listen(on: .unix(path: path))
    let channel = GRPCChannel(endpoint: .unix(path: path), loops: group)
    let answer15 = try await channel.unary(.echo, [1]).message
    #expect(answer15 == [1])
    stop.set()
    await spinner.value
    await channel.close()
    await server.drain(within: .seconds(1))
    await group.shutdown()
  }

  @Test func watchedDescriptorsTellWhenTheyAreReadable() async {
    let group = LoopGroup()
    let loop = group.next()
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let (readEnd, writeEnd) = (ends[0], ends[1])
    let count = Flag()
    loop.execute {
      loop.watch(readEnd) {
        var byte: UInt8 = 0
        _ = read(readEnd, &byte, 1)
        count.set()
        return byte == 2 ? .stop : .goOn
      }
    }
    for byte: UInt8 in [1, 1, 2] {
      let before = count.count
      _ = withUnsafeBytes(of: byte) { write(writeEnd, $0.baseAddress, 1) }
      await eventually { count.count == before + 1 }
    }
    await group.shutdown()
    close(readEnd)
    close(writeEnd)
  }

  @Test func longWorkIsDoneBesideTheLoopInOrder() async {
    let group = LoopGroup()
    let loop = group.next()
    let found: [Int] = await withCheckedContinuation { done in
      loop.execute {
        let record = Record()
        for number in 1...3 {
          _ = loop.offload {
            loop.isCurrent ? 0 : number
          } then: { result in
            record.numbers.append(loop.isCurrent ? result : 0)
            if record.numbers.count == 3 { done.resume(returning: record.numbers) }
          }
        }
        record.numbers = []
      }
    }
    #expect(found == [1, 2, 3])
    await group.shutdown()
  }

  /// What is cancelled before it begins never does, and lets go at once of what it holds.
  @Test func longWorkThatNobodyWaitsForIsDropped() async {
    let group = LoopGroup()
    let loop = group.next()
    let (gate, ran) = (DispatchSemaphore(value: 0), Flag())
    let isHeld: Bool = await withCheckedContinuation { done in
      loop.execute {
        _ = loop.offload {
          gate.wait()
        } then: { _ in
        }
        var held: Payload? = Payload()
        weak let watched = held
        let long = loop.offload { [held] in
          ran.set()
          _ = held
        } then: { _ in
          ran.set()
        }
        held = nil
        #expect(watched != nil)
        long.cancel()
        done.resume(returning: watched != nil)
      }
    }
    gate.signal()
    #expect(!isHeld)
    await group.shutdown()
    #expect(ran.count == 0)
  }
}

private final class Payload: Sendable {}

private func isOn(_ loop: Loop) async -> Bool { loop.isCurrent }

private final class Record {
  var numbers: [Int] = []
}
