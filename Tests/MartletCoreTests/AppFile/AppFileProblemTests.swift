// Facts about mistakes in app files: each is found, placed and explained, and one does not hide another.

import Testing

@testable import MartletCore

@Suite struct AppFileProblemTests {
  private func problems(_ text: String) -> [String] {
    do {
      _ = try AppFile.read(text: text, file: "a.yaml")
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  /// A file with one deployment that has `line` besides its name.
  private func deployment(_ line: String) -> String {
    "name: a\ndeployments:\n  - name: b\n    command: [x]\n    \(line)\n"
  }

  @Test func unknownKeyNamesTheNearest() {
    let found = problems(deployment("num_replica: 2"))
    #expect(found.count == 1)
    #expect(
      found[0].hasPrefix(
        "a.yaml:5:5: deployments[0].num_replica: unknown key; did you mean num_replicas? allowed"))
  }

  @Test(arguments: [
    (
      "num_replicas: many",
      "a.yaml:5:19: deployments[0].num_replicas: expected a whole number or auto"
    ),
    (
      "max_ongoing_requests: 1.5",
      "a.yaml:5:27: deployments[0].max_ongoing_requests: expected a whole"
    ),
    ("max_ongoing_requests: 0", "0 is out of range; allowed: 1 to 100000"),
    ("idempotent: yes", "expected true or false, found the string yes"),
    ("request_timeout_s: fast", "expected a number of seconds such as 0.5 or 30"),
    ("request_timeout_s: 0", "allowed: more than 0 to"),
    ("health_check_period_s: -1", "-1.0 s is out of range"),
    ("health_check_timeout_s: 0", "0.0 s is out of range; allowed: more than 0 to"),
    ("health_check_failures: 0", "0 is out of range; allowed: 1 to 1000"),
    ("health_check_failures: 2.5", "expected a whole number"),
    ("startup_timeout_s: -1", "-1.0 s is out of range; allowed: 0 to"),
    ("startup_timeout_s: never", "expected a number of seconds such as 0.5 or 30"),
    ("resources: {memory: 5 MiB}", "expected a number of bytes such as 512Mi, found 5 MiB"),
    ("resources: {gpus: 0.00001}", "more than 4 decimal places"),
    ("resources: [1]", "expected a mapping with cpus, gpus, memory, found a list"),
    ("services: content.v1.A", "expected a list of service names, found the string"),
    ("user_config: 5", "expected a mapping"),
    ("user_config: {a: .nan}", "JSON has finite numbers only"),
    ("env: {A=B: c}", "not an environment variable"),
    ("env: {MARTLET_LISTEN: c}", "the mesh's own"),
    ("env: {A: [c]}", "expected a string, found a list"),
    ("code_version: [1]", "expected a string, found a list"),
    ("update: [recreate]", "expected a string, found a list"),
    ("update: recreat", "unknown way to update recreat; did you mean recreate?; allowed: rolling"),
    ("code_version: ''", "leave code_version out to go by the program's files"),
    ("code_version: a b", "visible ASCII characters only, without spaces"),
    ("code_version: \u{E9}", "visible ASCII characters only"),
    ("code_version: \(String(repeating: "a", count: 129))", "at most 128 characters"),
    ("autoscaling_config: {min_replicas: 5}", "min_replicas is 5 but max_replicas is 4"),
    (
      "autoscaling_config: {max_replicas: 2, initial_replicas: 3}",
      "3 is out of range; allowed: 1 to 2"
    ),
    ("autoscaling_config: {look_back_period_s: 0}", "look_back_period_s: 0.0 s is out of range"),
    ("command: ./serve", "a.yaml:5:5: deployments[0].command: key given twice; keep one of them"),
    (
      "num_replicas: 010",
      "a.yaml:5:19: deployments[0].num_replicas: 010 is another number for YAML 1.1 than for YAML "
        + "1.2; write 10 or 8"
    ),
    ("max_queued_requests: 08", "write 8"),
    ("request_timeout_s: 0030", "write 30 or 24"),
    ("resources: {memory: 0512}", "write 512 or 330"),
    ("autoscaling_config: {target_ongoing_requests: 02}", "02 is another number"),
    ("user_config: {a: [1, 007]}", "a.yaml:5:26: deployments[0].user_config.a[1]: 007 is another"),
    (
      "user_config: {a: 1e400}",
      "deployments[0].user_config.a: 1e400 is larger than numbers can be; infinity is .inf"
    ),
    ("user_config: {a: !foo 3}", "a.yaml:5:22: unknown tag !foo; remove it"),
    ("user_config: !!set {a}", "a.yaml:5:18: unknown tag !!set; remove it"),
    ("env: {A: !!binary aGk=}", "unknown tag !!binary; remove it"),
  ])
  func badValue(line: String, message: String) {
    let found = problems(deployment(line))
    #expect(found.count == 1, "\(found)")
    #expect(found.first?.contains(message) == true, "\(found)")
  }

  @Test func danglingAndDoubledNames() {
    let found = problems(
      """
      name: a
      deployments:
        - {name: detector, command: [x], services: [p.Detector]}
        - {name: detector, command: [x]}
      routes:
        - {service: p.Detector, deployment: dectector}
        - {service: p.Other, deployment: detector}
        - {service: p.Detector, deployment: detector}
        - method: p.Detector/Detect
          graph: {sequence: [{call: detecto, method: p.Detector/Detect}]}
      """)
    #expect(
      found == [
        "a.yaml:4:12: deployments[1].name: detector is the name of deployments[0] already; names are "
          + "unique",
        "a.yaml:6:39: routes[0].deployment: no deployment dectector; did you mean detector?; "
          + "deployments: detector, detector",
        "a.yaml:7:15: routes[1].service: detector does not serve p.Other; its services: p.Detector",
        "a.yaml:8:15: routes[2].service: p.Detector has a route already, routes[0]",
        "a.yaml:10:31: routes[3].graph.sequence[0].call: no deployment detecto; did you mean "
          + "detector?; deployments: detector, detector",
      ])
  }

  @Test(arguments: [
    (
      "{cal: b}",
      "routes[0].graph: a node has one of call, sequence, switch, splitter, for_each, ensemble, "
        + "fallback, hedge, while, repeat_until, mirror, map, route, return; did you mean call?"
    ),
    ("{return: early}", "return: return takes no value: {return: {}, name: NAME}"),
    ("{return: {name: early}}", "return: return takes no value: {return: {}, name: NAME}"),
    (
      "{return: {}, call: b, method: p.S/M}",
      "call, return exclude each other; put them in a sequence"
    ),
    ("{call: b}", "missing key method"),
    ("{call: b, method: nonsense}", "expected a full method name"),
    ("{sequence: []}", "expected at least one node"),
    ("{sequence: {call: b}}", "expected a list of nodes, found a mapping"),
    ("{call: b, method: p.S/M, sequence: []}", "exclude each other"),
    ("{switch: {on: kind, case: {}}}", "unknown key; did you mean cases?"),
    ("{switch: {on: kind, cases: {}}}", "a switch has at least one case"),
    ("{for_each: boxes}", "missing key do"),
    ("{ensemble: [{call: b, method: p.S/M}]}", "missing key combine"),
    (
      "{ensemble: [{call: b, method: p.S/M}], combine: vot}",
      "unknown combiner vot; did you mean vote?"
    ),
    ("{ensemble: [{call: b, method: p.S/M}], combine: {}}", "a combiner is one thing"),
    ("5", "expected a node"),
    ("{call: b, method: p.S/M, timeout: 5}", "timeout: unknown key; did you mean timeout_s?"),
    ("{call: b, method: p.S/M, timeout_s: 0}", "timeout_s: expected more than 0 seconds"),
    ("{call: b, method: p.S/M, on_error: skp}", "found skp; did you mean skip?"),
    ("{call: b, method: p.S/M, on_error: {}}", "expected fail, skip or {default: MESSAGE}"),
    ("{call: b, method: p.S/M, data: $reqest}", "expected $request, what came into the sequence"),
    ("{call: b, method: p.S/M, retry: {}}", "missing key attempts"),
    ("{call: b, method: p.S/M, retry: {attempts: 6}}", "expected 2 to 5 attempts"),
    (
      "{call: b, method: p.S/M, retry: {attempts: 2, backoff_s: 60.5}}",
      "retry.backoff_s: expected at most 60 seconds, found 60.5"
    ),
    (
      "{call: b, method: p.S/M, retry: {attempts: 2, on: [UNAVAILABEL]}}",
      "UNAVAILABEL is no gRPC status; did you mean UNAVAILABLE?"
    ),
    ("{call: b, method: p.S/M, retry: {attempts: 2, on: []}}", "expected statuses of failures"),
    (
      "{sequence: [{call: b, method: p.S/M, name: x}, {call: b, method: p.S/M, name: x}]}",
      "sequence[1].name: another node of the graph has the name x"
    ),
    (
      "{call: b, method: p.S/M, name: \"a\\e[31m\"}",
      "graph.name: a name has no control characters; terminals would obey them"
    ),
    (
      "{fallback: [{call: b, method: p.S/M, name: \"a\\x9B31m\"}]}",
      "graph.fallback[0].name: a name has no control characters; terminals would obey them"
    ),
    (
      "{switch: {on: f, cases: {a: {call: b, method: p.S/M, name: x}, c: {call: b, method: p.S/N, "
        + "name: x}}}}",
      "cases.c.name: another node of the graph has the name x"
    ),
    (
      "{sequence: [{call: b, method: p.S/M, name: x}, {switch: {on: f, cases: {a: &y {call: b, "
        + "method: p.S/N, name: x}, c: *y}}}]}",
      "cases.c.name: another node of the graph has the name x"
    ),
    ("{fallback: []}", "fallback: expected at least one node"),
    ("{hedge: {call: b, method: p.S/M}}", "a hedge says after_s or after_percentile"),
    (
      "{hedge: {call: b, method: p.S/M}, after_percentile: 100}",
      "after_percentile: expected more than 0 and less than 100 percent"
    ),
    ("{while: f, is: \"< 1\", do: {call: b, method: p.S/M}}", "missing key max"),
    (
      "{repeat_until: f, is: \"< 1\", do: {call: b, method: p.S/M}, max: 0}",
      "max: expected 1 to 1000 rounds, found 0"
    ),
    (
      "{while: f, is: \"< 1\", do: {call: b, method: p.S/M}, max: 1001}",
      "max: expected 1 to 1000 rounds, found 1001"
    ),
    ("{map: [a]}", "expected a mapping of fields to where they come from, found a list"),
    ("{map: {a: [b]}}", "expected a path to a field or {value: CONSTANT}, found a list"),
    ("{map: {a: {valu: 3}}}", "unknown key; did you mean value?"),
    ("{map: {a: ''}, as: p.M}", "expected the name of a field, found nothing"),
    ("{map: {a: b}, as: ''}", "expected the full name of a message, found nothing"),
    ("{map: {a: b}, in: p.M}", "in: unknown key"),
    ("{route: p.S}", "expected a full method name"),
    ("{ensemble: [return], combine: {map: {a: b}}}", "a map of answers says as"),
    ("{ensemble: [return], combine: {map: {a: b}, method: p.S/M}}", "a combiner is one thing"),
    (
      "{splitter: [{weight: 60, do: {call: b, method: p.S/M}}, {weight: 30, do: return}]}",
      "the weights add up to 90; they are percent, 100 in all"
    ),
    ("{splitter: [{weight: 100}]}", "missing key do"),
    (
      "{splitter: [{weight: 100, do: return}], by_metadata: id-bin}",
      "expected a metadata key such as user-id"
    ),
    ("{splitter: [{weight: 100, do: return}], by: a, by_metadata: b}", "exclude each other"),
    ("{mirror: b, method: p.S/M, percent: 0}", "percent: expected 1 to 100, found 0"),
    ("{mirror: c, method: p.S/M}", "mirror: no deployment c"),
    ("{for_each: f, do: return, parallelism: 0}", "expected 1 or more, found 0"),
    ("{ensemble: [return, return], combine: merge, quorum: 3}", "the number of branches; found 3"),
    ("{ensemble: [return], combine: first, quorum: 1}", "first waits for one answer"),
    (
      "{ensemble: [return, return], combine: {weighted_mean: {fields: a, weights: [1]}}}",
      "2 branches need as many weights, not 1"
    ),
    (
      "{ensemble: [return], combine: {weighted_mean: {fields: a, weights: [0]}}}",
      "at least one weight is more than 0"
    ),
    ("{ensemble: [return], combine: {call: b}}", "missing key method"),
    ("{ensemble: [return], combine: {vote: a, max_by: b}}", "a combiner is one thing"),
    ("{map: {a: {value: 010}}, as: p.M}", "map.a.value: 010 is another number for YAML 1.1"),
    ("{map: {a: {value: 1e400}}, as: p.M}", "map.a.value: 1e400 is larger than numbers can be"),
    (
      "{call: b, method: p.S/M, on_error: {default: {number: -1e400}}}",
      "on_error.default.number: -1e400 is larger than numbers can be"
    ),
  ])
  func badGraph(graph: String, message: String) {
    let found = problems(
      """
      name: a
      deployments: [{name: b, command: [x]}]
      routes: [{method: p.S/M, graph: \(graph)}]
      """)
    #expect(found.contains { $0.contains(message) }, "\(found)")
  }

  @Test(arguments: [
    ("", "a.yaml:1:1: the file is empty"),
    ("- a", "a.yaml:1:1: expected a mapping with name, protos, launcher, min_ping_interval_s, "),
    ("name: [", "not YAML"),
    ("name: a", "missing key deployments"),
    ("name: a\nname: b\ndeployments: []", "a.yaml:2:1: name: key given twice; keep one of them"),
    ("name: a\ndeployments: []", "an app has at least one deployment"),
    ("name: a b\ndeployments: [{name: b, command: [x]}]", "\"a b\" is not a name"),
    ("name: 5\ndeployments: [{name: b, command: [x]}]", "write \"5\" in quotes"),
    ("name: a\ndeployments: [{name: b}]", "missing key command"),
    ("name: a\nlauncher: externl\ndeployments: [{name: b}]", "did you mean external?"),
    ("name: a\n---\nname: b", "several documents in one file"),
    ("{\"name\": \"a\"", "not YAML"),
    ("name: a\nname: \u{0}", "a.yaml:2:7: not YAML: the control character U+0000"),
    ("é: \"\u{7}\"", "a.yaml:1:5: not YAML: the control character U+0007"),
    (
      "name: a\nprotos: ''\ndeployments: [{name: b, command: [x]}]",
      "a.yaml:2:9: protos[0]: the name of a file is empty"
    ),
    ("name: a\ndeployments: [{name: router, command: [x]}]", "a process of the mesh itself"),
    ("name: a\ndeployments: [{name: router-12, command: [x]}]", "a process of the mesh itself"),
    ("name: a\ndeployments: [{name: controller, command: [x]}]", "a process of the mesh itself"),
    ("name: a\ndeployments: [{name: supervisor, command: [x]}]", "a process of the mesh itself"),
    ("name: *a", "a.yaml:1:7: an alias to nothing: no anchor before it has this name"),
  ])
  func badFile(text: String, message: String) {
    let found = problems(text)
    #expect(found.contains { $0.contains(message) }, "\(found)")
  }

  @Test func hostileShapesAreErrors() {
    let deep = String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
    #expect(problems("name: \(deep)")[0].contains("nested more than 100 deep"))
    // libyaml has a limit, too.
    let deeper = String(repeating: "[", count: 2000)
    #expect(problems("name: \(deeper)")[0].hasSuffix(": nested more than 100 deep"))
    var laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
      laughs += "a\(level): &a\(level) [\(aliases)]\n"
    }
    #expect(problems(laughs)[0].contains("more than 200000 values"))
  }

  @Test func theMarkOfUTF8IsNoText() throws {
    let text = "name: a\ndeployments: [{name: b, command: [x]}]\n"
    let spec = try AppFile.read(text: text, file: "a.yaml").spec
    #expect(try AppFile.read(text: "\u{FEFF}" + text, file: "a.yaml").spec == spec)
    let json = #"{"name": "a", "deployments": [{"name": "b", "command": ["x"]}]}"#
    #expect(try AppFile.read(text: "\u{FEFF}" + json, file: "a.json").spec == spec)
  }

  @Test func namesThatOnlyBeginLikeAProcessOfTheMeshAreFree() throws {
    for name in ["router-a", "routers", "my-controller", "router-1-b"] {
      let text = "name: a\ndeployments: [{name: \(name), command: [x]}]"
      #expect(try AppFile.read(text: text, file: "a.yaml").spec.deployments[0].name == name)
    }
  }

  /// What stands for text is no number.
  @Test func textMayHaveLeadingZeros() throws {
    let line = "env: {MODE: 0755}\n    code_version: 0042"
    let spec = try AppFile.read(text: deployment(line), file: "a.yaml").spec
    #expect(spec.deployments[0].environment == ["MODE": "0755"])
    #expect(spec.deployments[0].codeVersion == "0042")
  }
}
