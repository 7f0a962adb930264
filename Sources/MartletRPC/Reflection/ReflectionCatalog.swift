// What a server says of itself over reflection: questions to answers.
internal import Foundation
package import MartletCore
package import MartletSchema
internal import SwiftProtobuf

/// The services of a server and the files that declare them.
package struct ReflectionCatalog: Sendable {
  package typealias Request = Grpc_Reflection_V1_ServerReflectionRequest
  package typealias Response = Grpc_Reflection_V1_ServerReflectionResponse

  /// Bytes of files, or of names of services, in one answer; clients take messages of 4 MiB by
  /// default.
  package static let maxAnswerBytes = 2 << 20

  /// Bytes of a name in a question, which the answer repeats.
  package static let maxNameBytes = 1 << 10

  /// Full names, ascending.
  private let services: [String]

  /// The first that knows a name answers: apps may declare the same name.
  private let indexes: [DescriptorIndex]

  package init(services: [String], indexes: [DescriptorIndex]) {
    self.services = Set(services).sorted()
    self.indexes = indexes
  }

  /// The answer to one question. INVALID_ARGUMENT, which ends the stream, for an endless name.
  package func answer(_ request: Request) throws(RPCError) -> Response {
    guard request.longestName <= Self.maxNameBytes else {
      throw RPCError(.invalidArgument, "names have at most \(Self.maxNameBytes) bytes")
    }
    var response = Response()
    response.validHost = request.host
    response.originalRequest = request
    do throws(RPCError) {
      response.messageResponse = try answer(request.messageRequest)
    } catch {
      response.errorResponse = .with {
        $0.errorCode = Int32(error.code.rawValue)
        $0.errorMessage = error.message
      }
    }
    return response
  }

  private func answer(
    _ question: Request.OneOf_MessageRequest?
  ) throws(RPCError) -> Response.OneOf_MessageResponse {
    switch question {
    case .fileByFilename(let name):
      return try files("file \(name)") { $0.file(named: name) }
    case .fileContainingSymbol(let symbol):
      return try files("symbol \(symbol)") { $0.file(declaring: symbol) }
    case .fileContainingExtension(let asked):
      return try files("extension \(asked.extensionNumber) of \(asked.containingType)") {
        $0.file(extending: asked.containingType, number: asked.extensionNumber)
      }
    case .allExtensionNumbersOfType(let type): return try extensionNumbers(of: type)
    case .listServices: return try list()
    case nil:
      throw RPCError(.invalidArgument, "the request asks for nothing that this server knows")
    }
  }

  private func files(
    _ what: String, _ find: (DescriptorIndex) -> DescriptorIndex.FileID?
  ) throws(RPCError) -> Response.OneOf_MessageResponse {
    for index in indexes {
      guard let file = find(index) else { continue }
      guard let contents = index.contents(of: file, maxBytes: Self.maxAnswerBytes) else {
        throw RPCError(
          .resourceExhausted, "the file of \(what) has more than \(Self.maxAnswerBytes) bytes")
      }
      return .fileDescriptorResponse(
        .with { response in
          response.fileDescriptorProto = contents.map { Data($0) }
        })
    }
    throw RPCError(.notFound, "this server knows no \(what)")
  }

  private func extensionNumbers(
    of type: String
  ) throws(RPCError) -> Response.OneOf_MessageResponse {
    for index in indexes {
      guard let numbers = index.extensionNumbers(of: type) else { continue }
      return .allExtensionNumbersResponse(
        .with {
          $0.baseTypeName = type
          $0.extensionNumber = numbers
        })
    }
    throw RPCError(.notFound, "this server knows no message type \(type)")
  }

  private func list() throws(RPCError) -> Response.OneOf_MessageResponse {
    guard services.reduce(0, { $0 + $1.utf8.count }) <= Self.maxAnswerBytes else {
      throw RPCError(.resourceExhausted, "this server has \(services.count) services, too many")
    }
    return .listServicesResponse(
      .with { response in
        response.service = services.map { name in .with { $0.name = name } }
      })
  }
}

extension ReflectionCatalog.Request {
  fileprivate var longestName: Int {
    let name =
      switch messageRequest {
      case .fileByFilename(let name), .fileContainingSymbol(let name),
        .allExtensionNumbersOfType(let name), .listServices(let name):
        name
      case .fileContainingExtension(let asked): asked.containingType
      case nil: ""
      }
    return max(host.utf8.count, name.utf8.count)
  }
}
