"""The README's package, made as the README says: its manifest, its sources and the lines that generate code."""

import json
import os
import re
import subprocess

from mesh import BINARIES, ROOT

TEXT = (ROOT / "README.md").read_text()
SECTION = TEXT.split("## A first app\n")[1].split("\n## ")[0]
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", SECTION, re.S | re.M)


def block(start, language="swift"):
    """The one block of the section that begins or has a line that begins so."""
    found = [text for kind, text in BLOCKS
             if kind == language and any(line.startswith(start) for line in text.split("\n"))]
    assert len(found) == 1, f"{len(found)} blocks with {start}"
    return found[0]


def write(folder):
    """The package beside a clone, with generated code; the folder of the package."""
    (folder / "martlet").symlink_to(ROOT)
    package = folder / "my-app"
    files = {
        "Package.swift": block("// swift-tools-version"),
        "Sources/my-app/EchoApp.swift": block("@main struct EchoApp"),
        "Tests/MyAppTests/EchoTests.swift": block("@testable import my_app")}
    for name, text in files.items():
        # The section says where each of them goes.
        assert f"my-app/{name}\n" in block("my-app/Package.swift", "") + "\n"
        path = package / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return package


def generate(package, *options):
    """Runs the section's lines for protoc, but with plugins that are built already."""
    script = block("tools/setup", "")
    built = "swift build --product protoc-gen-swift && swift build --product protoc-gen-martlet\n"
    assert built in script
    script = script.replace("tools/setup\n", "").replace(built, "")
    for swift_way, ours in (("$(swift build --show-bin-path)", str(plugins())),
                            ("../my-app", str(package))):
        assert swift_way in script
        script = script.replace(swift_way, ours)
    assert script.count("protoc -I protos ") == 1
    script = script.replace("protoc -I protos ", f"protoc {' '.join(options)} -I protos ")
    subprocess.run(["bash", "-euc", script], cwd=ROOT, check=True)
    return sorted(package.glob("Sources/**/*.swift"))


def plugins():
    """A folder with both plugins of protoc, as the package's own build makes them."""
    for folder in (BINARIES, ROOT / ".build/debug", ROOT / ".build/release"):
        if all(os.access(folder / f"protoc-gen-{name}", os.X_OK) for name in ("swift", "martlet")):
            return folder
    raise AssertionError("protoc-gen-swift and protoc-gen-martlet are not built")


def mirror_dependencies(package):
    """Takes the dependencies from the clones that this package's own build has made."""
    mirrors = []
    for clone in (ROOT / ".build/repositories").iterdir():
        told = subprocess.run(
            ["git", "-C", clone, "config", "remote.origin.url"], capture_output=True, text=True)
        url = told.stdout.strip().removesuffix(".git")
        if url:
            mirrors += [{"original": url + end, "mirror": clone.as_uri()} for end in ("", ".git")]
    path = package / ".swiftpm/configuration/mirrors.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"version": 1, "object": mirrors}))


class Build:
    """How the package manager compiles and links the echo example, from its own plan."""

    def __init__(self):
        built = [ROOT / ".build" / name for name in ("debug", "release")
                 if (ROOT / f".build/{name}/echo-app.product/Objects.LinkFileList").is_file()]
        assert built, "echo-app is not built"
        # `tools/test` of a pattern builds no tests, and so nothing that they need beside the apps.
        whole = [folder for folder in built if (folder / "Modules/MartletTestKit.swiftmodule").is_file()]
        self.has_test_kit = bool(whole)
        folder = (whole or built)[0]
        plan = folder.with_name(f"{folder.name}.yaml")
        commands = [json.loads(line.strip().removeprefix("args: "))
                    for line in plan.read_text().split("\n") if line.strip().startswith("args: [")]
        self.compiler = self.one(
            commands, lambda c: "-module-name Echo " in " ".join(c) and "-c" in c)
        self.linker = self.one(
            commands, lambda c: "-emit-executable" in c and "echo-app" in " ".join(c))

    @staticmethod
    def one(commands, fits):
        found = [command for command in commands if fits(command)]
        assert len(found) == 1, f"{len(found)} commands"
        return found[0]

    def search(self):
        """Where the modules are, those of C included."""
        words, found = self.compiler, []
        for index, word in enumerate(words):
            if word == "-I" and words[index - 1] != "-Xcc":
                found += [word, words[index + 1]]
            elif word == "-Xcc":
                found += [word, words[index + 1]]
        return found

    def compile(self, sources, out, *options):
        """One object of a module, as for a package that knows nothing of this one."""
        return subprocess.run(
            [self.compiler[0], "-module-name", "my_app", "-parse-as-library", "-wmo", "-Onone",
             *self.search(), *options, *map(str, sources), "-c", "-o", str(out)],
            capture_output=True, text=True)

    def link(self, object, folder):
        """The program, with the object in the place of the example's own."""
        listed = next(word for word in self.linker if word.startswith("@"))[1:]
        objects = [line for line in open(listed).read().split("\n") if line and "/Echo.build/" not in line]
        (folder / "objects").write_text("\n".join([*objects, str(object)]))
        program = folder / "my-app.program"
        words = [f"@{folder}/objects" if word.startswith("@") else word for word in self.linker]
        words[words.index("-o") + 1] = str(program)
        # The example's entry point has a name of its own: -Xlinker --defsym -Xlinker main=Echo_main
        at = words.index("--defsym")
        del words[at - 1:at + 3]
        subprocess.run(words, check=True, capture_output=True, text=True)
        return program
