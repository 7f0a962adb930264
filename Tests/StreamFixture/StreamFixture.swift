// An app whose answers are long, for tests with slow and vanishing readers.
import Foundation
import Martlet
import SwiftProtobuf

@main struct StreamFixture: Application {
  static let name = "stream"

  var deployments: Deployments {
    Deployment("stream", Streamer.self)
      .maxOngoingRequests(2000)
      .resources(cpus: 0.5)
  }

  var routes: Routes {
    Route(Stream_V1_Stream.self, to: "stream")
  }
}

struct Streamer: Stream_V1_Stream.Service {
  init(_ context: ReplicaContext) {}

  func echo(_ chunk: Stream_V1_Chunk, _ call: Call) async throws -> Stream_V1_Chunk {
    chunk
  }

  func expand(
    _ request: Stream_V1_ExpandRequest, _ chunks: RPCWriter<Stream_V1_Chunk>, _ call: Call
  ) async throws {
    let chunk = Stream_V1_Chunk.with {
      $0.payload = Data(repeating: 0x5A, count: Int(request.chunkBytes))
    }
    do {
      for _ in 0..<request.chunks {
        try await chunks.write(chunk)
        if request.pauseMs > 0 { try await Task.sleep(for: .milliseconds(request.pauseMs)) }
      }
    } catch {
      // What Python's time.monotonic() tells, in nanoseconds.
      var now = timespec()
      clock_gettime(CLOCK_MONOTONIC, &now)
      print("\(request.name) ended at \(now.tv_sec * 1_000_000_000 + now.tv_nsec)")
      fflush(nil)
      throw error
    }
  }
}
