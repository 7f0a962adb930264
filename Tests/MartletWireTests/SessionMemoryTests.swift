// The memory that sessions share.

import MartletCore
import Testing

@testable import MartletWire

@Suite struct SessionMemoryTests {
  @Test func aFreedPieceIsHandedOutAgain() throws {
    var pool = PiecePool()
    let first = try #require(unsafe pool.allocate(100))
    unsafe pool.free(first)
    #expect(pool.pooledBytes == 128)
    let second = unsafe pool.allocate(128)
    #expect(unsafe first == second)
    #expect(pool.pooledBytes == 0)
    unsafe pool.free(second)
  }

  @Test(arguments: [(1, 32), (32, 33), (40, 512), (512, 513), (600, 5000), (5000, 10)])
  func aPieceKeepsItsBytesWhenItGrows(from: Int, to: Int) throws {
    var pool = PiecePool()
    let piece = try #require(unsafe pool.allocate(from))
    unsafe piece.initializeMemory(as: UInt8.self, repeating: 7, count: from)
    let grown = try #require(unsafe pool.reallocate(piece, to))
    let kept = unsafe UnsafeRawBufferPointer(start: grown, count: min(from, to))
    #expect(unsafe kept.allSatisfy { $0 == 7 })
    unsafe pool.free(grown)
  }

  @Test func noMoreIsKeptThanTheLimit() throws {
    var pool = PiecePool()
    let count = SessionBounds.maxPooledBytes / 512 + 10
    var pieces = unsafe (0..<count).map { _ in unsafe pool.allocate(512) }
    while let piece = unsafe pieces.popLast() { unsafe pool.free(piece) }
    #expect(pool.pooledBytes == SessionBounds.maxPooledBytes)
  }

  @Test func largePiecesAreNotKept() {
    var pool = PiecePool()
    unsafe pool.free(pool.allocate(SessionBounds.maxPooledPieceBytes + 1))
    unsafe pool.free(nil)
    #expect(pool.pooledBytes == 0)
  }

  @Test func sessionsGiveTheirMemoryBack() {
    let memory = SessionMemory()
    do {
      _ = HTTP2Session(.server, limits: Limits(), memory: memory)
      _ = HTTP2Session(.client, limits: Limits(), memory: memory)
    }
    let kept = memory.pooledBytes
    #expect(kept > 0)
    do { _ = HTTP2Session(.server, limits: Limits(), memory: memory) }
    #expect(memory.pooledBytes == kept)
  }
}
