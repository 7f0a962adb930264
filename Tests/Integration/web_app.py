"""A mesh for the clients of plain HTTP: a plain deployment, a graph, and a stream."""

import contextlib
import json
import sys
import tempfile

from conftest import check_gone
from mesh import BINARIES, HERE, Mesh

ECHO = "/probe.v1.Probe/Echo"
GRAPH = "/probe.v1.Other/Double"
EXPAND = "/stream.v1.Stream/Expand"


def app(other=None, **first_route):
    graph_name = {"http": other} if other else {}
    return {
        "name": "web",
        "protos": [str(HERE / "protos/probe/v1/probe.proto"), str(HERE / "protos/stream/v1/stream.proto")],
        "deployments": [
            {"name": "probe", "command": [sys.executable, str(HERE / "probe_server.py")],
             "services": ["probe.v1.Probe"], "max_ongoing_requests": 32, "resources": {"cpus": 0.1},
             "user_config": {"version": "one"}},
            {"name": "stream", "command": [str(BINARIES / "stream-fixture"), "replica", "stream"],
             "services": ["stream.v1.Stream"], "max_ongoing_requests": 100, "resources": {"cpus": 0.1}}],
        "routes": [
            {"method": "probe.v1.Probe/Echo", "deployment": "probe", **first_route},
            {"method": "probe.v1.Other/Double", **graph_name,
             "graph": {"call": "probe", "method": "probe.v1.Probe/Echo"}},
            {"service": "stream.v1.Stream", "deployment": "stream"}]}


@contextlib.contextmanager
def running(stubs, *arguments, **routes):
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        mesh = Mesh(folder, stubs)
        file = mesh.folder / "app.yaml"
        file.write_text(json.dumps(app(**routes)))
        try:
            mesh.up(file, *arguments)
            for name in ("probe", "stream"):
                mesh.wait_running(name, 1)
            yield mesh
        finally:
            check_gone(mesh)


def log(mesh, deployment):
    return "".join(
        path.read_text(errors="replace") for path in (mesh.run_dir / "logs").glob(f"{deployment}*"))
