// Descriptor sets, which describe the messages of an app.

import MartletCore
import MartletSchema

/// A descriptor set from whoever deploys an app. Whatever types it declares can be used, and the
/// set's own bytes are an untrusted message of each.
func fuzzDescriptors(_ bytes: UnsafeRawBufferPointer) throws(BrokenClaim) {
  let set = Array(bytes)
  try fuzzIndex(set)
  guard let schema = try? Schema(descriptorSet: set) else { return }
  for service in schema.services {
    try claim(schema.service(named: service.fullName) != nil, "\(service.fullName) is not found")
    for method in service.methods {
      try claim(schema.method(method.name) != nil, "\(method.name) is not found")
    }
  }
  for name in schema.messageNames.sorted().prefix(20) {
    guard let type = schema.message(named: name) else {
      throw BrokenClaim("\(name) is not found")
    }
    try fuzz(type, set)
  }
}

private func fuzz(_ type: MessageType, _ bytes: [UInt8]) throws(BrokenClaim) {
  guard let empty = try? DynamicMessage(type) else { return }
  try claim(empty.pack().isEmpty, "an empty \(type) has bytes")
  _ = try? type.json([])
  for field in type.fields.prefix(50) {
    _ = (field.defaultValue, field.typeName, field.oneof, field.enumType?.values.count)
    let found = type.field(named: field.name)
    try claim(found == field, "\(field) is found as \(String(describing: found))")
    if let path = try? FieldPath(field.name, in: type) { _ = try? path.read(bytes) }
  }
  guard let message = try? DynamicMessage(unpacking: bytes, as: type) else { return }
  let packed = message.pack()
  guard let again = try? DynamicMessage(unpacking: packed, as: type) else {
    throw BrokenClaim("a \(type) does not read back: \(packed)")
  }
  try claim(again.pack() == packed, "a \(type) reads back as another: \(packed)")
  guard let json = try? type.json(packed) else { return }
  _ = try? type.encode(json: json)
}

private func fuzzIndex(_ set: [UInt8]) throws(BrokenClaim) {
  guard let index = try? DescriptorIndex([set]) else { return }
  for name in ["", "a", "a.b", "a.b.c", "google.protobuf.Any", "."] {
    _ = index.file(declaring: name)
    _ = index.extensionNumbers(of: name)
    _ = index.file(extending: name, number: 1)
    guard let file = index.file(named: name) else { continue }
    for limit in [0, 100, .max] {
      guard let contents = index.contents(of: file, maxBytes: limit) else { continue }
      let count = contents.reduce(0) { $0 + $1.count }
      try claim(count <= min(limit, set.count), "\(count) bytes of files for a limit of \(limit)")
    }
  }
}
