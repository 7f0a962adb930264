// PNG to grey, by libpng.

private import CPNG

/// Decodes PNG (ISO/IEC 15948) of any colour type, depth and interlacing. Colours become luminance and
/// transparency shows white.
enum PNGDecoder {
  /// Throws `PageError` when the bytes are not a whole PNG, and when the image that they announce is
  /// beyond the limits: that is known from the header, before anything is allocated for the pixels.
  static func decode(_ bytes: [UInt8], limits: PageLimits) throws(PageError) -> GreyImage {
    // libpng reads the signature and the header only here; the simplified interface catches its own
    // long jumps and skips chunks that are not pixels, such as compressed text.
    var header = unsafe png_image()
    unsafe header.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { unsafe png_image_free(&header) }
    let result = unsafe bytes.withUnsafeBytes { buffer in
      unsafe decode(buffer, into: &header, limits: limits)
    }
    return try result.get()
  }

  private static func decode(
    _ buffer: UnsafeRawBufferPointer, into header: inout png_image, limits: PageLimits
  ) -> Result<GreyImage, PageError> {
    // png_image_begin_read_from_memory: non-zero on success.
    guard let base = buffer.baseAddress,
      unsafe png_image_begin_read_from_memory(&header, base, buffer.count) != 0
    else {
      return .failure(PageError("the document is not a PNG image\(unsafe reason(header))"))
    }
    let width = unsafe Int(header.width)
    let height = unsafe Int(header.height)
    guard width > 0, height > 0, width <= limits.side, height <= limits.side,
      width * height <= limits.pixels
    else {
      return .failure(
        PageError(
          "the image is \(width) x \(height) pixels; at most \(limits.side) a side and "
            + "\(limits.pixels) in all are read"))
    }
    unsafe header.format = 0  // PNG_FORMAT_GRAY: one byte a pixel
    var white = png_color(red: 255, green: 255, blue: 255)
    var image = GreyImage(width: width, height: height)
    // png_image_finish_read: non-zero on success. A row stride of 0 means rows without gaps.
    let read = unsafe image.samples.withUnsafeMutableBytes { samples in
      unsafe png_image_finish_read(&header, &white, samples.baseAddress, 0, nil)
    }
    guard read != 0 else {
      return .failure(PageError("the PNG image is damaged\(unsafe reason(header))"))
    }
    return .success(image)
  }

  /// libpng's own words, when it has any.
  private static func reason(_ header: png_image) -> String {
    let words = unsafe withUnsafeBytes(of: header.message) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return words.isEmpty ? "" : ": \(words)"
  }
}
