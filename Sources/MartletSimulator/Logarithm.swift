// The one function of the mathematics library that the model needs.
private import Glibc

/// The natural logarithm.
func naturalLogarithm(_ value: Double) -> Double {
  log(value)
}
