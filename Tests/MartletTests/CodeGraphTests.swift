// Facts about what belongs to a deployment's code.
import Testing

@testable import Martlet

@Suite struct CodeGraphTests {
  /// A deployment of the type `m.A`, the app `m.App` and what a replica begins with.
  private static let program = """
    /m/App.o:
    $s1m3AppVMn R 0 1
    m_main T 0 1
    $s1m1AVMn U
    $s1m1BVMn U
    /m/A.o:
    $s1m1AVMn R 0 1
    swift_release U
    /m/B.o:
    $s1m1BVMn R 0 1
    /Martlet/Role.o:
    $s7Martlet4RoleOMn R 0 1
    nothing U
    """

  /// What nm would have said: once of each object, in the order of the first lines.
  private static func merged(_ text: String) -> String {
    var names: [Substring] = []
    var lines: [Substring: [Substring]] = [:]
    for line in text.split(separator: "\n") {
      if line.hasSuffix(":") {
        names.append(line)
      } else if let name = names.last {
        lines[name, default: []].append(line)
      }
    }
    return names.enumerated().filter { names.firstIndex(of: $1) == $0 }
      .flatMap { [$1] + (lines[$1] ?? []) }.joined(separator: "\n")
  }

  /// The objects of `m.A`'s code with the program's own and those of `text`; nil when it is not found.
  private func code(_ text: String = "", of type: String = "1m1AV") -> Set<String>? {
    let table = Array(Self.merged("\(Self.program)\n\(text)").utf8).withUnsafeBytes {
      SymbolTable($0)
    }
    let graph = CodeGraph(table, app: "1m3AppV", role: "7Martlet4RoleO")
    return graph.code(ofType: type).map { numbers in
      Set(numbers.map { String(table.objects[$0].path.dropLast(2)) })
    }
  }

  /// What is there without further objects.
  private let own: Set = ["/m/A", "/Martlet/Role"]

  @Test func eachHasItsObjectAndWhatAReplicaIs() {
    #expect(code() == own)
    #expect(code(of: "1m1BV") == ["/m/B", "/Martlet/Role"])
    #expect(code(of: "1m1CV") == nil)
  }

  @Test func itGoesOnToWhatIsReferredTo() {
    let found = code(
      """
      /m/A.o:
      f U
      /m/F.o:
      f T 0 1
      g U
      /n/G.o:
      g T 0 1
      /m/H.o:
      h T 0 1
      /m/User.o:
      h U
      m_main T 0 1
      """)
    #expect(found == own.union(["/m/F", "/n/G"]))
  }

  @Test func anObjectsOwnCopyIsEnough() {
    let found = code(
      """
      /m/A.o:
      f W 0 1
      /m/App.o:
      other U
      /m/Other.o:
      f W 0 1
      other T 0 1
      """)
    #expect(found == own)
  }

  @Test func aCopyOfTheModuleIsTakenBeforeThoseOfItsUsers() {
    let copies = """
      /Martlet/Role.o:
      f U
      /m/B.o:
      f W 0 1
      """
    // Whose copy is linked is not known then.
    #expect(code(copies) == own.union(["/m/B"]))
    #expect(code(copies + "\n/Martlet/F.o:\nf W 0 1") == own.union(["/Martlet/F"]))
    // A definition for good is taken before all copies.
    #expect(code(copies + "\n/n/F.o:\nf T 0 1") == own.union(["/n/F"]))
  }

  @Test func conformancesBelongToTheirType() {
    let more = """
      /m/A+P.o:
      $s1m1AV1PAAMc R 0 1
      $s1m1AVMn U
      f U
      /m/F.o:
      f T 0 1
      """
    #expect(code(more) == own.union(["/m/A+P", "/m/F"]))
    #expect(code(more, of: "1m1BV") == ["/m/B", "/Martlet/Role"])
    // `m.A.C` conforms, in the object of `m.A.C`.
    let nested = """
      /m/C.o:
      $s1m1AV1CCMn R 0 1
      $s1m1AV1CC1PAAMc R 0 1
      /m/App.o:
      $s1m1AV1CCMn U
      """
    #expect(code(nested) == own)
  }

  @Test func conformancesOfTypesFromElsewhereAreEverybodys() {
    let more = """
      /m/String+P.o:
      $sSS1m1PAAMc R 0 1
      used T 0 1
      /m/B.o:
      used U
      """
    #expect(code(more) == own.union(["/m/String+P"]))
  }

  @Test func whatNobodyNamesIsEverybodysButTheProgramsBeginningIsNobodys() {
    let more = """
      /c/constructor.o:
      counter B 0 1
      /m/m.swiftmodule.o:
      /m/Start.o:
      main T 0 1
      $s1m3AppVMn U
      """
    #expect(code(more) == own.union(["/c/constructor"]))
  }

  @Test func whoCallsIntoTheAppsFileHasAll() {
    let more = """
      /m/A.o:
      helper U
      /m/App.o:
      helper T 0 1
      """
    #expect(code(more) == own.union(["/m/App", "/m/B"]))
  }
}
