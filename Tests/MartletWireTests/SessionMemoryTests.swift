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

  @Test func whatIsMadeForASessionLiesOnItsPages() throws {
    var pool = PiecePool()
    let session = try #require(unsafe pool.allocateZeros(2944))
    let table = unsafe pool.allocateZeros(SessionBounds.streamTableBytes)
    let frameBuffer = unsafe pool.allocate(SessionBounds.frameBufferBytes.lowerBound + 10)
    let start = unsafe session - PiecePool.headerBytes
    #expect(Int(bitPattern: start) % SessionBounds.pageBytes == 0)
    #expect(unsafe table == start + SessionPages.tableOffset)
    #expect(unsafe frameBuffer == start + SessionPages.frameBufferOffset)
    #expect(unsafe pool.allocateZeros(SessionBounds.streamTableBytes) != table)
  }

  @Test func pagesAreZerosWhenTheyAreUsedAgain() throws {
    var pool = PiecePool()
    let session = try #require(unsafe pool.allocateZeros(2944))
    let table = try #require(unsafe pool.allocateZeros(SessionBounds.streamTableBytes))
    unsafe session.initializeMemory(as: UInt8.self, repeating: 7, count: 2944)
    unsafe table.initializeMemory(as: UInt8.self, repeating: 7, count: 4096)
    unsafe pool.free(table)
    unsafe pool.free(session)
    let again = try #require(unsafe pool.allocateZeros(2944))
    #expect(unsafe again == session)
    for piece in unsafe [(again, 2944), (table, 4096)] {
      let bytes = unsafe UnsafeRawBufferPointer(start: piece.0, count: piece.1)
      #expect(unsafe bytes.allSatisfy { $0 == 0 })
    }
  }

  /// Another version of nghttp2 may ask for other sizes; its sessions then take more memory.
  @Test func theInstalledVersionsSessionsFitTheirPages() {
    let memory = SessionMemory()
    let session = HTTP2Session(.server, limits: Limits(), memory: memory)
    #expect(unsafe memory.pool.pointee.pages.inUse == 1)
    #expect(unsafe memory.pool.pointee.frameBufferPlace == nil)
    #expect(unsafe memory.pool.pointee.tablePlace == nil)
    withExtendedLifetime(session) {}
  }
}
