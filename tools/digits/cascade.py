# `tools/train-digits --cascade`: what the example's cascade costs and how good it is, on held-out digits.
"""Three ways through the router for every crop of the committed pages: the small classifier alone, the cascade and
the ensemble. Accuracy, calls and the CPU time of all processes of the mesh, medians of three turns."""

import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import grpc

from held_out import committed_crops
from replicas import APP, GRPC

MARTLET = pathlib.Path(os.environ["MARTLET_BIN"]) / "martlet"
METHOD = "content.v1.Classifier/Classify"
SMALL, FAMILIES = "softmax", ("perceptron", "neighbours", "softmax")
SURE = 0.9
ROUNDS, AT_ONCE, TURNS = 10, 32, 3


def call(deployment):
    return {"call": deployment, "method": METHOD}


def ensemble(**options):
    return {"ensemble": [call(name) for name in FAMILIES], "combine": {"vote": "object"}, **options}


def cascade(sure):
    """The route of martlet.yaml, with any threshold."""
    unsure = {"on": "score", "cases": {f">= {sure}": "return"}, "default": ensemble(data="$request")}
    return {"sequence": [call(SMALL), {"switch": unsure}]}


def ways():
    if f'">= {SURE}": return' not in (APP / "martlet.yaml").read_text():
        sys.exit(f"train-digits: martlet.yaml has another threshold than {SURE}; set SURE to it")
    yield f"{SMALL} alone", call(SMALL)
    for sure in (0.5, 0.7, SURE, 0.99):
        yield f"cascade, sure from {sure}", cascade(sure)
    yield "ensemble always", ensemble()


@contextlib.contextmanager
def mesh(graph):
    """(channel, run directory) of a mesh whose one route is the graph."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        deployments = [
            {"name": name, "command": [str(MARTLET.parent / "content-understanding"), "replica", name],
             "services": ["content.v1.Classifier"], "max_ongoing_requests": 32,
             "max_queued_requests": 4096, "resources": {"cpus": 0.05},
             "user_config": {"weights": str(APP / f"weights/{name}.safetensors")}}
            for name in FAMILIES]
        app = {"name": "cascade", "protos": [str(APP / "content-understanding.binpb")],
               "deployments": deployments, "routes": [{"method": METHOD, "graph": graph}]}
        file = pathlib.Path(folder) / "app.yaml"
        file.write_text(json.dumps(app))
        run = ["--run-dir", f"{folder}/run"]
        up = [MARTLET, "up", file, "--detach", "--listen", "127.0.0.1:0", *run]
        subprocess.run(up, check=True, stdout=subprocess.DEVNULL)
        try:
            address = pathlib.Path(f"{folder}/run/address").read_text().strip()
            with grpc.insecure_channel(address) as channel:
                yield channel, f"{folder}/run"
        finally:
            subprocess.run([MARTLET, "down", *run], check=True, stdout=subprocess.DEVNULL)


def cpu_seconds(run_dir):
    """User and system time of every process whose command line or environment names the directory."""
    ticks = 0
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or entry.name == str(os.getpid()):
            continue
        with contextlib.suppress(OSError):
            about = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            if run_dir.encode() in about:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def answers(classify, crops, **options):
    """The calls of all crops, some of them at once."""
    for start in range(0, len(crops), AT_ONCE):
        some = [
            classify.future(crop, timeout=60, **options) for crop in crops[start:start + AT_ONCE]]
        yield from some


def measured(graph, pairs):
    """(share that is right, calls of classifiers per crop, CPU milliseconds per crop)."""
    crops = [crop for crop, _ in pairs]
    with mesh(graph) as (channel, run_dir):
        classify = GRPC.ClassifierStub(channel).Classify
        right = calls = 0
        traced = answers(classify, crops, metadata=[("martlet-trace", "1")])
        for asked, (_, digit) in zip(traced, pairs):
            right += asked.result().object == digit
            trace = json.loads(dict(asked.trailing_metadata())["martlet-trace"])
            calls += sum(node["kind"] == "call" for node in trace["nodes"])
        before = cpu_seconds(run_dir)
        for _ in range(ROUNDS):
            for asked in answers(classify, crops):
                asked.result()
        spent = cpu_seconds(run_dir) - before
    return right / len(crops), calls / len(crops), 1000 * spent / (ROUNDS * len(crops))


def main():
    pairs, total = committed_crops()
    print(f"{total} glyphs, {len(pairs)} found\n")
    print("| each crop, through the router | right, % | calls | CPU, ms |")
    print("|---|---|---|---|")
    # In turn, and back: what the machine does meanwhile meets all of them.
    all_ways = list(ways())
    taken = {}
    for turn in range(TURNS):
        for name, graph in all_ways[::-1 if turn % 2 else 1]:
            taken.setdefault(name, []).append(measured(graph, pairs))
    for name, _ in all_ways:
        right, calls, spent = map(statistics.median, zip(*taken[name]))
        print(f"| {name} | {100 * right:.1f} | {calls:.2f} | {spent:.3f} |")


if __name__ == "__main__":
    main()
