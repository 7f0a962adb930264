"""The rules of the house that a machine can check."""

import pathlib
import re
import subprocess

import pytest

from mesh import ROOT

RUNGS = [
    ["CNGHTTP2", "CProtobufC", "CZlib", "CLinux"],
    ["MartletCore"],
    ["MartletWire", "MartletSchema", "MartletDispatch", "MartletScaling", "MartletConversion"],
    ["MartletNet", "MartletRPC", "MartletSimulator"],
    ["MartletReplica", "MartletRouter", "MartletController", "MartletSupervisor"],
    ["Martlet", "MartletCLI", "MartletTestKit", "protoc-gen-martlet"],
]
RUNG = {room: number for number, rooms in enumerate(RUNGS) for room in rooms}
# The imports between rooms of one rung that the design allows.
NEIGHBOURS = {
    ("MartletDispatch", "MartletSchema"), ("MartletRPC", "MartletNet"),
    ("MartletTestKit", "Martlet"),
}
MACHINES = RUNGS[2]
TOP_LEVEL = {"Package.swift", "README.md", "LICENSE", "Sources", "Tests", "protos", "deploy", "tools"}


def sources(*rooms):
    roots = [ROOT / "Sources" / room for room in rooms] or [ROOT / "Sources", ROOT / "Tests"]
    for root in roots:
        for path in sorted(root.rglob("*.swift")):
            if "Generated" not in path.parts:
                yield path, path.read_text()


def imports(text):
    return re.findall(r"^(?:@\w+(?:\(\w+\))? )*(?:\w+ )?import (?:\w+ )?(\w+)", text, re.M)


def named(path, lines):
    return [f"{path.relative_to(ROOT)}: {line}" for line in lines]


def test_the_top_level_holds_only_what_belongs_there():
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    top = {name.split("/")[0] for name in files if name}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_every_room_of_the_ladder_has_content():
    for room in RUNG:
        files = [p for p in (ROOT / "Sources" / room).rglob("*") if p.is_file()]
        assert files, f"{room} is empty"


def test_rooms_import_only_what_stands_below_them():
    wrong = []
    for room, rung in RUNG.items():
        for path, text in sources(room):
            for other in imports(text):
                if other in RUNG and other != room and RUNG[other] >= rung \
                        and (room, other) not in NEIGHBOURS:
                    wrong += named(path, [f"imports {other}"])
    assert not wrong


def test_machines_know_no_clock_socket_task_or_lock():
    banned = re.compile(
        r"\b(ContinuousClock|SuspendingClock|Date\(\)|Task[ .{(]|Task\.|Mutex<|NSLock|DispatchQueue"
        r"|clock_gettime|random\(in:)")
    wrong = []
    for path, text in sources(*MACHINES):
        code = "\n".join(line.split("//")[0] for line in text.split("\n"))
        wrong += named(path, [m.group(0) for m in banned.finditer(code) if "using:" not in code])
        wrong += named(path, [f"imports {name}" for name in imports(text)
                              if name in ("NIOCore", "NIOPosix", "Foundation", "Glibc", "Dispatch")])
    assert not wrong


def test_examples_import_the_door_and_nothing_below_it():
    wrong = []
    for path, text in sources("Examples"):
        wrong += named(path, [n for n in imports(text) if n.startswith("Martlet") and n != "Martlet"])
    assert not wrong


def test_every_file_says_first_what_it_is():
    wrong = [str(path.relative_to(ROOT)) for path, text in sources()
             if not re.match(r"// \S", text) or text.startswith("// swift-tools")]
    assert not wrong


def test_files_stay_small():
    wrong = named(ROOT, [])
    for path, text in sources():
        if text.count("\n") > 800:
            wrong += named(path, [f"{text.count(chr(10))} lines"])
    assert not wrong


def test_loose_tasks_and_forced_values_stay_out():
    banned = re.compile(r"\btry!|\bas!|\bTODO\b|\bFIXME\b"
                        r"|fatalError\(\"(?:later|todo|not implemented)", re.I)
    allowed = re.compile(r"// .*")
    wrong = []
    for path, text in sources():
        if "Tests" in path.parts:
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if banned.search(allowed.sub("", line)):
                wrong += named(path, [f"{number}: {line.strip()}"])
    assert not wrong


def test_swift_is_formatted():
    paths = [str(path) for path, _ in sources()]
    result = subprocess.run(
        ["swift", "format", "lint", "--strict", "--parallel", *paths], cwd=ROOT,
        capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-4000:]


def test_the_readme_shows_the_echo_app_as_it_is_compiled():
    readme = (ROOT / "README.md").read_text()
    app = (ROOT / "Sources/Examples/Echo/EchoApp.swift").read_text()
    code = app.split("\n", 1)[1].strip()  # without the line that says what the file is
    assert code in readme


def test_the_readme_s_tour_is_taken_from_the_examples():
    def lines(text):
        """Without comments and indentation, which depends on what is around."""
        stripped = [line.strip() for line in text.split("\n")]
        return "\n".join(line for line in stripped if line and not re.match("#|//", line)) + "\n"

    tour = (ROOT / "README.md").read_text().split("## A tour of composition")[1].split("\n## ")[0]
    shown = re.findall(r"```(\w+)\n(.*?)```", tour, re.S)
    assert [language for language, _ in shown] == ["swift", "yaml", "swift"] * 3
    example = "Sources/Examples/ContentUnderstanding"
    writings = [
        f"{example}/ContentUnderstanding.swift", "deploy/content-understanding/martlet.yaml",
        f"{example}/Deployments/Conductor.swift"] * 3
    for (_, code), file in zip(shown, writings):
        assert lines(code) in lines((ROOT / file).read_text()), f"{file} does not have\n{code}"


def test_the_manual_shows_the_test_of_a_graph_as_it_is_run():
    manual = (ROOT / "Sources/Martlet/Martlet.docc/Testing.md").read_text()
    test = (ROOT / "Tests/MartletTestKitTests/ManualTests.swift").read_text()
    assert test[test.index("@Test"):].strip() in manual


@pytest.mark.parametrize("script", sorted(
    str(p.relative_to(ROOT)) for p in (ROOT / "tools").iterdir()
    if p.is_file() and p.read_text(errors="replace").startswith("#!/usr/bin/env bash")))
def test_scripts_parse(script):
    subprocess.run(["bash", "-n", script], cwd=ROOT, check=True)


def test_the_project_speaks_of_itself_alone():
    wrong = []
    words = re.compile("(?<!\\w)/work/|\\b(AI|LLM) agent|this session\\b", re.I)
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for name in files:
        path = pathlib.Path(ROOT / name)
        if path == pathlib.Path(__file__).resolve() or path.suffix in (".png", ".binpb"):
            continue
        wrong += [f"{name}: {m.group(0)}" for m in words.finditer(path.read_text(errors="replace"))]
    assert not wrong
