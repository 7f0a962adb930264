"""`tools/bench compose`: graphs over seven deployments that echo, with the CPU time of all processes together.

downloader, preprocessor and detector in a row, then one of three experts (dispatch) or all of them (ensemble),
then a combiner; and a hundred parts of one message to one of the experts each. Nothing is pinned but the
load: the mesh has the machine as it would have it. Beside them what one more call costs the router (`edges`).

Ray Serve runs the same beside it where it is there: `.venv/bin/pip install "ray[serve]"` (it is large).
"""

import base64
import contextlib
import dataclasses
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import grpc

import edges
from measure import Shape, compare, echo_message, framed, free_port
from meshes import echo_call as call, echo_deployments, mesh

HERE = pathlib.Path(__file__).resolve().parent
EXPERTS = ("looped", "open", "unsure")
SIZE, PARTS = 1000, 100


def one_expert():
    return {"switch": {"on": "kind", "cases": {kind: call(kind) for kind in EXPERTS[:2]},
                       "default": call(EXPERTS[2])}}


def graph(method, middle):
    steps = [call("downloader"), call("preprocessor"), call("detector"), middle, call("combiner")]
    return {"method": f"echo.v1.Graphs/{method}", "graph": {"sequence": steps}}


def app():
    names = ["downloader", "preprocessor", "detector", *EXPERTS, "combiner"]
    return {
        "name": "compose", "protos": [str(HERE / "compose.proto")],
        "deployments": echo_deployments(names),
        "routes": [
            graph("Dispatch", one_expert()),
            graph("Ensemble", {"ensemble": [call(name) for name in EXPERTS], "combine": {"vote": "kind"}}),
            graph("Each", {"for_each": "parts", "do": one_expert(), "into": "parts"})]}


def field(number, content):
    """A field of a message whose content is shorter than 128 bytes."""
    return bytes([number << 3 | 2, len(content)]) + content


MESSAGE = echo_message(SIZE) + field(2, b"open")
LARGE = b"".join(field(3, echo_message(64) + field(2, kind.encode())) for kind in EXPERTS * 33 + EXPERTS[:1])
JSON = json.dumps({"payload": base64.b64encode(bytes(SIZE)).decode(), "kind": "open"}).encode()


def shape(method, connections, body=None, **rest):
    return Shape(connections, 1, path=f"/echo.v1.Graphs/{method}", body=body or framed(MESSAGE), **rest)


SHAPES = {
    "dispatch-c1": shape("Dispatch", 1, one_of=10),
    "dispatch-c16": shape("Dispatch", 16, one_of=4),
    "ensemble-c1": shape("Ensemble", 1, one_of=10),
    "ensemble-c16": shape("Ensemble", 16, one_of=4),
    "foreach-100": shape("Each", 1, framed(LARGE), one_of=100),
    "json-c16": shape("Dispatch", 16, JSON, content_type="application/json", one_of=4),
}


def check(address):
    """Fails unless each graph answers what it was sent: h2load takes any answer for a good one."""
    with grpc.insecure_channel(address) as channel:
        for method, message in (("Dispatch", MESSAGE), ("Ensemble", MESSAGE), ("Each", LARGE)):
            answer = channel.unary_unary(f"/echo.v1.Graphs/{method}")(message, timeout=20)
            if sorted(answer) != sorted(message):
                raise SystemExit(f"bench: {method} does not answer what it was sent")
    answer = subprocess.run(
        ["curl", "-sS", "--data-binary", JSON, f"http://{address}/echo.v1.Graphs/Dispatch"],
        check=True, capture_output=True).stdout
    if json.loads(answer) != json.loads(JSON):
        raise SystemExit("bench: the graph does not answer the JSON that it was sent")


@contextlib.contextmanager
def martlet(_cpu):
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        file = pathlib.Path(folder) / "app.yaml"
        file.write_text(json.dumps(app()))
        with mesh(file) as running:
            check(running.address)
            yield running.port, running.pids()


@contextlib.contextmanager
def ray(_cpu):
    """Ray Serve, with all processes that it starts: they inherit a mark in their environment."""
    port, mark = free_port(), f"BENCH_RAY={os.getpid()}.{time.monotonic_ns()}"
    name, value = mark.split("=")
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        started = subprocess.Popen(
            [sys.executable, HERE / "ray_graph.py", str(port)], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, start_new_session=True,
            env={**os.environ, name: value, "RAY_TMPDIR": folder, "RAY_USAGE_STATS_ENABLED": "0"})
        try:
            if not any("ready" in line for line in started.stdout):
                raise SystemExit("bench: Ray Serve did not start")
            yield port, marked(mark)
        finally:
            started.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                started.wait(30)
            for pid in marked(mark):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, 9)


def marked(mark):
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if mark.encode() in (pathlib.Path("/proc") / entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry))
    return found


RAY_SHAPES = {
    name: dataclasses.replace(
        SHAPES[name], path=f"/{name.split('-')[0]}", body=bytes(SIZE), content_type="text/plain",
        http1=True)
    for name in ("dispatch-c1", "dispatch-c16", "ensemble-c1", "ensemble-c16")}


def figures(rounds, requests):
    sys.stderr.write("bench: CPU is that of all processes of the mesh together; of an edge, one more call, "
                     "the router's\n")
    measured = compare("compose", {"martlet": (martlet, 1)}, SHAPES, rounds, requests)
    measured += edges.figures(rounds, requests)
    if importlib.util.find_spec("ray") is None:
        sys.stderr.write("bench: no ray here, so it is not measured\n")
        return measured
    return measured + compare("compose", {"ray": (ray, 100)}, RAY_SHAPES, rounds, requests)
