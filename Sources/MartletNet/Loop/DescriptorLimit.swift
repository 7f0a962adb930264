// How many descriptors the process may open.
private import Glibc

/// The process's limit of open descriptors (getrlimit(2), RLIMIT_NOFILE).
package enum DescriptorLimit {
  /// Lets the process open as many as its system allows it to. Shells and systemd start programs with
  /// 1,024, for the sake of those that use select(2); a router has one for each connection. Returns the
  /// limit.
  @discardableResult
  package static func raise() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    guard limit.rlim_cur < limit.rlim_max else { return Int(clamping: limit.rlim_cur) }
    let before = limit.rlim_cur
    limit.rlim_cur = limit.rlim_max
    // Fails only for values above the hard limit.
    let raised = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    return Int(clamping: raised ? limit.rlim_max : before)
  }
}
