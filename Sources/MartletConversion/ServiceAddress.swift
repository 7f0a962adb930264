// Addresses of services in KServe's graphs, and the deployments' names that they get.

internal import MartletCore

/// A `serviceUrl`. Two that differ in anything lead to two services: KServe serves several models behind one
/// host by path, and the same name in several namespaces.
struct ServiceAddress: Hashable {
  /// The first part of the host's name, which is the service's in most clusters.
  var service: String

  /// Everything else in which two addresses may differ, each with its place: scheme, the other parts of
  /// the host's name, port, parts of the path, query.
  private var parts: [String]

  /// Nil where the host has no name.
  init?(_ url: String) {
    guard let mark = url.firstRange(of: "://") else { return nil }
    let scheme = url[..<mark.lowerBound].lowercased()
    let rest = url[mark.upperBound...]
    var authority = rest.prefix { !"/?#".contains($0) }
    let afterAuthority = authority.endIndex
    // A user's name and password are no part of a name.
    if let user = authority.lastIndex(of: "@") {
      authority = authority[authority.index(after: user)...]
    }
    let host = authority.prefix { $0 != ":" }.lowercased()
    let labels = host.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let service = labels.first, service.contains(where: \.isLetter), !service.contains("[")
    else { return nil }
    self.service = service
    let port = String(authority.dropFirst(host.count + 1))
    let usual = ["http": "80", "https": "443"][scheme]
    let tail = rest[afterAuthority...]
    let path = tail.prefix { $0 != "?" && $0 != "#" }
    let query = tail[path.endIndex...]
    let words = path.split(whereSeparator: { "/:".contains($0) }).map(String.init)
    // The last part of a path is its end, wherever that is.
    parts = Self.filled(Array(labels.dropFirst()), Self.maxParts)
    parts += [port == usual ? "" : port] + Self.filled(words, Self.maxParts)
    parts += [String(query.dropFirst()), scheme]
    if words.count > Self.maxParts {
      parts.append(words.dropFirst(Self.maxParts).joined(separator: "-"))
    }
    if path.hasSuffix("/"), path.count > 1 { parts.append("slash") }
  }

  /// Parts of a host's name and of a path that names are made of.
  private static let maxParts = 8

  private static func filled(_ parts: [String], _ count: Int) -> [String] {
    Array(parts.prefix(count)) + Array(repeating: "", count: max(0, count - parts.count))
  }

  /// A name for each address of a graph: the service's where that is enough, else with the parts in which
  /// the addresses of that service differ.
  ///
  /// - Parameter taken: names that services have who are called by them.
  static func names(
    of addresses: [ServiceAddress], taken: Set<String>
  ) -> [ServiceAddress: String] {
    var groups: [String: [ServiceAddress]] = [:]
    var order: [String] = []
    var seen: Set<ServiceAddress> = []
    for address in addresses where seen.insert(address).inserted {
      if groups[address.service] == nil { order.append(address.service) }
      groups[address.service, default: []].append(address)
    }
    var taken = taken
    var numbers: [String: Int] = [:]
    var names: [ServiceAddress: String] = [:]
    for service in order {
      let group = groups[service] ?? []
      let count = group.map(\.parts.count).max() ?? 0
      let differing = (0..<count).filter { index in
        Set(group.map { $0.part(index) }).count > 1
      }
      for address in group {
        let words = [service] + differing.map(address.part).filter { !$0.isEmpty }
        let name = DeploymentSpec.possibleName(near: words.joined(separator: "-"))
        var unused = name
        while !taken.insert(unused).inserted {
          numbers[name, default: 1] += 1
          unused = "\(name.prefix(40))-\(numbers[name, default: 1])"
        }
        names[address] = unused
      }
    }
    return names
  }

  private func part(_ index: Int) -> String {
    parts.indices.contains(index) ? parts[index] : ""
  }
}

extension Conversion {
  /// The names of all services of a graph that are given by address.
  func addresses(of nodes: SourceNode) -> [ServiceAddress: String] {
    var addresses: [ServiceAddress] = []
    var taken: Set<String> = []
    guard case .mapping(let members) = nodes.content else { return [:] }
    for member in members {
      guard let steps = member.value["steps"], case .sequence(let elements) = steps.content else {
        continue
      }
      for step in elements {
        if let name = step["serviceName"]?.text { taken.insert(name) }
        if let address = step["serviceUrl"]?.text.flatMap(ServiceAddress.init) {
          addresses.append(address)
        }
      }
    }
    return ServiceAddress.names(of: addresses, taken: taken)
  }
}
