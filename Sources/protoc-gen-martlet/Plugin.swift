// The protoc plugin: one `.martlet.swift` beside each `.pb.swift` of protoc-gen-swift.
internal import SwiftProtobuf
internal import SwiftProtobufPluginLibrary

/// `protoc --martlet_out=DIR [--martlet_opt=OPTION=VALUE,…] FILE.proto`; the options are those of
/// `GeneratorOptions`.
@main
struct Plugin: CodeGenerator {
  var supportedFeatures: [Google_Protobuf_Compiler_CodeGeneratorResponse.Feature] {
    [.proto3Optional, .supportsEditions]
  }

  var supportedEditionRange: ClosedRange<Google_Protobuf_Edition> {
    DescriptorSet.bundledEditionsSupport
  }

  func generate(
    files: [FileDescriptor], parameter: any CodeGeneratorParameter,
    protoCompilerContext: any ProtoCompilerContext, generatorOutputs: any GeneratorOutputs
  ) throws {
    let options = try GeneratorOptions(parameter.parsedPairs)
    for file in files {
      let generator = FileGenerator(file: file, options: options)
      guard let contents = generator.contents() else { continue }
      try generatorOutputs.add(fileName: options.outputName(for: file.name), contents: contents)
    }
  }
}
