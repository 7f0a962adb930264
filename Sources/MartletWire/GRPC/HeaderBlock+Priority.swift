// `martlet-priority`: how urgent a request is.

package import MartletCore

extension HeaderBlock {
  /// The request's priority, the usual one when it names none. Throws INVALID_ARGUMENT when what it says is
  /// not one digit from 0 to 7.
  package var priority: Priority {
    get throws(RPCError) {
      let said = try unsafe withValue(of: .priority) { value throws(RPCError) in
        let digit = unsafe value.first.map { $0 &- UInt8(ascii: "0") }
        guard value.count == 1, let priority = digit.flatMap(Priority.init(urgency:)) else {
          let text = unsafe String(decoding: value.prefix(32), as: UTF8.self)
          throw RPCError(
            .invalidArgument,
            "\(Priority.metadataKey) \"\(text)\" is not a digit from 0, the most urgent, to 7")
        }
        return priority
      }
      return said ?? .usual
    }
  }

  /// Says the priority; it must not be said yet.
  package mutating func append(_ priority: Priority) {
    append(name: Priority.metadataKey, value: "\(priority.urgency)")
  }
}
