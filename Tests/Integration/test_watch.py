"""`app run --watch`: saved sources roll a running app."""

import os
import pathlib
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
number = pathlib.Path("sources/number.swift").read_text()
if not re.fullmatch(r"[0-9]{4}", number):
    sys.exit(f"sources/number.swift:1:1: error: {number} is no number")
program = pathlib.Path("app")
code, count = re.subn(rb"stream fixture, build [0-9]{4}", b"stream fixture, build " + number.encode(),
                      program.read_bytes())
assert count > 0
draft = pathlib.Path("app.new")
draft.write_bytes(code)
draft.chmod(0o755)
draft.rename(program)
"""


@pytest.fixture
def app(stubs):
    """A program that runs and watches: (folder, its process, a function for what it said)."""
    with tempfile.TemporaryDirectory(prefix="m") as name:
        folder = pathlib.Path(name)
        shutil.copy(BINARIES / "stream-fixture", folder / "app")
        (folder / "sources").mkdir()
        (folder / "sources/number.swift").write_text("0001")
        (folder / "build.py").write_text(BUILD)
        run_dir, said = folder / "run", folder / "said"
        with said.open("w") as output:
            process = subprocess.Popen(
                [folder / "app", "run", "--watch", "--build-command", f"{sys.executable} build.py",
                 "--listen", "127.0.0.1:0", "--run-dir", run_dir, "--cpus", "4"],
                cwd=folder, stdout=output, stderr=output)
        try:
            wait_until(lambda: "watching" in said.read_text(), 20, "it watches")
            yield folder, process, said.read_text
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


def test_a_saved_source_rolls_without_a_lost_call(app):
    from stream.v1 import stream_pb2, stream_pb2_grpc

    folder, process, said = app
    number = folder / "sources/number.swift"
    seen = []
    with grpc.insecure_channel((folder / "run/address").read_text().strip()) as channel:
        stub = stream_pb2_grpc.StreamStub(channel)

        def call():
            answer, call = stub.Echo.with_call(stream_pb2.Chunk(payload=b"x"), timeout=20)
            seen.append(dict(call.initial_metadata())["x-build"][-4:])

        with Load(call) as load:
            assert set(seen) == {"0001"}
            number.write_text("0002")
            wait_until(lambda: seen[-1] == "0002", 30, "the new program answers")
            wait_until(lambda: "v2 serves" in said(), 30, "it says so")

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
            number.write_text("0003")
            wait_until(lambda: seen[-1] == "0003", 30, "the new program answers")
            load.steady(50)
        assert load.failures == []
        assert sorted(set(seen)) == ["0001", "0002", "0003"]
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0


def test_what_watching_needs_is_said(stubs):
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        shutil.copy(BINARIES / "stream-fixture", f"{folder}/app")
        for options, words in [
                (["--watch"], "--build-command"), (["--build-command", "make"], "--watch")]:
            done = subprocess.run(
                [f"{folder}/app", "run", "--run-dir", f"{folder}/run", *options], cwd=folder,
                capture_output=True, text=True, timeout=30)
            assert done.returncode == 64 and words in done.stderr
