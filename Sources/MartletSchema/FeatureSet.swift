// What a file of protobuf says about the wire format, by its syntax, its edition and its options.

/// Features of a file and of what is declared in it (google/protobuf/descriptor.proto, `FeatureSet`). Those of
/// an option take the place of what is around it.
struct FeatureSet: Sendable, Equatable {
  enum Presence: Int {
    case explicit = 1
    case implicit = 2
    case legacyRequired = 3
  }

  enum MessageEncoding: Int {
    case lengthPrefixed = 1
    /// As groups of proto2: between two tags.
    case delimited = 2
  }

  /// Numbers as they are in the descriptor; 0: not said.
  private var presence = 0
  private var enumType = 0
  private var repeatedEncoding = 0
  private var utf8Validation = 0
  private var messageEncoding = 0

  /// Reads an option's features, which may be none.
  init() {}

  /// The defaults of a file; nil for an edition that is not known.
  ///
  /// proto2 has no UTF-8 validation, but its texts are checked here like those of all others: JSON and
  /// conditions need texts.
  init?(syntax: String, edition: Int) {
    switch (syntax, edition) {
    case ("", _), ("proto2", _), ("editions", 998):
      (presence, enumType, repeatedEncoding) = (1, 2, 2)
    case ("proto3", _), ("editions", 999):
      (presence, enumType, repeatedEncoding) = (2, 1, 1)
    case ("editions", 1000), ("editions", 1001):
      // 2023 and 2024, which differ in nothing that is on the wire.
      (presence, enumType, repeatedEncoding) = (1, 1, 1)
    default: return nil
    }
    (utf8Validation, messageEncoding) = (2, 1)
  }

  init(_ reader: WireReader) throws(WireError) {
    var reader = reader
    while let tag = try reader.nextTag() {
      switch tag.number {
      case 1: presence = try reader.integer(tag)
      case 2: enumType = try reader.integer(tag)
      case 3: repeatedEncoding = try reader.integer(tag)
      case 4: utf8Validation = try reader.integer(tag)
      case 5: messageEncoding = try reader.integer(tag)
      default: try reader.skip(tag)
      }
    }
  }

  /// These features where they are said, and else those of what is around.
  func within(_ outer: FeatureSet) -> FeatureSet {
    var features = self
    if presence == 0 { features.presence = outer.presence }
    if enumType == 0 { features.enumType = outer.enumType }
    if repeatedEncoding == 0 { features.repeatedEncoding = outer.repeatedEncoding }
    if utf8Validation == 0 { features.utf8Validation = outer.utf8Validation }
    if messageEncoding == 0 { features.messageEncoding = outer.messageEncoding }
    return features
  }

  /// Being set to zero is as good as not being set.
  var isImplicit: Bool { presence == Presence.implicit.rawValue }

  var isClosedEnum: Bool { enumType == 2 }

  var isPacked: Bool { repeatedEncoding == 1 }

  /// Bytes of a text that are not UTF-8 are no mistake.
  var takesAnyText: Bool { utf8Validation == 3 }

  /// Nil for one that is not known.
  var encoding: MessageEncoding? { MessageEncoding(rawValue: messageEncoding) }
}

extension WireReader {
  /// The features in options, which have the number `field` there.
  func features(_ field: Int) throws(WireError) -> FeatureSet {
    var options = self
    var features = FeatureSet()
    while let tag = try options.nextTag() {
      guard tag.number == field else {
        try options.skip(tag)
        continue
      }
      // Occurrences merge: what the later one says counts.
      features = try FeatureSet(options.message(tag)).within(features)
    }
    return features
  }
}
