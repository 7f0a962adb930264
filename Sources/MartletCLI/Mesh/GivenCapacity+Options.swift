// What `--cpus` and `--gpus` may be.

internal import ArgumentParser
internal import MartletController

extension GivenCapacity {
  /// The values of the options; throws what is wrong with them as a mistake in the command.
  init(ofOptions cpus: Double?, _ gpus: Double?) throws(ValidationError) {
    do throws(InvalidCapacity) {
      try self.init(cpus: cpus, gpus: gpus)
    } catch {
      throw ValidationError("\(error)")
    }
  }
}
