"""What a new user meets first: the README's package, the version, and words that are nearly right."""

import base64
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import grpc
import pytest

import readme
from mesh import BINARIES, HERE, MARTLET, ROOT, children_of_run, wait_until

ECHO_APP = str(BINARIES / "echo-app")


def martlet(*arguments):
    return subprocess.run([MARTLET, *map(str, arguments)], capture_output=True, text=True, timeout=30)


def test_the_version_is_told():
    result = martlet("--version")
    assert result.returncode == 0
    name, version = result.stdout.split()
    assert name == "martlet"
    assert all(part.isdigit() for part in version.split("."))


@pytest.mark.parametrize("program, word, meant", [
    (MARTLET, "stauts", "status"), (MARTLET, "deplyo", "deploy"), (MARTLET, "dwon", "down"),
    (ECHO_APP, "rnu", "run"), (ECHO_APP, "biuld", "build")])
@pytest.mark.parametrize("before", [[], ["help"]])
def test_an_unknown_subcommand_is_named_with_the_nearest(program, word, meant, before):
    result = subprocess.run([program, *before, word], capture_output=True, text=True, timeout=30)
    assert result.returncode == 64
    assert f"unknown subcommand '{word}'; did you mean {meant}?" in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_app_s_program_names_what_it_does_not_know():
    def ask(*arguments):
        result = subprocess.run([ECHO_APP, *arguments], capture_output=True, text=True, timeout=30)
        assert result.returncode == 64, result
        return result.stderr

    # By the name that the program has on the command line, which is not the app's.
    assert "unknown subcommand 'frobnicate'; see: echo-app --help" in ask("frobnicate", "--all")
    assert "Unknown option '--lissten'. Did you mean '--listen'?" in ask("run", "--lissten", "x")
    assert "echo-app run --help" in ask("run", "--lissten", "x")
    assert "has no deployment \"\"; it has echo" in ask("replica")


def test_an_unknown_subcommand_without_a_near_one_points_to_the_help():
    result = martlet("frobnicate", "--all")
    assert result.returncode == 64
    assert "unknown subcommand 'frobnicate'" in result.stderr
    assert "martlet --help" in result.stderr


# -- the README's package, outside of this checkout


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return readme.write(tmp_path_factory.mktemp("outside"))


@pytest.fixture(scope="module")
def build():
    return readme.Build()


def test_the_manifest_fits_this_package(package):
    """Its targets have their sources, and its products are ours."""
    def dump(folder):
        result = subprocess.run(
            ["swift", "package", "dump-package"], cwd=folder, capture_output=True, text=True, check=True)
        return json.loads(result.stdout)

    app, ours = dump(package), dump(ROOT)
    asked = {words[0] for target in app["targets"] for dependency in target["dependencies"]
             for words in [dependency.get("product")] if words and words[1] == "martlet"}
    assert asked == {"Martlet", "MartletTestKit"}
    assert asked <= {product["name"] for product in ours["products"]}
    assert ours["name"] == "martlet"
    for target in app["targets"]:
        kind = {"executable": "Sources", "test": "Tests"}[target["type"]]
        assert list((package / kind / target["name"]).glob("*.swift")), target["name"]
    # The same swift-protobuf: two that exclude each other could not be resolved.
    def protobuf(manifest):
        return [source["requirement"] for dependency in manifest["dependencies"]
                for source in dependency.get("sourceControl", []) if source["identity"] == "swift-protobuf"]

    assert protobuf(app) == protobuf(ours) != []


PLAIN, LEVELS = [], ["--swift_opt=UseAccessLevelOnImports=true", "--martlet_opt=UseAccessLevelOnImports=true"]
INTERNAL = ["-enable-upcoming-feature", "InternalImportsByDefault"]
STRICT = ["-enable-upcoming-feature", "MemberImportVisibility", "-enable-upcoming-feature", "ExistentialAny"]


@pytest.mark.parametrize("generated, options", [
    (PLAIN, ["-swift-version", "6"]), (PLAIN, ["-swift-version", "5"]),
    (LEVELS, ["-swift-version", "6", *INTERNAL]), (LEVELS, ["-swift-version", "6", *INTERNAL, *STRICT]),
], ids=["6", "5", "6, internal imports", "6, all features"])
def test_the_readme_s_package_compiles_outside_and_serves(package, build, tmp_path, generated, options):
    sources = readme.generate(package, *generated)
    assert len(sources) == 3
    object = tmp_path / "my-app.o"
    result = build.compile(
        sources, object, *options, "-warnings-as-errors", "-emit-module", "-enable-testing",
        "-emit-module-path", str(tmp_path / "my_app.swiftmodule"))
    assert result.returncode == 0, result.stderr[-4000:]
    if options != ["-swift-version", "6"]:
        return  # what is compiled is the same
    if build.has_test_kit:
        test = subprocess.run(
            [build.compiler[0], "-typecheck", "-swift-version", "6", *build.search(), "-I", str(tmp_path),
             str(package / "Tests/MyAppTests/EchoTests.swift")], capture_output=True, text=True)
        assert test.returncode == 0, test.stderr[-4000:]
    serve(build.link(object, tmp_path))


def serve(program):
    """`my-app run`, and the section's calls of it."""
    # Paths of sockets are short.
    run_dir = pathlib.Path(tempfile.mkdtemp(prefix="run-"))
    process = subprocess.Popen(
        [program, "run", "--listen", "127.0.0.1:0", "--run-dir", run_dir, "--cpus", "1"],
        stderr=subprocess.PIPE, text=True)
    try:
        address = re.search(r"serves on (\S+) with 1 deployment;", process.stderr.readline())[1]
        for line in readme.block("martlet call", "").strip().split("\n"):
            command = line.replace("localhost:8000", address)
            command = command.replace("martlet call", f"{MARTLET} call --address {address}")
            command = command.replace("grpcurl", str(ROOT / ".venv/bin/grpcurl"))
            answer = subprocess.run(
                ["bash", "-c", command], capture_output=True, text=True, timeout=30)
            assert answer.returncode == 0, answer
            assert json.loads(answer.stdout) == {"payload": base64.b64encode(b"hello").decode()}
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        for pid in children_of_run(run_dir):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(run_dir, ignore_errors=True)


def test_imports_of_two_levels_in_one_module_would_be_seen(package, build, tmp_path):
    """What broke the package once: generated code imports with an access level, the app without one."""
    sources = readme.generate(package, *LEVELS)
    result = build.compile(sources, tmp_path / "my-app.o", "-swift-version", "6")
    assert result.returncode != 0
    assert "import" in result.stderr


@pytest.mark.skipif(
    "MARTLET_BIN" not in os.environ, reason="builds all of Martlet anew, five minutes: tools/test does it")
def test_the_readme_s_package_builds_by_itself(package):
    """As a user builds it, dependencies' settings included. Only where they come from is near."""
    readme.generate(package)
    readme.mirror_dependencies(package)
    result = subprocess.run(
        ["swift", "build", "--disable-index-store", "-debug-info-format", "none"], cwd=package,
        capture_output=True, text=True, timeout=3600)
    assert result.returncode == 0, (result.stdout + result.stderr)[-4000:]
    told = subprocess.run(
        [package / ".build/debug/my-app", "--version"], capture_output=True, text=True, timeout=30)
    assert told.stdout.startswith("echo, built with Martlet "), told
    shutil.rmtree(package / ".build")


# -- five deployments on two cores


def test_deployments_that_ask_for_no_cpus_start_on_two_cores(mesh):
    names = ["one", "two", "three", "four", "five"]
    file = mesh.folder / "app.yaml"
    file.write_text(json.dumps({
        "name": "five", "protos": [str(HERE / "protos/probe/v1/probe.proto")],
        "deployments": [
            {"name": name, "command": [sys.executable, str(HERE / "probe_server.py")],
             "services": ["probe.v1.Probe"]} for name in names],
        "routes": [{"service": "probe.v1.Probe", "deployment": "five"}]}))
    mesh.up(file, "--cpus", "2")
    for name in names:
        mesh.wait_running(name, 1)
    assert "needs" not in mesh.cli("status").stdout


def test_a_converted_app_of_five_deployments_starts_on_two_cores(mesh):
    names = ["one", "two", "three", "four", "five"]
    listed = "\n".join(f"      - name: {name}" for name in names)
    file = mesh.folder / "serve.yaml"
    file.write_text(f"applications:\n  - name: five\n    import_path: a:b\n    deployments:\n{listed}\n")
    done = martlet(
        "convert", file, "-o", mesh.folder / "app.yaml", "--method", "one=probe.v1.Probe/Echo",
        *[word for name in names[1:] for word in ("--method", f"{name}=probe.v1.Other/Double")],
        "--route", "probe.v1.Probe/Echo", "--protos", HERE / "protos/probe/v1/probe.proto",
        "--command", f"{sys.executable} {HERE / 'probe_server.py'}", "--partial")
    assert done.returncode == 0, done.stderr
    mesh.up(mesh.folder / "app.yaml", "--cpus", "2")
    for name in names:
        mesh.wait_running(name, 1)
