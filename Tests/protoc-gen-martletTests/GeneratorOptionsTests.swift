// The options of protoc-gen-martlet.
import Testing

@testable import protoc_gen_martlet

@Suite struct GeneratorOptionsTests {
  @Test func defaultsServeUserCode() throws {
    let options = try GeneratorOptions([])
    #expect(options.visibility == .internal)
    #expect(options.imports == ["Martlet"])
    #expect(options.serviceProtocol == "DeploymentService")
  }

  @Test func readsEveryOption() throws {
    let options = try GeneratorOptions([
      (key: "Visibility", value: "Public"), (key: "FileNaming", value: "DropPath"),
      (key: "Import", value: "A"), (key: "Import", value: "B"),
      (key: "ServiceProtocol", value: "RPCService"),
    ])
    #expect(options.visibility == .public)
    #expect(options.imports == ["A", "B"])
    #expect(options.serviceProtocol == "RPCService")
    #expect(options.outputName(for: "a/b/c.proto") == "c.martlet.swift")
  }

  @Test func emptyImportMeansNone() throws {
    #expect(try GeneratorOptions([(key: "Import", value: "")]).imports.isEmpty)
  }

  @Test(arguments: [
    ("FullPath", "a/b/c.martlet.swift"), ("PathToUnderscores", "a_b_c.martlet.swift"),
  ])
  func namesFiles(naming: String, name: String) throws {
    let options = try GeneratorOptions([(key: "FileNaming", value: naming)])
    #expect(options.outputName(for: "a/b/c.proto") == name)
  }

  @Test func wrongValueSaysWhatIsAllowed() {
    let error = #expect(throws: OptionError.self) {
      try GeneratorOptions([(key: "Visibility", value: "open")])
    }
    #expect(
      error?.description == "Visibility is \"open\"; it may be Internal, Public, Package")
  }

  @Test func unknownOptionSaysWhichThereAre() {
    let error = #expect(throws: OptionError.self) {
      try GeneratorOptions([(key: "Visible", value: "")])
    }
    #expect(error?.description.contains("Visibility, FileNaming, Import") == true)
  }
}
