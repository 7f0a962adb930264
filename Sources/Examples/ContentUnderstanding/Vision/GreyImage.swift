// An image with one number a pixel.

/// Rows of 8-bit samples, top to bottom. In a page as it was scanned 0 is black; in a map of ink 0 is
/// paper and 255 full ink.
struct GreyImage: Sendable, Hashable {
  let width: Int
  let height: Int

  /// Row by row, `width` times `height` of them.
  var samples: [UInt8]

  init(width: Int, height: Int, samples: [UInt8]) {
    precondition(width >= 0 && height >= 0 && samples.count == width * height)
    self.width = width
    self.height = height
    self.samples = samples
  }

  init(width: Int, height: Int, filledWith sample: UInt8 = 0) {
    self.init(
      width: width, height: height, samples: Array(repeating: sample, count: width * height))
  }

  subscript(x: Int, y: Int) -> UInt8 {
    get { samples[y * width + x] }
    set { samples[y * width + x] = newValue }
  }

  /// Each sample replaced by the middle one of the nine around it; the edge's are kept.
  func medianFiltered() -> GreyImage {
    guard width > 2, height > 2 else { return self }
    var result = self
    for y in 1..<(height - 1) {
      for x in 1..<(width - 1) {
        result[x, y] = median(around: y * width + x)
      }
    }
    return result
  }

  /// The median of nine by the exchange network of Paeth ("Median finding on a 3x3 grid", Graphics
  /// Gems, 1990), whose order does not depend on the samples.
  private func median(around index: Int) -> UInt8 {
    let (above, below) = (index - width, index + width)
    var p0 = samples[above - 1]
    var p1 = samples[above]
    var p2 = samples[above + 1]
    var p3 = samples[index - 1]
    var p4 = samples[index]
    var p5 = samples[index + 1]
    var p6 = samples[below - 1]
    var p7 = samples[below]
    var p8 = samples[below + 1]
    order(&p1, &p2)
    order(&p4, &p5)
    order(&p7, &p8)
    order(&p0, &p1)
    order(&p3, &p4)
    order(&p6, &p7)
    order(&p1, &p2)
    order(&p4, &p5)
    order(&p7, &p8)
    p3 = max(p0, p3)
    p5 = min(p5, p8)
    order(&p4, &p7)
    p6 = max(p3, p6)
    p4 = max(p1, p4)
    p2 = min(p2, p5)
    p4 = min(p4, p7)
    order(&p4, &p2)
    p4 = max(p6, p4)
    return min(p4, p2)
  }
}

@inline(__always)
private func order(_ a: inout UInt8, _ b: inout UInt8) {
  let (low, high) = (min(a, b), max(a, b))
  a = low
  b = high
}

/// Why a page cannot be understood: the sender's fault, in words for the sender.
struct PageError: Error, Hashable, CustomStringConvertible {
  var description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Bounds on a page, so that no document makes a process large or slow.
struct PageLimits: Sendable, Hashable {
  /// Width or height. libpng's own default is a million.
  var side = 10_000

  /// A4 at 400 dots an inch has 15.5 million; in memory that is 16 MB of grey.
  var pixels = 16 << 20

  /// Stretches of ink in all rows of a page; a page full of handwriting has some ten thousand.
  var runs = 1 << 20

  /// Glyphs of a page; each one is a call to a classifier.
  var glyphs = 1_000

  /// Bytes of a map of ink as it travels, below the 4 MiB of a message.
  var encodedInkBytes = (4 << 20) - 4096
}
