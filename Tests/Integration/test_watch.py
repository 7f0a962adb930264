"""`app run --watch`: saved sources roll a running app."""

import contextlib
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

from mesh import BINARIES, Load, children_of_run, wait_until

# A build of a moment: the program is the one before but for its own number, which the source says.
BUILD = """
import pathlib, re, sys
source = pathlib.Path("sources/number.swift").read_text()
number = re.fullmatch('let number = "([0-9]{4})"', source)
if not number:
    sys.exit(f"sources/number.swift:1:1: error: {source} is no number")
program = pathlib.Path("app")
code, count = re.subn(rb"stream fixture, build [0-9]{4}", b"stream fixture, build " + number[1].encode(),
                      program.read_bytes())
assert count > 0
draft = pathlib.Path("app.new")
draft.write_bytes(code)
draft.chmod(0o755)
draft.rename(program)
"""

# The types of the program with a file for each, as they are to the linker: compiled in a moment, they stand
# for the objects that the program was linked from. `Role` is Martlet's part of it.
TYPES = {
    "Fixture.swift": "struct StreamFixture { var all: [Any] { [Streamer(), Relay()] } }",
    "Streamer.swift": "struct Streamer { var build: String { number } }",
    "Relay.swift": "struct Relay { var hops: Int { 1 } }",
    "number.swift": 'let number = "0001"',
}
COMPILE = f"""
import subprocess
subprocess.run(["swiftc", "-c", "-Onone", "-parse-as-library", "-module-name", "stream_fixture",
                *(f"../sources/{{name}}" for name in {list(TYPES)})], cwd="the objects", check=True)
"""


@contextlib.contextmanager
def watching(folder):
    """The program of a folder, run and watched: (its process, a function for what it said)."""
    run_dir, said = folder / "run", folder / "said"
    with said.open("w") as output:
        process = subprocess.Popen(
            [folder / "app", "run", "--watch", "--build-command", f"{sys.executable} build.py",
             "--listen", "127.0.0.1:0", "--run-dir", run_dir, "--cpus", "4"],
            cwd=folder, stdout=output, stderr=output)
    try:
        wait_until(lambda: "watching" in said.read_text(), 40, "it watches")
        yield process, said.read_text
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        finally:
            process.kill()
            left = children_of_run(run_dir)
            for pid in left:
                os.kill(pid, signal.SIGKILL)
        assert not left


@pytest.fixture
def folder(stubs):
    with tempfile.TemporaryDirectory(prefix="m") as name:
        folder = pathlib.Path(name)
        (folder / "sources").mkdir()
        yield folder


@pytest.fixture
def app(folder):
    """A program of which nothing but its file is there: (folder, its process, a function for what it said)."""
    shutil.copy(BINARIES / "stream-fixture", folder / "app")
    (folder / "sources/number.swift").write_text('let number = "0001"')
    (folder / "build.py").write_text(BUILD)
    with watching(folder) as (process, said):
        yield folder, process, said


@pytest.fixture
def linked(folder):
    """The folder of a program, `app`, with the objects that it was linked from."""
    (folder / "the objects").mkdir()
    for name, text in TYPES.items():
        (folder / "sources" / name).write_text(text)
    (folder / "role.swift").write_text("enum Role {}")
    subprocess.run(
        ["swiftc", "-c", "-Onone", "-parse-as-library", "-module-name", "Martlet", "../role.swift"],
        cwd=folder / "the objects", check=True)
    (folder / "app.product").mkdir()
    names = ["role", *(name.removesuffix(".swift") for name in TYPES)]
    (folder / "app.product/Objects.LinkFileList").write_text(
        "".join(f"'{folder}/the objects/{name}.o'\n" for name in names))
    (folder / "build.py").write_text(COMPILE + BUILD)
    shutil.copy(BINARIES / "stream-fixture", folder / "app")
    subprocess.run([sys.executable, "build.py"], cwd=folder, check=True)
    return folder


def address(folder):
    return (folder / "run/address").read_text().strip()


def pids(folder, deployment):
    """Of its replicas that run."""
    from martlet.control.v1 import control_pb2, control_pb2_grpc

    with grpc.insecure_channel(f"unix:{folder}/run/controller.sock") as channel:
        status = control_pb2_grpc.ControllerStub(channel).GetStatus(
            control_pb2.GetStatusRequest(), timeout=10, wait_for_ready=True)
    running = control_pb2.ReplicaState.Value("REPLICA_STATE_RUNNING")
    return {
        replica.pid for found in status.apps[0].deployments if found.name == deployment
        for replica in found.replicas if replica.state == running}


def test_a_saved_source_rolls_without_a_lost_call(app):
    from stream.v1 import stream_pb2, stream_pb2_grpc

    folder, process, said = app
    number = folder / "sources/number.swift"
    seen = []
    with grpc.insecure_channel(address(folder)) as channel:
        stub = stream_pb2_grpc.StreamStub(channel)

        def call():
            answer, call = stub.Echo.with_call(stream_pb2.Chunk(payload=b"x"), timeout=20)
            seen.append(dict(call.initial_metadata())["x-build"][-4:])

        with Load(call) as load:
            assert set(seen) == {"0001"}
            number.write_text('let number = "0002"')
            wait_until(lambda: seen[-1] == "0002", 30, "the new program answers")
            wait_until(lambda: "v2 serves" in said(), 30, "it says so")
            # Without the object files of a build nobody knows whose code it was.
            assert said().count("no code versions") == 1
            assert "rolling stream, relay\n" in said()

            # A build that fails is shown, and nothing else happens.
            number.write_text("oops")
            wait_until(lambda: "the version before goes on" in said(), 30, "it says so")
            assert "error: oops is no number" in said()
            load.steady(50)
            assert set(seen[-50:]) == {"0002"}

            # Files of no interest are none; the next source that is saved is built.
            (folder / "notes.txt").write_text("x")
            (folder / "sources/deeper").mkdir()
            (folder / "sources/deeper/other.swift").write_text("// x")
            number.write_text('let number = "0003"')
            wait_until(lambda: seen[-1] == "0003", 30, "the new program answers")
            load.steady(50)
        assert load.failures == []
        assert sorted(set(seen)) == ["0001", "0002", "0003"]
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0


def test_only_what_was_saved_rolls(linked):
    from stream.v1 import stream_pb2, stream_pb2_grpc

    folder, seen = linked, []
    with watching(folder) as (_, said), grpc.insecure_channel(address(folder)) as channel:
        assert "no code version" not in said()
        stub = stream_pb2_grpc.StreamStub(channel)

        def call():
            answer, call = stub.Echo.with_call(stream_pb2.Chunk(payload=b"x"), timeout=20)
            seen.append(dict(call.initial_metadata())["x-build"][-4:])

        with Load(call) as load:
            streams, relays = pids(folder, "stream"), pids(folder, "relay")
            assert streams and relays

            # What `Streamer` calls is its code, too.
            (folder / "sources/number.swift").write_text('let number = "0002"')
            wait_until(lambda: seen[-1] == "0002", 60, "the new program answers")
            wait_until(lambda: "v2 serves" in said(), 30, "it says so")
            assert "rolling stream\n" in said()
            wait_until(lambda: not streams & pids(folder, "stream"), 30, "the old ones are gone")
            assert pids(folder, "relay") == relays

            streams = pids(folder, "stream")
            (folder / "sources/Relay.swift").write_text("struct Relay { var hops: Int { 2 } }")
            wait_until(lambda: "v3 serves" in said(), 60, "it says so")
            assert "rolling relay\n" in said()
            wait_until(lambda: not relays & pids(folder, "relay"), 30, "the old ones are gone")
            assert pids(folder, "stream") == streams

            # The app's type is nobody's code: what it says is in the app file.
            relays = pids(folder, "relay")
            fixture = folder / "sources/Fixture.swift"
            fixture.write_text(f"// One more.\n{fixture.read_text()}")
            wait_until(lambda: "nothing has changed" in said(), 60, "it says so")
            load.steady(50)
            assert (pids(folder, "stream"), pids(folder, "relay")) == (streams, relays)
        assert load.failures == []
        assert sorted(set(seen)) == ["0001", "0002"]


def code_versions(folder, **environment):
    """What `app build --code-versions` writes of each deployment, and what it says."""
    done = subprocess.run(
        [folder / "app", "build", "--code-versions", "-o", "out.yaml"], cwd=folder, timeout=60,
        env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True, check=True)
    deployments = (folder / "out.yaml").read_text().split("  - name: ")[1:]
    versions = {each.split()[0]: re.search('code_version: "?([^"\n]+)', each) for each in deployments}
    return {name: found[1] for name, found in versions.items() if found}, done.stderr


def test_a_code_version_is_left_out_where_nobody_knows_it(linked):
    found, said = code_versions(linked)
    assert sorted(found) == ["relay", "stream"] and found["relay"] != found["stream"]
    assert all(re.fullmatch("[0-9a-f]{16}", version) for version in found.values())
    assert "no code version" not in said
    assert code_versions(linked) == (found, said)

    # Without nm.
    tools = linked / "tools"
    tools.mkdir()
    for name in ["sh", "xargs", "sha256sum"]:
        (tools / name).symlink_to(shutil.which(name))
    none, said = code_versions(linked, PATH=str(tools))
    assert none == {} and said.count("no code versions: nm") == 1

    # Without the object of one type, as when it is private.
    names = linked / "app.product/Objects.LinkFileList"
    names.write_text("".join(line for line in names.open() if "Relay" not in line))
    one, said = code_versions(linked)
    assert sorted(one) == ["stream"] and said.count("no code version of relay") == 1

    # With an object of a build that came to nothing.
    later = (linked / "app").stat().st_mtime + 1
    os.utime(linked / "the objects/number.o", (later, later))
    none, said = code_versions(linked)
    assert none == {} and said.count("number.o is newer than the program") == 1

    names.unlink()
    none, said = code_versions(linked)
    assert none == {} and said.count(f"there is no {names}") == 1


def test_what_watching_needs_is_said(stubs):
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        shutil.copy(BINARIES / "stream-fixture", f"{folder}/app")
        for options, words in [
                (["--watch"], "--build-command"), (["--build-command", "make"], "--watch")]:
            done = subprocess.run(
                [f"{folder}/app", "run", "--run-dir", f"{folder}/run", *options], cwd=folder,
                capture_output=True, text=True, timeout=30)
            assert done.returncode == 64 and words in done.stderr
