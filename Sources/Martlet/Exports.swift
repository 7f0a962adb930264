// What `import Martlet` brings along.
@_exported public import MartletCore
@_exported public import MartletRPC
