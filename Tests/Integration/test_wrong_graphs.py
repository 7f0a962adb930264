"""A wrong graph does not compile, and the compiler names the wrong step and the types that do not fit."""

import re
import subprocess

import pytest

import wrong_graphs
from mesh import BINARIES, ROOT

HEAD = "import Martlet\nimport SwiftProtobuf\n\n"
# A label that becomes a label, and methods that stream.
COMMON = HEAD + """
let again = UnaryMethod<Content_V1_Label, Content_V1_Label>(
  service: "content.v1.Labels", method: "Again", descriptorSet: DescriptorSet(bytes: [])
).on("again")
let streaming = ServerStreamingMethod<Content_V1_AnalyzeRequest, Content_V1_AnalyzeResponse>(
  service: "content.v1.Labels", method: "All", descriptorSet: DescriptorSet(bytes: []))
let labelling = ServerStreamingMethod<Content_V1_AnalyzeRequest, Content_V1_Label>(
  service: "content.v1.Labels", method: "Label", descriptorSet: DescriptorSet(bytes: []))
// A oneof, as it is generated of one.
enum Subject: String, OneofMember { case image, note }
let subject = OneofPath<Content_V1_Crop, Subject>("subject")
let piping = BidirectionalMethod<Content_V1_Page, Content_V1_AnalyzeResponse>(
  service: "content.v1.Labels", method: "Pipe", descriptorSet: DescriptorSet(bytes: []))
let bothWays = BidirectionalMethod<Content_V1_Page, Content_V1_AnalyzeResponse>(
  service: "content.v1.Labels", method: "Both", descriptorSet: DescriptorSet(bytes: []))
let reading = ServerStreamingMethod<Content_V1_Page, Content_V1_AnalyzeResponse>(
  service: "content.v1.Labels", method: "Read", descriptorSet: DescriptorSet(bytes: []))
let cropping = UnaryMethod<Content_V1_Crop, Content_V1_Crop>(
  service: "content.v1.Labels", method: "Crop", descriptorSet: DescriptorSet(bytes: [])
).on("cropping")
let voting = UnaryMethod<Content_V1_Votes, Content_V1_Crop>(
  service: "content.v1.Labels", method: "Vote", descriptorSet: DescriptorSet(bytes: [])
).on("voting")
// Fields of kinds that the messages do not have.
let stage = FieldPath<Content_V1_Label, Google_Protobuf_Field.Kind>("stage")
let flag = FieldPath<Content_V1_Crop, Bool>("flag")
let signed = FieldPath<Content_V1_Crop, Int32>("signed")
let nested = FieldPath<Content_V1_Votes, Content_V1_Detections>("all")
  .appending(Content_V1_Detections.fields.boxes)
"""


def module_maps():
    """The C modules below Martlet, as the package's build names them."""
    for pattern in ("*/Sources/*/include/module.modulemap", "*/Sources/*/module.modulemap"):
        for path in (ROOT / ".build/checkouts").glob(pattern):
            # C++ is nobody's import.
            if not re.search("cpp|cxx", str(path), re.I):
                yield path
    yield from BINARIES.glob("*.build/module.modulemap")
    yield from (ROOT / "Sources").glob("C*/module.modulemap")


def typecheck(folder, sources):
    """What the compiler says of the sources: [(file name, line, message)] of every error."""
    files = []
    for name, text in sources.items():
        (folder / name).write_text(text)
        files.append(str(folder / name))
    generated = ROOT / "Tests/MartletTests/Generated"
    command = [
        "swiftc", "-typecheck", "-wmo", "-swift-version", "6", "-diagnostic-style", "llvm",
        "-enable-upcoming-feature", "InternalImportsByDefault", "-I", str(BINARIES / "Modules"),
        str(generated / "content.pb.swift"), str(generated / "content.martlet.swift"), *files]
    for path in module_maps():
        command += ["-Xcc", f"-fmodule-map-file={path}"]
    said = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=300).stderr
    errors = re.findall(r"^(\S+?):(\d+)(?::\d+)?: error: (.*)$", said, re.M)
    if not errors and "error:" in said:
        raise AssertionError(said[:4000])
    return [(name.rsplit("/", 1)[-1], int(line), message) for name, line, message in errors]


def file_of(name):
    return re.sub(r"\W", "_", name) + ".swift"


@pytest.fixture(scope="module")
def errors(tmp_path_factory):
    """Of all graphs at once: loading the modules takes longer than checking them."""
    sources = {"common.swift": COMMON}
    for name, code in [("good", wrong_graphs.GOOD)] + [
            (name, case[0]) for name, case in wrong_graphs.WRONG.items()]:
        function = re.sub(r"\W", "_", name)
        sources[file_of(name)] = HEAD + f"func {function}() {{{code}\n}}\n"
    found = typecheck(tmp_path_factory.mktemp("graphs"), sources)
    assert {file for file, _, _ in found} <= set(sources), found[:5]
    return {file: [(line, message) for f, line, message in found if f == file] for file in sources}


def test_good_graphs_compile(errors):
    assert errors["good.swift"] == [] and errors["common.swift"] == []


@pytest.mark.parametrize("name", wrong_graphs.WRONG)
def test_a_wrong_graph_is_refused_at_its_wrong_line(errors, name):
    code, *words = wrong_graphs.WRONG[name]
    lines = (HEAD + f"func f() {{{code}").split("\n")
    wrong = next(number for number, line in enumerate(lines, 1) if "// !" in line)
    found = errors[file_of(name)]
    assert found, "it compiles"
    there = [message for line, message in found if line == wrong]
    assert any(all(word in message for word in words) for message in there), found
    # What else is said follows from it and is about the steps around it.
    assert all(
        line == wrong or "could not be inferred" in message or "'StepsTaking'" in message
        or "expected argument type 'Step<UInt32" in message for line, message in found), found
