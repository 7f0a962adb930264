// Which windows a scale decision looks at, and how far chance alone moves what they show.

internal import MartletCore

/// The windows of a spec, shortest first.
struct ScalingWindows: Sendable, Equatable {
  /// The shortest mean that adds replicas, and the shortest one that takes them away. A count that
  /// went by chance comes back at a cost, so the second one is longer.
  static let shortestUp = Duration.milliseconds(100)
  static let shortestDown = Duration.seconds(2)

  /// A rise that the mean does not confirm within this time was chance.
  static let longestRiseHold = Duration.seconds(30)

  /// What is beyond doubt must be there still: over this time, or over a quarter of a short window.
  static let latest = Duration.seconds(2)

  /// A small excess shows in a long mean only. No mean longer than this is looked at, unless the spec
  /// says so.
  static let longest = Duration.seconds(120)

  /// A queue that has not been empty for this long stands: chance does not explain it.
  static let standingQueue = Duration.milliseconds(100)

  /// A load may exceed the target by this share, so that a load at the target stays where it is.
  static let tolerance = 0.05

  private(set) var up: [Duration]
  private(set) var down: [Duration]

  /// How long the means have to call for the same thing, beyond their own windows.
  let upRest: Duration
  let downRest: Duration

  /// How long a count is kept that the load called for beyond doubt, and one that it rose to.
  let hold: Duration
  let riseHold: Duration

  init(_ spec: AutoscalingSpec) {
    let up = max(spec.lookBackPeriod ?? spec.upscaleDelay, Self.shortestUp)
    let down = max(spec.lookBackPeriod ?? spec.downscaleDelay, Self.shortestDown)
    self.up = Self.doublings(of: up)
    self.down = Self.doublings(of: down)
    upRest = max(.zero, spec.upscaleDelay - up)
    downRest = max(.zero, spec.downscaleDelay - down)
    hold = max(spec.downscaleDelay / 2, downRest, Self.shortestDown)
    riseHold = max(min(spec.downscaleDelay, Self.longestRiseHold), Self.shortestDown)
  }

  private static func doublings(of shortest: Duration) -> [Duration] {
    var windows = [shortest]
    while let last = windows.last, last * 2 <= longest { windows.append(last * 2) }
    return windows
  }

  var longest: Duration { max(up.last ?? .zero, down.last ?? .zero) }
}

/// What one window says about the load, with the doubt that is left.
///
/// Calls that come by chance make a load whose single moments differ by its root, and whose mean over
/// a window differs less the more calls the window holds.
struct LoadEstimate: Sendable, Equatable {
  /// Deviations that last longer than this, in seconds, are load and no noise, whatever made them:
  /// calls of a minute are there for a minute.
  private static let horizon = 2.0

  /// How often chance alone may add a replica: about once in ten times so many seconds.
  private static let seldom = 1800.0

  /// Deviations that a load must exceed to be sized up, and that it must stay below to be sized down.
  static let sizing = 2.0
  static let caution = 1.0

  private let mean: LoadHistory.Mean
  private let window: Double
  /// The load that the calls of this window make. What piled up before is not in it.
  private let arriving: Double
  /// The variance of the window's mean, as a share of the variance of single moments.
  private let share: Double

  init(_ mean: LoadHistory.Mean, over window: Duration, persistence: Double?) {
    self.mean = mean
    self.window = window.inSeconds
    guard let persistence else {
      arriving = mean.load
      share = min(1, 2 * Self.horizon / (3 * self.window))
      return
    }
    arriving = max(0, min(mean.load, mean.arriving(persistence, over: window)))
    share = min(1, 2 * persistence / self.window, 2 * Self.horizon / (3 * persistence))
  }

  /// The least load of which this mean is plausible. Short windows come often, so they have to be
  /// surer.
  var beyondDoubt: Double {
    let often = Self.seldom / window
    // The logarithm to base 2, to a tenth.
    let doublings = Double(often.exponent) + often.significand - 1
    return least(max(2, 2 * 0.693 * doublings).squareRoot())
  }

  /// The load to make room for when this window calls for more.
  var likely: Double { least(Self.sizing) }

  /// The load to keep room for.
  var cautious: Double {
    let poisson = mean.load + Self.caution * (mean.load * share).squareRoot()
    guard let seen else { return poisson }
    return min(poisson, mean.load + Self.caution * seen.squareRoot())
  }

  /// The load whose mean lies below this one by that many deviations of a Poisson load, or as many
  /// of those that the window itself shows.
  private func least(_ deviations: Double) -> Double {
    let step = deviations * share.squareRoot()
    let root = ((step * step + 4 * arriving).squareRoot() - step) / 2
    guard let seen else { return root * root }
    return max(root * root, arriving - deviations * seen.squareRoot())
  }

  /// The variance of the mean as the window itself shows it; nil when the window holds too few
  /// independent moments to tell.
  private var seen: Double? { share <= 0.25 ? mean.variance * share / (1 - share) : nil }
}

extension LoadHistory.Mean {
  /// The load that the calls of this window make, by Little's law: those that replicas answered in it
  /// and those that it added to what is in hand, each for as long as a call takes.
  func arriving(_ persistence: Double, over window: Duration) -> Double {
    running + min(1, persistence / window.inSeconds) * growth
  }
}
