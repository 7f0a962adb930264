// The numbers of a seed, which reports name so that a run can be replayed.
import Testing

@testable import MartletCore

@Suite struct SeededGeneratorTests {
  /// What the authors' own program (prng.di.unimi.it, splitmix64.c) gives for the seed 1234567.
  @Test func theNumbersArePublished() {
    var generator = SeededGenerator(seed: 1_234_567)
    let numbers = (0..<5).map { _ in generator.next() }
    #expect(
      numbers == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }
}
