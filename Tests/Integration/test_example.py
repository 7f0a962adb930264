"""The content-understanding app on its held-out pages, through real processes."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time

import grpc
import pytest

from mesh import BINARIES, ROOT, Load, alive, children_of_run, wait_until

APP = ROOT / "deploy/content-understanding"
PAGES = sorted((APP / "pages").glob("*.png"))


def truth_of(page):
    """[{"object", "x", "y", "width", "height"}] of a page."""
    return json.loads(page.with_suffix(".json").read_text())["glyphs"]


def read_by_place(answer, glyphs):
    """How many glyphs of the truth were answered with the right object at their place."""
    right = 0
    for glyph in glyphs:
        inside = {}
        for found in answer.objects:
            hits = sum(
                glyph["x"] <= p.x < glyph["x"] + glyph["width"]
                and glyph["y"] <= p.y < glyph["y"] + glyph["height"] for p in found.segment_pixels)
            if hits:
                inside[hits] = found.object
        right += bool(inside) and inside[max(inside)] == str(glyph["object"])
    return right


def analyze(channel, url, **options):
    from content.v1 import content_pb2, content_pb2_grpc
    stub = content_pb2_grpc.UnderstandingStub(channel)
    return stub.Analyze(content_pb2.AnalyzeRequest(url=url), timeout=30, **options)


@pytest.fixture
def understanding(mesh):
    mesh.up(APP / "martlet.yaml")
    with mesh.channel() as channel:
        yield mesh, channel


def test_at_least_95_percent_of_the_held_out_glyphs_are_read(understanding):
    _, channel = understanding
    right = total = 0
    for page in PAGES:
        glyphs = truth_of(page)
        right += read_by_place(analyze(channel, f"file:{page}"), glyphs)
        total += len(glyphs)
    assert total >= 300
    assert right / total >= 0.95, f"{right} of {total}"


def test_the_parts_of_a_trace_are_the_whole(understanding):
    mesh, channel = understanding
    page = f"file:{PAGES[0]}"
    analyze(channel, page)  # every replica has started
    done = mesh.cli(
        "call", "content.v1.Understanding/Analyze", json.dumps({"url": page}), "--trace")
    assert "sequence" in done.stderr and "call detector" in done.stderr, done.stderr
    from content.v1 import content_pb2, content_pb2_grpc
    with mesh.channel(long_trailers=True) as patient:
        _, call = content_pb2_grpc.UnderstandingStub(patient).Analyze.with_call(
            content_pb2.AnalyzeRequest(url=page), timeout=30, metadata=[("martlet-trace", "full")])
    trace = json.loads(dict(call.trailing_metadata())["martlet-trace"])
    nodes = trace["nodes"]
    assert all(node["status"] == "OK" for node in nodes)
    steps = [node for node in nodes if node.get("parent") == 0]
    assert sum(step["us"] for step in steps) == pytest.approx(trace["us"], rel=0.03)
    calls = [node for node in nodes if node["kind"] == "call"]
    assert len(calls) > 10
    for leg in calls:
        parts = leg["queue_us"] + leg["wire_us"] + leg["execute_us"]
        assert parts == pytest.approx(leg["us"], rel=0.03, abs=3)


@pytest.mark.parametrize("url, code", [
    ("file:/etc/passwd", "PERMISSION_DENIED"),
    (f"file:{APP}/pages/../../../README.md", "PERMISSION_DENIED"),
    (f"file:{APP}/pages/none.png", "NOT_FOUND"),
    (f"file:{APP}/martlet.yaml", "INVALID_ARGUMENT"),
    ("gopher://x", "INVALID_ARGUMENT"),
    ("", "INVALID_ARGUMENT"),
    ("http://127.0.0.1:9/none.png", "UNAVAILABLE"),
])
def test_bad_urls_get_their_status(understanding, url, code):
    _, channel = understanding
    with pytest.raises(grpc.RpcError) as caught:
        analyze(channel, url)
    assert caught.value.code().name == code, caught.value.details()
    assert caught.value.details()
    assert analyze(channel, f"file:{PAGES[0]}").objects


def test_sigkill_of_one_expert_of_two_under_the_example_s_load(understanding):
    mesh, channel = understanding
    mesh.cli("scale", "expert-looped=2")
    mesh.wait_running("expert-looped", 2)
    with Load(lambda: analyze(channel, f"file:{PAGES[0]}"), threads=2) as load:
        times = []
        for _ in range(5):
            victim = mesh.wait_running("expert-looped", 2)[0]
            os.kill(victim.pid, signal.SIGKILL)
            began = time.monotonic()
            wait_until(lambda: not alive(victim.pid), 5, "the victim is gone")
            mesh.wait_running("expert-looped", 2)
            times.append(time.monotonic() - began)
            load.steady(10)
    assert load.failures == []
    assert sorted(times)[2] < 0.5, f"seconds until there are two again: {times}"


def test_call_from_the_command_line(understanding):
    mesh, _ = understanding
    out = mesh.cli("call", "content.v1.Understanding/Analyze", json.dumps({"url": f"file:{PAGES[0]}"}))
    answer = json.loads(out.stdout)
    assert {"object", "score", "segment_pixels"} <= set(answer["objects"][0])
    assert len(mesh.cli("ps").stdout.splitlines()) >= 10
    assert "RUNNING" in mesh.cli("status").stdout


def test_build_prints_the_app_file_that_up_takes(mesh):
    built = subprocess.run(
        [BINARIES / "content-understanding", "build"], capture_output=True, text=True, check=True,
        cwd=mesh.folder)
    file = pathlib.Path(mesh.folder) / "built.yaml"
    file.write_text(built.stdout)
    mesh.cli("validate", file)


def test_the_app_file_is_what_build_prints(mesh):
    built = subprocess.run(
        [BINARIES / "content-understanding", "build", "--executable", "content-understanding"],
        capture_output=True, text=True, check=True, cwd=mesh.folder)
    lines = (APP / "martlet.yaml").read_text().splitlines()
    assert [line for line in lines if not line.lstrip().startswith("#")] == built.stdout.splitlines()
    descriptors = "content-understanding.binpb"
    assert (APP / descriptors).read_bytes() == (mesh.folder / descriptors).read_bytes()


@contextlib.contextmanager
def served_by_itself(mesh):
    """A channel to the app while `content-understanding run` serves it."""
    said = mesh.folder / "said"
    with said.open("w") as out:
        started = subprocess.Popen(
            [BINARIES / "content-understanding", "run", "--listen", "127.0.0.1:0", "--run-dir",
             str(mesh.run_dir)], cwd=APP, stdout=out, stderr=out)
    try:
        # The mesh listens before it has its app; it says so when the app runs.
        wait_until(lambda: "serves on" in said.read_text(), 10, "the app runs")
        mesh.address = mesh.find_address()
        with mesh.channel() as channel:
            yield channel
    finally:
        started.terminate()
        assert started.wait(30) == 0


def test_run_serves_the_app_from_its_own_executable(mesh):
    with served_by_itself(mesh) as channel:
        assert analyze(channel, f"file:{PAGES[0]}").objects
    assert children_of_run(mesh.run_dir) == []


def test_first_answer_after_up_comes_soon(mesh):
    began = time.monotonic()
    mesh.up(APP / "martlet.yaml")
    with mesh.channel() as channel:
        analyze(channel, f"file:{PAGES[0]}")
    taken = time.monotonic() - began
    # The figure itself is `tools/bench start`; this bound only catches a wait that went wrong.
    assert taken < 3, f"{taken:.2f} s"


def test_the_gpu_file_is_valid_and_packed(mesh):
    mesh.cli("validate", APP / "martlet-gpu.yaml")
    mesh.up(APP / "martlet-gpu.yaml", "--cpus", "16", "--gpus", "4", check=False)
    wait_until(lambda: mesh.cli("status").stdout.count("RUNNING") >= 9, 20, "everything fits")


def test_the_gpu_file_says_what_is_missing_on_a_small_machine(mesh):
    mesh.up(APP / "martlet-gpu.yaml", "--cpus", "2", "--gpus", "0", check=False)
    status = mesh.cli("status").stdout
    assert "PENDING" in status and "gpu" in status.lower()
