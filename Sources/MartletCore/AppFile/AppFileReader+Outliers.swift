// `outlier_detection:` of a deployment.

extension AppFileReader {
  static let outlierKeys = [
    "consecutive_errors", "codes", "base_ejection_s", "max_ejection_percent",
  ]

  mutating func readOutlierDetection(
    in fields: Fields, into spec: inout OutlierDetectionSpec
  ) {
    let path = fields.path(of: "outlier_detection")
    guard let node = fields["outlier_detection"],
      let fields = self.fields(node, at: path, allowed: Self.outlierKeys)
    else { return }
    if let value = integer("consecutive_errors", in: fields) { spec.consecutiveErrors = value }
    if fields["codes"] != nil {
      let codes = each("codes", in: fields, of: "statuses") { reader, element, path in
        reader.statusCode(element, at: path)
      }
      spec.codes = Set(codes ?? [])
    }
    if let value = seconds("base_ejection_s", in: fields) { spec.baseEjection = value }
    if let value = integer("max_ejection_percent", in: fields) { spec.maxEjectionPercent = value }
  }
}
