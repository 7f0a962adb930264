// What calls of a graph say beside their messages, for the graph's answer.
internal import MartletDispatch
internal import MartletWire

/// The metadata of one answer, or of several.
struct AnswerMetadata {
  /// Of the answers' heads.
  var initial = HeaderBlock()
  /// Of their trailers.
  var trailing = HeaderBlock()

  var isEmpty: Bool { initial.isEmpty && trailing.isEmpty }
  var bytes: Int { initial.listBytes + trailing.listBytes }

  mutating func append(_ other: AnswerMetadata) {
    initial.append(contentsOf: other.initial)
    trailing.append(contentsOf: other.trailing)
  }
}

/// The metadata of the answers that a graph got, until it is known of which the graph's own answer is made. On the
/// router's loop only.
struct KeptMetadata {
  /// Bytes of all that is kept for one request: a graph may make thousands of calls. What came first goes first, for
  /// answers are made of what came last.
  static let maxBytes = 64 << 10

  /// Bytes of the metadata of an answer's head, and of its trailers. Clients take 8 KiB by default, the status
  /// included, and lose all of a longer one.
  static let maxAnswerBytes = 6 << 10

  private var kept: [(leg: GraphLeg, metadata: AnswerMetadata)] = []
  private var bytes = 0

  var isEmpty: Bool { kept.isEmpty }

  mutating func keep(_ metadata: AnswerMetadata, of leg: GraphLeg) {
    kept.append((leg, metadata))
    bytes += metadata.bytes
    while bytes > Self.maxBytes, let first = kept.first {
      bytes -= first.metadata.bytes
      kept.removeFirst()
    }
  }

  /// What the answers of these legs said, in that order; the fields that there is no room for are left out.
  func metadata(of legs: [GraphLeg]) -> AnswerMetadata {
    var all = AnswerMetadata()
    for leg in legs {
      guard let found = kept.first(where: { $0.leg == leg }) else { continue }
      all.append(found.metadata)
    }
    all.initial.shorten(to: Self.maxAnswerBytes)
    all.trailing.shorten(to: Self.maxAnswerBytes)
    return all
  }
}

extension HeaderBlock {
  /// The fields that a graph passes on: the metadata that is the deployment's own, and none of the names that HTTP,
  /// gRPC and Martlet keep for themselves. Empty without a cost where there are none.
  var ownMetadata: HeaderBlock {
    var own = HeaderBlock()
    guard hasCustomFields else { return own }
    own.append(contentsOf: self) { isOwnMetadata(at: $0) }
    return own
  }

  private func isOwnMetadata(at index: Int) -> Bool {
    guard isCustom(at: index) else { return false }
    return withField(at: index) { name, _ in
      !keptPrefixes.contains { name.starts(with: $0) }
    }
  }

  /// Leaves out the last fields beyond so many bytes.
  mutating func shorten(to limit: Int) {
    while listBytes > limit, !isEmpty { removeLast() }
  }
}

private let keptPrefixes = ["grpc-", "martlet-"].map { Array($0.utf8) }
