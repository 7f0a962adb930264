// An app whose answers are long, for tests with slow and vanishing readers; its short ones tell who calls.
import Foundation
import Martlet
import SwiftProtobuf

@main struct StreamFixture: Application {
  static let name = "stream"

  var deployments: Deployments {
    Deployment("stream", Streamer.self)
      .maxOngoingRequests(2000)
      .resources(cpus: 0.5)
    Deployment("relay", Relay.self)
      .resources(cpus: 0.1)
  }

  var routes: Routes {
    Route(Stream_V1_Stream.self, to: "stream")
  }
}

/// Which build this is; a test makes others by changing the number in the program's file.
private let build = "stream fixture, build 0001"

struct Streamer: Stream_V1_Stream.Service {
  init(_ context: ReplicaContext) {}

  func echo(_ chunk: Stream_V1_Chunk, _ call: Call) async throws -> Stream_V1_Chunk {
    var metadata: Metadata = ["x-build": build]
    if let identity = call.peerIdentity {
      let names = identity.uris + identity.dnsNames
      metadata.add(names.joined(separator: " "), for: "x-caller")
    }
    call.setInitialMetadata(metadata)
    return chunk
  }

  func expand(
    _ request: Stream_V1_ExpandRequest, _ chunks: RPCWriter<Stream_V1_Chunk>, _ call: Call
  ) async throws {
    // Nobody else's turn comes meanwhile.
    if request.name == "blocks" { usleep(request.pauseMs * 1000) }
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

/// Hands short calls on to the deployment `stream`.
struct Relay: Stream_V1_Stream.Service {
  private let stream: Stream_V1_Stream.Client

  init(_ context: ReplicaContext) {
    stream = context.handle(Stream_V1_Stream.self, on: "stream")
  }

  func echo(_ chunk: Stream_V1_Chunk, _ call: Call) async throws -> Stream_V1_Chunk {
    let response = try await stream.target.response(to: Stream_V1_Stream.echo, chunk)
    call.setInitialMetadata(response.initialMetadata)
    return response.message
  }

  func expand(
    _ request: Stream_V1_ExpandRequest, _ chunks: RPCWriter<Stream_V1_Chunk>, _ call: Call
  ) async throws {
    throw RPCError(.unimplemented, "only short calls are handed on")
  }
}
