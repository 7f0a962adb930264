// Which file the index for reflection finds, and what comes with it.
import MartletSchema
import SwiftProtobuf
import Testing

@Suite struct DescriptorIndexTests {
  @Test(arguments: [
    "martlet.test.v1.AllTypes", "martlet.test.v1.AllTypes.f_int32",
    "martlet.test.v1.AllTypes.choice", "martlet.test.v1.AllTypes.MStringInt32Entry",
    "martlet.test.v1.AllTypes.MStringInt32Entry.key", "martlet.test.v1.Kind",
    "martlet.test.v1.KIND_OPEN", "martlet.test.v1.Everything", "martlet.test.v1.Everything.Chat",
  ])
  func aSymbolIsFoundInItsFile(symbol: String) throws {
    #expect(try find(Fixture.index(), symbol) == "all_types.proto")
  }

  @Test(arguments: [
    "", ".", "martlet", "martlet.test.v1", "martlet.test.v1.", "martlet.test.v1.Nothing",
    ".martlet.test.v1.AllTypes", "martlet.test.v1.AllTypes.", "martlet.test.v1.AllTypes.Nothing",
    "martlet.test.v1.AllTypes.choice.c_int32", "martlet.test.v1.Kind.KIND_OPEN",
    "martlet.test.v1.Everything.Nothing", "martlet.test.v1.Everything.Chat.x",
  ])
  func whatIsNotDeclaredIsNotFound(symbol: String) throws {
    #expect(try find(Fixture.index(), symbol) == nil)
  }

  @Test func whatIsNestedIsFound() throws {
    let index = try DescriptorIndex([try nested.serializedBytes()])
    for symbol in ["Outer.Middle.Inner.deep", "Outer.Middle.Level", "Outer.Middle.HIGH", "Top.x"] {
      #expect(find(index, symbol) == "nested.proto", "\(symbol)")
    }
    #expect(find(index, "Outer.Inner") == nil)
    #expect(find(index, "Outer.Middle.Level.HIGH") == nil)
  }

  // MARK: Files

  @Test func importsComeAfterTheirFile() throws {
    let index = try Fixture.index()
    let file = try #require(index.file(named: "all_types.proto"))
    let names = try #require(index.contents(of: file, maxBytes: 1 << 20)).map(name)
    #expect(names.first == "all_types.proto")
    #expect(names.count == 8)
    #expect(Set(names).contains("google/protobuf/any.proto"))
    #expect(!names.contains("legacy.proto"))
  }

  @Test func importsThatDoNotFitAreLeftOut() throws {
    let index = try Fixture.index()
    let file = try #require(index.file(named: "all_types.proto"))
    let alone = try #require(index.contents(of: file, maxBytes: 1 << 20)?.first)
    let few = index.contents(of: file, maxBytes: alone.count)
    #expect(few == [alone])
    #expect(index.contents(of: file, maxBytes: alone.count - 1) == nil)
  }

  @Test func filesOfSeveralSetsAreKeptOnce() throws {
    let index = try DescriptorIndex([Fixture.descriptorSet, Fixture.descriptorSet])
    let file = try #require(index.file(declaring: "google.protobuf.Any"))
    #expect(index.contents(of: file, maxBytes: 1 << 20)?.count == 1)
    #expect(index.file(named: "nothing.proto") == nil)
  }

  @Test func importsInACircleEnd() throws {
    var set = Google_Protobuf_FileDescriptorSet()
    set.file = [
      .with {
        $0.name = "a"; $0.dependency = ["b", "missing"]
      },
      .with {
        $0.name = "b"; $0.dependency = ["a"]
      },
    ]
    let index = try DescriptorIndex([try set.serializedBytes()])
    let file = try #require(index.file(named: "a"))
    #expect(index.contents(of: file, maxBytes: 1 << 20)?.map(name) == ["a", "b"])
  }

  // MARK: Extensions

  @Test func extensionsAreFoundByTypeAndNumber() throws {
    let index = try DescriptorIndex([try nested.serializedBytes()])
    #expect(index.extensionNumbers(of: "Outer") == [100, 101])
    #expect(index.extensionNumbers(of: "Outer.Middle") == [])
    #expect(index.extensionNumbers(of: "Outer.Middle.Level") == nil)
    #expect(index.extensionNumbers(of: "Nothing") == nil)
    let file = try #require(index.file(extending: "Outer", number: 101))
    #expect(index.contents(of: file, maxBytes: 1 << 20)?.map(name) == ["nested.proto"])
    #expect(index.file(extending: "Outer", number: 102) == nil)
    #expect(find(index, "outside") == "nested.proto")
    #expect(find(index, "Outer.inside") == "nested.proto")
  }

  // MARK: Hostile sets

  @Test func everyCutIsAnErrorOrAnIndex() throws {
    let bytes: [UInt8] = try nested.serializedBytes()
    for count in bytes.indices {
      let index = try? DescriptorIndex([Array(bytes[..<count])])
      _ = index.flatMap { find($0, "Outer.Middle.Inner.deep") }
    }
  }

  @Test func endlessNestingIsRefused() throws {
    var bytes: [UInt8] = []
    for _ in 0..<10_000 {
      var outer: [UInt8] = []
      outer.appendField(3, bytes)
      bytes = outer
    }
    var file: [UInt8] = []
    file.appendField(4, bytes)
    var set: [UInt8] = []
    set.appendField(1, file)
    let error = #expect(throws: WireError.self) { try DescriptorIndex([set]) }
    #expect(error?.reason == .tooDeep)
  }

  @Test func namesAreBounded() throws {
    var file = Google_Protobuf_FileDescriptorProto()
    file.name = "many.proto"
    file.enumType = [
      .with { declared in
        declared.name = "Many"
        declared.value = (0..<SchemaLimits.maxIndexedNames).map { number in
          .with { $0.name = "V\(number)" }
        }
      }
    ]
    var set = Google_Protobuf_FileDescriptorSet()
    set.file = [file]
    let index = try DescriptorIndex([try set.serializedBytes()])
    // The file and the enum take two places.
    #expect(find(index, "V\(SchemaLimits.maxIndexedNames - 3)") == "many.proto")
    #expect(find(index, "V\(SchemaLimits.maxIndexedNames - 2)") == nil)
  }

  private func find(_ index: DescriptorIndex, _ symbol: String) -> String? {
    index.file(declaring: symbol)
      .flatMap { index.contents(of: $0, maxBytes: 64 << 20)?.first }
      .map(name)
  }

  private func name(_ file: [UInt8]) -> String {
    (try? Google_Protobuf_FileDescriptorProto(serializedBytes: file))?.name ?? "no file"
  }

  /// A set with one file without a package: types in types, and extensions in both places.
  private var nested: Google_Protobuf_FileDescriptorSet {
    let middle = Google_Protobuf_DescriptorProto.with {
      $0.name = "Middle"
      $0.nestedType = [
        .with {
          $0.name = "Inner"
          $0.field = [.with { $0.name = "deep" }]
        }
      ]
      $0.enumType = [
        .with {
          $0.name = "Level"
          $0.value = [.with { $0.name = "HIGH" }]
        }
      ]
    }
    let outer = Google_Protobuf_DescriptorProto.with {
      $0.name = "Outer"
      $0.nestedType = [middle]
      $0.extension = [field("inside", 101)]
    }
    let file = Google_Protobuf_FileDescriptorProto.with {
      $0.name = "nested.proto"
      $0.messageType = [
        outer,
        .with {
          $0.name = "Top"
          $0.field = [.with { $0.name = "x" }]
        },
      ]
      $0.extension = [field("outside", 100)]
    }
    return .with { $0.file = [file] }
  }

  private func field(_ name: String, _ number: Int32) -> Google_Protobuf_FieldDescriptorProto {
    .with {
      $0.name = name
      $0.number = number
      $0.extendee = ".Outer"
    }
  }
}

extension Fixture {
  static func index() throws -> DescriptorIndex { try DescriptorIndex([descriptorSet]) }
}
