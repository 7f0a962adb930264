// What a `service` becomes: a namespace with its methods, the server's protocol and the client.
internal import SwiftProtobufPluginLibrary

/// Writes one service.
struct ServiceGenerator {
  let service: ServiceDescriptor
  let file: FileGenerator

  private var access: String { file.access }
  private var name: String {
    file.namer.typePrefix(forFile: file.file) + NamingUtils.toUpperCamelCase(service.name)
  }
  private var methods: [MethodGenerator] {
    service.methods.map { MethodGenerator(method: $0, namespace: name, file: file) }
  }

  func print(_ printer: inout CodePrinter) {
    printer.printComment(of: service)
    printer.print("\(access)enum \(name): ServiceNamespace {")
    printer.withIndentation { printer in
      printer.print("\(access)static let name = \"\(service.fullName)\"")
      printer.print(
        "\(access)static var descriptorSet: DescriptorSet { \(file.descriptorSetName) }", "")
      for method in methods { method.printDescriptor(&printer) }
      printProtocol(&printer)
      printClient(&printer)
    }
    printer.print("}", "")
    printBinding(&printer)
  }

  private func printProtocol(_ printer: inout CodePrinter) {
    printer.print("", "/// What a server of \(service.fullName) does.")
    printer.print("\(access)protocol Service: \(file.options.serviceProtocol) {")
    printer.withIndentation { printer in
      for (index, method) in methods.enumerated() {
        if index > 0 { printer.print() }
        method.printRequirement(&printer)
      }
    }
    printer.print("}")
  }

  private func printClient(_ printer: inout CodePrinter) {
    printer.print("", "/// Calls \(service.fullName).")
    printer.print("\(access)struct Client: ServiceClient {")
    printer.withIndentation { printer in
      printer.print("\(access)let target: CallTarget", "")
      printer.print("\(access)init(_ target: CallTarget) {", "  self.target = target", "}")
      for method in methods {
        printer.print()
        method.printCall(&printer)
      }
    }
    printer.print("}")
  }

  /// Separate from the protocol, so that a type which serves two services can bind both by hand.
  private func printBinding(_ printer: inout CodePrinter) {
    printer.print("extension \(name) {")
    printer.withIndentation { printer in
      printer.print(
        "/// Adds the methods of \(service.fullName) to what a server answers.",
        "\(access)static func bind<Server: Service>(_ binder: inout ServiceBinder<Server>) {")
      printer.withIndentation { printer in
        printer.print("binder.add(\(name).self)")
        for method in methods { method.printBinding(&printer) }
      }
      printer.print("}")
    }
    printer.print("}", "", "extension \(name).Service {")
    printer.printIndented(
      "\(access)static func bind(_ binder: inout ServiceBinder<Self>) {",
      "  \(name).bind(&binder)",
      "}")
    printer.print("}")
  }
}

extension CodePrinter {
  /// The comment that stands above a declaration in the `.proto` file.
  mutating func printComment(of element: some ProvidesSourceCodeLocation) {
    let comments = element.protoSourceComments(commentPrefix: "///")
    for line in comments.split(separator: "\n") { print(String(line)) }
  }
}
