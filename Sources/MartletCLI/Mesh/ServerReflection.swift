// What a server says of its own types, for calls without any .proto at hand.

internal import Foundation
internal import MartletCore
internal import MartletNet
internal import MartletRPC
internal import MartletSchema
internal import SwiftProtobuf

/// A client of server reflection, under its present name or, where that is unknown, the elder one.
struct ServerReflection {
  private typealias Request = Grpc_Reflection_V1_ServerReflectionRequest
  private typealias Response = Grpc_Reflection_V1_ServerReflectionResponse
  /// The two have the same messages.
  private typealias Method = BidirectionalMethod<Request, Response>

  /// Files that a service's types may be declared in, imports and theirs included: far beyond what any has,
  /// and an end for a server that always names another one.
  private static let maxFiles = 10_000

  /// Time for all questions together, where the caller gave none.
  private static let patience = Duration.seconds(10)

  let channel: GRPCChannel
  let timeout: Duration?

  /// The types of a service.
  ///
  /// - Throws: `Failure` for a server that has no such service, or does not tell.
  func schema(of service: String) async throws -> Schema {
    let files = try await files(of: service)
    do {
      let set = try DescriptorSet.merging(
        files.map { file in
          var set = Google_Protobuf_FileDescriptorSet()
          set.file = [file]
          return DescriptorSet(bytes: try set.serializedBytes())
        })
      return try Schema(descriptorSet: set.bytes)
    } catch {
      throw Failure(
        Failure.failed, "what \(channel.endpoint) says of \(service) cannot be used: \(error)")
    }
  }

  private typealias File = Google_Protobuf_FileDescriptorProto

  private func files(of service: String) async throws -> [File] {
    do {
      return try await files(of: service, from: "grpc.reflection.v1.ServerReflection")
    } catch let error as RPCError where error.code == .unimplemented {
      do {
        return try await files(of: service, from: "grpc.reflection.v1alpha.ServerReflection")
      } catch let error as RPCError where error.code == .unimplemented {
        throw Failure(
          Failure.usage,
          "\(channel.endpoint) has no server reflection; name its types with --proto")
      }
    }
  }

  private func files(of service: String, from reflection: String) async throws -> [File] {
    let method = Method(
      service: reflection, method: "ServerReflectionInfo", descriptorSet: DescriptorSet(bytes: []))
    return try await CallTarget(channel).call(
      method, timeout: timeout ?? Self.patience, metadata: [:]
    ) { questions, answers in
      var answers = answers.makeAsyncIterator()
      return try await files(of: service, questions, &answers)
    }
  }

  /// The file that declares a service and all that it imports, those that others import first.
  private func files(
    of service: String, _ questions: RPCWriter<Request>,
    _ answers: inout RPCStream<Response>.Iterator
  ) async throws -> [File] {
    var known: [String: File] = [:]
    func ask(_ request: Request) async throws -> Response {
      try await questions.write(request)
      guard let answer = try await answers.next() else {
        throw RPCError(.unavailable, "\(channel.endpoint) ended the stream of reflection")
      }
      return answer
    }
    func take(_ answer: Response) throws -> [String] {
      var missing: [String] = []
      for bytes in answer.fileDescriptorResponse.fileDescriptorProto {
        let file = try File(serializedBytes: bytes)
        known[file.name] = file
        missing += file.dependency
      }
      guard known.count <= Self.maxFiles else {
        throw Failure(
          Failure.failed, "\(channel.endpoint) has more than \(Self.maxFiles) files of types")
      }
      return missing
    }
    let first = try await ask(.with { $0.fileContainingSymbol = service })
    if case .errorResponse(let error)? = first.messageResponse {
      guard error.errorCode == RPCStatus.Code.notFound.rawValue else {
        throw Failure(Failure.failed, "\(channel.endpoint): \(error.errorMessage)")
      }
      let listed = try await ask(.with { $0.listServices = "" })
      let names = listed.listServicesResponse.service.map(\.name)
      throw Failure(
        Failure.usage,
        "\(channel.endpoint) has no service \(service)\(Spelling.hint(for: service, among: names))"
          + "; services: \(names.isEmpty ? "none" : names.joined(separator: ", "))")
    }
    var missing = try take(first)
    while let name = missing.popLast() {
      guard known[name] == nil else { continue }
      let answer = try await ask(.with { $0.fileByFilename = name })
      missing += try take(answer)
      guard known[name] != nil else {
        throw Failure(Failure.failed, "\(channel.endpoint) does not tell what is in \(name)")
      }
    }
    return Self.sorted(known)
  }

  private static func sorted(
    _ files: [String: File]
  ) -> [File] {
    var sorted: [File] = []
    var seen: Set<String> = []
    // A stack, not recursion: how deep imports go is the server's to say.
    for start in files.keys.sorted() {
      var stack = [(name: start, isDone: false)]
      while let (name, isDone) = stack.popLast() {
        guard let file = files[name] else { continue }
        if isDone {
          sorted.append(file)
        } else if seen.insert(name).inserted {
          stack.append((name, true))
          stack += file.dependency.map { ($0, false) }
        }
      }
    }
    return sorted
  }
}
