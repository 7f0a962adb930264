// What must not be left to chance in graphs.

internal import MartletCore

/// FNV-1a, mixed so that any part of it is as good as the whole. It is the same in every process and
/// every release, because it decides on which side of a splitter somebody stays. What two salts make of the
/// same bytes has nothing to do with each other.
func stableHash(_ bytes: [UInt8], salt: UInt64) -> UInt64 {
  var hash = 0xcbf2_9ce4_8422_2325 ^ salt
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  return SeededGenerator.mixed(hash)
}
