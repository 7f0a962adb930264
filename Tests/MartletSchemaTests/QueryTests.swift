// Messages from the query of a URL.
import Foundation
import MartletSchema
import SwiftProtobuf
import Testing

@Suite struct QueryTests {
  private func parse(_ query: String) throws -> AllTypes {
    try AllTypes(serializedBytes: Fixture.allTypes().encode(query: query))
  }

  private func error(_ query: String) throws -> String? {
    do {
      _ = try Fixture.allTypes().encode(query: query)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func everyKindOfValue() throws {
    let query =
      "fDouble=1.5&fFloat=-2&fInt32=-3&fInt64=9007199254740993&fUint32=4&fUint64=18446744073709551615"
      + "&fSint32=-5&fFixed64=6&f_bool=true&fString=%C3%A4+b%26c&fBytes=-_8&fKind=KIND_OPEN"
    #expect(
      try parse(query)
        == .with {
          $0.fDouble = 1.5
          $0.fFloat = -2
          $0.fInt32 = -3
          $0.fInt64 = 9_007_199_254_740_993
          $0.fUint32 = 4
          $0.fUint64 = .max
          $0.fSint32 = -5
          $0.fFixed64 = 6
          $0.fBool = true
          $0.fString = "ä b&c"
          $0.fBytes = Data([0xfb, 0xff])
          $0.fKind = .open
        })
    #expect(try parse("fKind=-1").fKind == .negative)
    #expect(try parse("") == AllTypes())
    #expect(try parse("&&fInt32=1&") == .with { $0.fInt32 = 1 })
    #expect(try parse("fString") == AllTypes())
  }

  @Test func messagesAndLists() throws {
    #expect(
      try parse(
        "fMessage.fMessage.f_int32=1&fMessage.fString=x&rInt32=1&r_int32=2&rString=&rKind=1")
        == .with {
          $0.fMessage.fMessage.fInt32 = 1
          $0.fMessage.fString = "x"
          $0.rInt32 = [1, 2]
          $0.rString = [""]
          $0.rKind = [.looped]
        })
    #expect(try parse("fMessage.rInt32=7").fMessage.rInt32 == [7])
  }

  @Test func typesThatJSONWritesAsOneValue() throws {
    #expect(
      try parse(
        "wTimestamp=2023-11-14T22:13:20Z&wDuration=1.5s&wInt64=7&wBool=true&wMask=fInt32,fBool"
      )
        == .with {
          $0.wTimestamp.seconds = 1_700_000_000
          $0.wDuration = .with {
            $0.seconds = 1
            $0.nanos = 500_000_000
          }
          $0.wInt64 = Google_Protobuf_Int64Value(7)
          $0.wBool = Google_Protobuf_BoolValue(true)
          $0.wMask.paths = ["f_int32", "f_bool"]
        })
  }

  @Test(arguments: [
    ("fInt33=1", "has no field \"fInt33\"; did you mean fInt32?"),
    ("fMessage.fInt33=1", "did you mean fInt32?"), ("fInt32=1&f_int32=2", "is given twice"),
    ("fInt32=x", "fInt32"), ("fInt32=", "fInt32"), ("fInt32=2147483648", "is not an integer"),
    ("fBool=1", "expected true or false"), ("fKind=KIND_OPE", "did you mean KIND_OPEN?"),
    ("fBytes=*", "not base64"), ("fMessage=1", "has no value in a query"),
    ("rMessage.fInt32=1", "has no fields to name"), ("fInt32.x=1", "has no fields to name"),
    ("mStringInt32=1", "has no value in a query"), ("wTimestamp.seconds=1", "wTimestamp"),
    ("cInt32=1&cString=x", "both are in the oneof choice"), ("fString=%", "hexadecimal"),
    ("fString=%4", "hexadecimal"), ("fString=%zz", "hexadecimal"), ("fString=%FF", "not UTF-8"),
    ("=1", "has no field \"\""), (".fInt32=1", "has no field \"\""),
    ("fMessage..fInt32=1", "has no field \"\""), ("%66Int32=1&fInt32=2", "is given twice"),
  ])
  func whatCannotBe(query: String, told: String) throws {
    let found = try error(query)
    #expect(found?.contains(told) == true, "\(found ?? "taken")")
  }

  /// A name may lead as deep as messages may be, and a longer one costs no stack.
  @Test func depth() throws {
    let step = "fMessage."
    #expect(try error(String(repeating: step, count: 99) + "fInt32=1") == nil)
    for count in [100, 10_000] {
      #expect(try error(String(repeating: step, count: count) + "fInt32=1") != nil)
    }
  }
}
