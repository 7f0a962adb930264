// Methods as values: what generated code says about each `rpc` of a service.
public import MartletCore
public import SwiftProtobuf

/// A method of a service with the types of its messages.
public protocol RPCMethod: Sendable {
  associatedtype Input: Message
  associatedtype Output: Message

  var name: MethodName { get }

  /// The file that declares the method, with all its imports.
  var descriptorSet: DescriptorSet { get }
}

/// `rpc Method(Input) returns (Output)`
public struct UnaryMethod<Input: Message, Output: Message>: RPCMethod {
  public let name: MethodName
  public let descriptorSet: DescriptorSet

  public init(service: String, method: String, descriptorSet: DescriptorSet) {
    name = MethodName(service: service, method: method)
    self.descriptorSet = descriptorSet
  }
}

/// `rpc Method(stream Input) returns (Output)`
public struct ClientStreamingMethod<Input: Message, Output: Message>: RPCMethod {
  public let name: MethodName
  public let descriptorSet: DescriptorSet

  public init(service: String, method: String, descriptorSet: DescriptorSet) {
    name = MethodName(service: service, method: method)
    self.descriptorSet = descriptorSet
  }
}

/// `rpc Method(Input) returns (stream Output)`
public struct ServerStreamingMethod<Input: Message, Output: Message>: RPCMethod {
  public let name: MethodName
  public let descriptorSet: DescriptorSet

  public init(service: String, method: String, descriptorSet: DescriptorSet) {
    name = MethodName(service: service, method: method)
    self.descriptorSet = descriptorSet
  }
}

/// `rpc Method(stream Input) returns (stream Output)`
public struct BidirectionalMethod<Input: Message, Output: Message>: RPCMethod {
  public let name: MethodName
  public let descriptorSet: DescriptorSet

  public init(service: String, method: String, descriptorSet: DescriptorSet) {
    name = MethodName(service: service, method: method)
    self.descriptorSet = descriptorSet
  }
}
