// swift-tools-version: 6.2
// The rooms of Martlet, lowest rung first. A room may import rooms of lower rungs only; machines
// never import drivers and roles never import each other.
import PackageDescription

/// What every room is compiled with.
let house: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// Rooms that touch C mark each unsafe use.
let houseWithC: [SwiftSetting] = house + [.strictMemorySafety()]

func room(
  _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = house
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(
  of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies,
    exclude: exclude, swiftSettings: house)
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let swiftProtobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let protobufPlugin = Target.Dependency.product(
  name: "SwiftProtobufPluginLibrary", package: "swift-protobuf")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")

let package = Package(
  name: "martlet",
  products: [
    .library(name: "Martlet", targets: ["Martlet"]),
    .library(name: "MartletTestKit", targets: ["MartletTestKit"]),
    .executable(name: "martlet", targets: ["MartletCLI"]),
    .executable(name: "protoc-gen-martlet", targets: ["protoc-gen-martlet"]),
    .executable(name: "content-understanding", targets: ["ContentUnderstanding"]),
    .executable(name: "echo-app", targets: ["Echo"]),
    .executable(name: "text-pipeline", targets: ["TextPipeline"]),
    .executable(name: "interop", targets: ["Interop"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
  ],
  targets: [
    // 0 C floor
    .systemLibrary(
      name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
    .systemLibrary(
      name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLinux"),

    // 1 values
    room("MartletCore", [yams]),

    // 2 machines
    room("MartletWire", ["MartletCore", "CNGHTTP2", "CZlib"], settings: houseWithC),
    room("MartletSchema", ["MartletCore", "CProtobufC"], settings: houseWithC),
    room("MartletDispatch", ["MartletCore", "MartletSchema"]),
    room("MartletScaling", ["MartletCore"]),
    room("MartletConversion", ["MartletCore"]),

    // 3 drivers
    room(
      "MartletNet",
      [
        "MartletCore", "MartletWire", "CLinux", nioCore, nioPosix, nioHTTP1, nioTLS, nioSSL,
        logging,
      ]),
    room("MartletRPC", ["MartletCore", "MartletSchema", "MartletNet", swiftProtobuf]),
    room("MartletSimulator", ["MartletCore", "MartletDispatch", "MartletScaling"]),

    // 4 roles
    room(
      "MartletReplica",
      ["MartletCore", "MartletNet", "MartletRPC", "CLinux", swiftProtobuf, logging]),
    room(
      "MartletRouter",
      [
        "MartletCore", "MartletWire", "MartletSchema", "MartletDispatch", "MartletNet",
        "MartletRPC", "CLinux", swiftProtobuf, logging,
      ]),
    room(
      "MartletController",
      [
        "MartletCore", "MartletSchema", "MartletDispatch", "MartletScaling", "MartletNet",
        "MartletRPC", "CLinux", grdb, swiftProtobuf, logging,
      ]),
    room("MartletSupervisor", ["MartletCore", "MartletNet", "CLinux", logging]),

    // 5 doors
    room(
      "Martlet",
      [
        "MartletCore", "MartletNet", "MartletRPC", "MartletReplica", "MartletRouter",
        "MartletController", "MartletSupervisor", "MartletSchema", "MartletDispatch", "CLinux",
        swiftProtobuf, argumentParser, logging,
      ]),
    room(
      "MartletTestKit",
      ["Martlet", "MartletCore", "MartletNet", "MartletRPC", "MartletReplica", swiftProtobuf]),
    .executableTarget(
      name: "MartletCLI",
      dependencies: [
        "MartletCore", "MartletConversion", "MartletSchema", "MartletDispatch", "MartletNet",
        "MartletRPC", "MartletRouter", "MartletController", "MartletSupervisor",
        "MartletSimulator", "CLinux", argumentParser, swiftProtobuf, logging,
      ],
      swiftSettings: house),
    .executableTarget(
      name: "protoc-gen-martlet", dependencies: [protobufPlugin, swiftProtobuf],
      swiftSettings: house),

    // Examples import Martlet and nothing below it, as a user's package would.
    .systemLibrary(
      name: "CPNG", path: "Sources/Examples/CPNG", pkgConfig: "libpng",
      providers: [.apt(["libpng-dev"])]),
    .executableTarget(
      name: "ContentUnderstanding",
      dependencies: ["Martlet", "CPNG", swiftProtobuf, httpClient, nioCore, nioHTTP1],
      path: "Sources/Examples/ContentUnderstanding", swiftSettings: houseWithC),

    .executableTarget(
      name: "Echo", dependencies: ["Martlet", swiftProtobuf], path: "Sources/Examples/Echo",
      swiftSettings: house),

    .executableTarget(
      name: "TextPipeline", dependencies: ["Martlet", swiftProtobuf],
      path: "Sources/Examples/TextPipeline", swiftSettings: house),

    .executableTarget(
      name: "Interop", dependencies: ["Martlet", swiftProtobuf], path: "Sources/Examples/Interop",
      swiftSettings: house),

    tests(of: "MartletCore"),
    tests(of: "MartletWire", ["MartletCore"]),
    tests(of: "MartletSchema", ["MartletCore", swiftProtobuf], exclude: ["Protos"]),
    tests(
      of: "MartletDispatch", ["MartletCore", "MartletSchema", swiftProtobuf],
      exclude: ["Graph/Protos"]),
    tests(of: "MartletScaling", ["MartletCore"]),
    tests(of: "MartletConversion", ["MartletCore"]),
    tests(of: "MartletNet", ["MartletCore", "MartletWire", nioCore, nioHTTP1]),
    .testTarget(
      name: "MartletRPCTests",
      dependencies: ["MartletRPC", "MartletCore", "MartletNet", swiftProtobuf],
      exclude: ["Protos"], swiftSettings: house),
    tests(of: "Martlet", ["MartletCore", "MartletRPC", "graph-fixture", swiftProtobuf]),
    tests(of: "MartletReplica", ["MartletCore", "MartletNet", "MartletRPC", swiftProtobuf]),
    tests(
      of: "protoc-gen-martlet",
      [swiftProtobuf, .product(name: "protoc-gen-swift", package: "swift-protobuf")]),
    tests(
      of: "MartletRouter",
      [
        "MartletCore", "MartletWire", "MartletSchema", "MartletDispatch", "MartletNet",
        "MartletRPC", swiftProtobuf, logging,
      ]),
    tests(of: "MartletSupervisor", ["MartletCore"]),
    tests(of: "MartletCLI", ["MartletCore", "MartletRPC", swiftProtobuf]),
    tests(
      of: "MartletTestKit",
      ["Martlet", "Echo", "ContentUnderstanding", "graph-fixture", swiftProtobuf]),
    // The controller and its replicas as processes of their own, for tests that kill them.
    .executableTarget(
      name: "controller-fixture",
      dependencies: [
        "MartletCore", "MartletNet", "MartletRPC", "MartletScaling", "MartletController",
      ],
      path: "Tests/ControllerFixture", swiftSettings: house),
    tests(
      of: "MartletController",
      [
        "MartletCore", "MartletScaling", "MartletNet", "MartletRPC", "controller-fixture", "CLinux",
        swiftProtobuf,
      ]),
    tests(of: "ContentUnderstanding", exclude: ["Samples"]),
    tests(of: "TextPipeline"),
    tests(of: "MartletSimulator", ["MartletCore", "MartletDispatch", "MartletScaling"]),
    // An app whose answers are long, for the integration tests.
    .executableTarget(
      name: "stream-fixture", dependencies: ["Martlet", swiftProtobuf],
      path: "Tests/StreamFixture", swiftSettings: house),
    // An app with a graph for every kind of node.
    .executableTarget(
      name: "graph-fixture", dependencies: ["Martlet", swiftProtobuf],
      path: "Tests/GraphFixture", swiftSettings: house),
    // What the fuzz targets do: tools/fuzz links it with libFuzzer, a test replays kept inputs.
    .target(
      name: "MartletFuzz", dependencies: ["MartletCore", "MartletWire", "MartletSchema", "MartletConversion"],
      path: "Tests/Fuzz/Bodies", swiftSettings: house),
    .testTarget(
      name: "MartletFuzzTests", dependencies: ["MartletFuzz"], path: "Tests/Fuzz/Replay",
      swiftSettings: house),
  ]
)
