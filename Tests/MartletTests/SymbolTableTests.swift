// Facts about what linkers are given: their lists of files, and what nm says of these.
import Testing

@testable import Martlet

@Suite struct SymbolTableTests {
  private func table(_ text: String) -> SymbolTable {
    Array(text.utf8).withUnsafeBytes { SymbolTable($0) }
  }

  @Test(arguments: [
    ("f T 0 c9", "f", "T"), ("f T 16a ", "f", "T"), ("f D c ", "f", "D"), ("f C d 8", "f", "C"),
    ("symbolic SS_SSt V e 7", "symbolic SS_SSt", "V"), ("symbolic q V 16a ", "symbolic q", "V"),
    ("$s4core1D W 10 2", "$s4core1D", "W"), ("a b T B 0 1", "a b T", "B"),
  ])
  func definitions(line: String, name: String, type: String) throws {
    let table = table("a.o:\n\(line)\n")
    #expect(table.symbols.map(\.name) == [name])
    let isCopy = "VW".contains(type)
    #expect(table.symbols[0].definitions == (isCopy ? [] : [0]))
    #expect(table.symbols[0].copies == (isCopy ? [0] : []))
    #expect(table.objects[0].references.isEmpty)
  }

  @Test(arguments: ["f U         ", "f U 0 0", "f U ", "f w         ", "f v 0 0"])
  func references(line: String) {
    let table = table("\na.o:\n\(line)\n")
    #expect(table.symbols.map(\.name) == ["f"])
    #expect(table.symbols[0].definitions.isEmpty && table.symbols[0].copies.isEmpty)
    #expect(table.objects[0].references == [0])
  }

  @Test(arguments: [
    "", " ", "f", "T 0 1", "f T", "f x 0 1", "f t 0 1", "f T 0 g", " U ", "nm: a.o: no symbols",
  ])
  func whatIsNoSymbol(line: String) {
    #expect(table("a.o:\n\(line)\nb.o:\n").symbols.isEmpty)
    #expect(table(line).objects.isEmpty)
  }

  @Test func objectsShareSymbols() {
    let table = table("/m/a b.o:\nf U         \ng T 0 1\n/m/c.o:\n/n/d.o:\nf T 0 1\ng U         ")
    #expect(table.objects.map(\.path) == ["/m/a b.o", "/m/c.o", "/n/d.o"])
    #expect(table.objects.map(\.folder) == ["/m", "/m", "/n"])
    #expect(table["f"]?.definitions == [2])
    #expect(table["g"]?.definitions == [0])
    #expect(table["h"] == nil)
  }

  @Test(arguments: [
    ("/a.o\n/b.o\n", ["/a.o", "/b.o"]), ("'/a b.o'\n/c.o", ["/a b.o", "/c.o"]),
    (#"'/it'\''s.o' /a\ b.o"#, ["/it's.o", "/a b.o"]),
    (#""/a \"b\".o" '' x"#, [#"/a "b".o"#, "", "x"]),
    ("\n \t", []), (#"'a\b'"#, [#"a\b"#]),
  ])
  func lists(text: String, names: [String]) {
    #expect(LinkFileList.names(in: text) == names)
  }
}
