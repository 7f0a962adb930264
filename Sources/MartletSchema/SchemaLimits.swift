// What this room bounds, each with its reason.

/// Bounds on schemas and on messages that are decoded.
package enum SchemaLimits {
  /// Messages in messages, the outermost counted. Every protobuf implementation stops at 100 by
  /// default, and protobuf-c, which does not stop, overflows its stack near 10,000.
  package static let maxDepth = 100

  /// Objects and lists in each other in JSON text. A message in a repeated field stands in a list and
  /// is an object, and the deepest may have a list of its own.
  package static let maxJSONDepth = 2 * maxDepth + 1

  /// Unicode scalars of a value or name that a message quotes. What a client sent may have megabytes, and
  /// a status goes into trailers, of which clients take 8 KiB.
  package static let maxQuotedLength = 100

  /// Bytes that one message may take once decoded. An empty nested message is 2 bytes on the wire
  /// and hundreds decoded; the largest message of ordinary fields stays below.
  package static let maxArenaBytes = 256 << 20

  /// Bytes of a descriptor set: a hundred times the largest in common use.
  package static let maxDescriptorSetBytes = 64 << 20

  /// Files, declarations and extensions that an index for reflection keeps, some 30 MB of
  /// them. It finds nothing of what comes after.
  package static let maxIndexedNames = 1 << 18
}

/// What is wrong with a descriptor set, or with a name that was looked up in a schema.
package struct SchemaError: Error, Sendable, Hashable, CustomStringConvertible {
  package var message: String

  package init(_ message: String) {
    self.message = message
  }

  package var description: String { message }
}
