// Messages that together set every field of AllTypes to its edge values.

import Foundation
import SwiftProtobuf

enum FieldSamples {
  typealias Fill = @Sendable (inout AllTypes) -> Void

  /// One field, or one edge of it, each.
  static let all: [AllTypes] = (singular + optional + repeated + choices + maps).map(AllTypes.with)

  static let wellKnown: [AllTypes] = wellKnownFills.map(AllTypes.with)

  /// Everything at once, nested in itself.
  static var full: AllTypes {
    var message = AllTypes()
    for fill in singular + optional + repeated + choices { fill(&message) }
    message.mStringInt32 = ["a": 1]
    var outer = message
    outer.fMessage = message
    outer.rMessage = [message, AllTypes(), message]
    outer.cMessage = message
    return outer
  }

  private static let singular: [Fill] = [
    { $0.fDouble = 1.5 }, { $0.fDouble = -0.0 }, { $0.fDouble = .infinity }, { $0.fDouble = 1e300 },
    { $0.fDouble = .leastNonzeroMagnitude }, { $0.fDouble = 0.1 }, { $0.fDouble = 1e20 },
    { $0.fFloat = -2.25 }, { $0.fFloat = -0.0 }, { $0.fFloat = -.infinity }, { $0.fFloat = 0.1 },
    { $0.fInt32 = .min }, { $0.fInt32 = .max }, { $0.fInt32 = -1 },
    { $0.fInt64 = .min }, { $0.fInt64 = .max }, { $0.fInt64 = -1 },
    { $0.fUint32 = .max }, { $0.fUint64 = .max }, { $0.fUint64 = 1 << 53 + 1 },
    { $0.fSint32 = .min }, { $0.fSint32 = .max }, { $0.fSint64 = .min }, { $0.fSint64 = .max },
    { $0.fFixed32 = .max }, { $0.fFixed64 = .max }, { $0.fSfixed32 = .min },
    { $0.fSfixed64 = .min }, { $0.fBool = true },
    { $0.fString = "häß \u{0} \u{1F426} \"quoted\" \\ \n\u{1}" }, { $0.fString = "\u{2028}" },
    { $0.fBytes = Data([0, 255, 1]) }, { $0.fBytes = Data([0]) }, { $0.fBytes = Data([1, 2]) },
    { $0.fKind = .looped }, { $0.fKind = .open }, { $0.fKind = .negative },
    { $0.fKind = .UNRECOGNIZED(99) }, { $0.fMessage = AllTypes() },
    { $0.fMessage.fMessage.fInt32 = 5 }, { $0.renamed = "so" }, { $0.far = true },
  ]

  private static let optional: [Fill] = [
    { $0.oDouble = 0 }, { $0.oFloat = 0 }, { $0.oInt32 = 0 }, { $0.oInt64 = 0 }, { $0.oUint32 = 0 },
    { $0.oUint64 = 0 }, { $0.oSint32 = 0 }, { $0.oSint64 = 0 }, { $0.oFixed32 = 0 },
    { $0.oFixed64 = 0 }, { $0.oSfixed32 = 0 }, { $0.oSfixed64 = 0 }, { $0.oBool = false },
    { $0.oString = "" }, { $0.oBytes = Data() }, { $0.oKind = .unspecified },
    { $0.oMessage = AllTypes() },
  ]

  private static let repeated: [Fill] = [
    { $0.rDouble = [0, -0.0, 1.5, .infinity] }, { $0.rFloat = [0, -1.5] },
    { $0.rInt32 = [0, 1, -1, .min, .max] }, { $0.rInt64 = [0, -1, .min, .max] },
    { $0.rUint32 = [0, 127, 128, .max] }, { $0.rUint64 = [0, .max] },
    { $0.rSint32 = [0, -1, .min, .max] }, { $0.rSint64 = [0, -1, .min, .max] },
    { $0.rFixed32 = [0, .max] }, { $0.rFixed64 = [0, .max] }, { $0.rSfixed32 = [0, .min] },
    { $0.rSfixed64 = [0, .min] }, { $0.rBool = [true, false, true] },
    { $0.rString = ["", "a", "\u{0}b"] }, { $0.rBytes = [Data(), Data([0])] },
    { $0.rKind = [.unspecified, .open, .negative, .UNRECOGNIZED(7)] },
    { $0.rMessage = [AllTypes(), .with { $0.fInt32 = 1 }] }, { $0.rUnpacked = [0, 1, -1] },
  ]

  private static let choices: [Fill] = [
    { $0.cInt32 = 0 }, { $0.cInt32 = -5 }, { $0.cString = "" }, { $0.cString = "x" },
    { $0.cBytes = Data() }, { $0.cBytes = Data([0, 1]) }, { $0.cKind = .unspecified },
    { $0.cMessage = AllTypes() }, { $0.cMessage.fString = "deep" }, { $0.cDouble = 0 },
    { $0.cBool = false },
  ]

  private static let maps: [Fill] = [
    { $0.mStringInt32 = ["": 0] }, { $0.mStringInt32 = ["a": -1] },
    { $0.mInt64String = [0: ""] }, { $0.mInt64String = [-1: "x"] },
    { $0.mBoolBytes = [false: Data()] }, { $0.mBoolBytes = [true: Data([1])] },
    { $0.mUint32Kind = [7: .looped] }, { $0.mStringMessage = ["k": .with { $0.fBool = true }] },
    { $0.mStringMessage = ["k": AllTypes()] }, { $0.mSfixed64Double = [-1: 0.5] },
  ]

  private static let wellKnownFills: [Fill] = [
    { $0.wTimestamp = .init(seconds: 0, nanos: 0) },
    { $0.wTimestamp = .init(seconds: 1_700_000_000, nanos: 120_000_000) },
    { $0.wTimestamp = .init(seconds: -1, nanos: 1) },
    { $0.wTimestamp = .init(seconds: 253_402_300_799, nanos: 999_999_999) },
    { $0.wTimestamp = .init(seconds: -62_135_596_800, nanos: 0) },
    { $0.wTimestamp = .init(seconds: 951_782_400, nanos: 1000) },
    { $0.wDuration = .init(seconds: 0, nanos: 0) },
    { $0.wDuration = .init(seconds: -3, nanos: -5) },
    { $0.wDuration = .init(seconds: 1, nanos: 500_000_000) },
    { $0.wDuration = .init(seconds: 0, nanos: -500_000) },
    { $0.wStruct = ["a": 1.5] }, { $0.wStruct = [:] }, { $0.wValue = nil },
    { $0.wValue = value(#"["x", 1, true, null, {"y": []}]"#) },
    { $0.wList.values = [1, "two", value("[3]")] },
    { $0.wEmpty = .init() },
    { $0.wDouble = .init(0) }, { $0.wFloat = .init(1.5) }, { $0.wInt64 = .init(-5) },
    { $0.wUint64 = .init(.max) }, { $0.wInt32 = .init(0) }, { $0.wUint32 = .init(7) },
    { $0.wBool = .init(true) }, { $0.wString = .init("s") }, { $0.wBytes = .init(Data([1])) },
    { $0.wTimestamps = [.init(seconds: 1, nanos: 0), .init()] },
    { $0.wAny = any("type.googleapis.com/martlet.test.v1.FewTypes", [0x18, 5]) },
    { $0.wAny = any("type.googleapis.com/google.protobuf.Duration", [0x08, 5]) },
    { $0.wAny = any("type.googleapis.com/martlet.test.v1.FewTypes", []) },
  ]

  private static func value(_ json: String) -> Google_Protobuf_Value {
    (try? Google_Protobuf_Value(jsonString: json)) ?? nil
  }

  private static func any(_ url: String, _ value: [UInt8]) -> Google_Protobuf_Any {
    var any = Google_Protobuf_Any()
    any.typeURL = url
    any.value = Data(value)
    return any
  }
}
