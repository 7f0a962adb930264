// Which of a program's objects are the code of a deployment.

/// The objects of a program, and which of them a process needs that runs one deployment.
///
/// A deployment's code begins with the object of its type and goes on to every object that defines what one
/// of these refers to. Beyond what the linker sees, the runtime finds conformances by itself, so that an
/// object with a conformance belongs to the code of the type that conforms. What a replica runs besides, the
/// mesh's part in it, belongs to every deployment, and so does what no other object names and yet may have
/// a say: conformances of types from elsewhere, initialisers of C.
///
/// The app's own type names every deployment and belongs to none: all that a replica takes from it is its
/// deployment's type and how it is executed.
struct CodeGraph {
  let table: SymbolTable

  /// By object: those that its code goes on to.
  private var next: [Set<Int>] = []

  /// Of every deployment.
  private var common: Set<Int> = []

  /// Types are told by their names as the compiler mangles them, without the prefix `$s`.
  ///
  /// - Parameters:
  ///   - app: the type that lists the deployments.
  ///   - role: the type that a replica's process begins with.
  init(_ table: SymbolTable, app: String, role: String) {
    self.table = table
    next = table.objects.map { object in
      Set(object.references.flatMap { Self.definitions(table.symbols[$0], for: object, in: table) })
    }
    let named = next.reduce(into: Set<Int>()) { $0.formUnion($1) }
    let (owned, foreign) = addConformances()
    let unnamed = table.objects.indices.filter { number in
      !named.contains(number) && !owned.contains(number)
        && !table.objects[number].path.hasSuffix(".swiftmodule.o")
    }
    let entries = Self.entries(app, in: table)
    common = closure(
      foreign.union(unnamed.filter { !entries.contains($0) }).union(definitions(ofType: role)))
  }

  /// The numbers of the objects; nil when none defines the type, which is private, generic, or not there.
  func code(ofType name: String) -> Set<Int>? {
    let own = definitions(ofType: name)
    return own.isEmpty ? nil : closure(own).union(common)
  }

  private func closure(_ roots: Set<Int>) -> Set<Int> {
    var found = roots
    var rest = Array(roots)
    while let object = rest.popLast() {
      for other in next[object] where found.insert(other).inserted { rest.append(other) }
    }
    return found
  }

  /// The objects with a type's descriptor (Swift ABI, Mangling: `Mn`).
  private func definitions(ofType name: String) -> Set<Int> {
    Set(table["$s\(name)Mn"]?.definitions ?? [])
  }

  /// What a reference leads to. Of copies every one is as good; that of the object's own module does not
  /// lead from a library into the code of its users.
  private static func definitions(
    _ symbol: SymbolTable.Symbol, for object: SymbolTable.Object, in table: SymbolTable
  ) -> [Int] {
    if symbol.copies.isEmpty || !symbol.definitions.isEmpty { return symbol.definitions }
    let near = symbol.copies.filter { table.objects[$0].folder == object.folder }
    return near.isEmpty ? symbol.copies : near
  }

  /// The objects that a program begins in: with the app's type, or with the function that the compiler made
  /// of `@main`, which SwiftPM names MODULE_main.
  private static func entries(_ app: String, in table: SymbolTable) -> Set<Int> {
    var entries = Set(table["$s\(app)Mn"]?.definitions ?? [])
    for symbol in table.symbols where symbol.name == "main" || symbol.name.hasSuffix("_main") {
      entries.formUnion(symbol.definitions)
    }
    return entries
  }

  /// Has the code of each type go on to the objects with its conformances (`Mc`, whose names begin with the
  /// type's).
  ///
  /// - Returns: these objects, and those with conformances of types of none of the objects.
  private mutating func addConformances() -> (owned: Set<Int>, foreign: Set<Int>) {
    var types: [Substring: Int] = [:]
    for symbol in table.symbols where symbol.name.hasSuffix("Mn") {
      if let object = symbol.definitions.first { types[symbol.name.dropLast(2)] = object }
    }
    var owned: Set<Int> = []
    var foreign: Set<Int> = []
    for symbol in table.symbols where symbol.name.hasSuffix("Mc") {
      guard let object = symbol.definitions.first else { continue }
      guard let type = Self.type(thatBegins: symbol.name, among: types) else {
        foreign.insert(object)
        continue
      }
      guard type != object else { continue }
      next[type].insert(object)
      owned.insert(object)
    }
    return (owned, foreign)
  }

  /// The object of the longest type's name that a symbol's name begins with. Structures, enumerations and
  /// classes end with these letters.
  private static func type(thatBegins name: String, among types: [Substring: Int]) -> Int? {
    var found: Int?
    for (index, byte) in zip(name.utf8.indices, name.utf8) {
      guard byte == UInt8(ascii: "V") || byte == UInt8(ascii: "O") || byte == UInt8(ascii: "C")
      else { continue }
      found = types[name[...index]] ?? found
    }
    return found
  }
}
