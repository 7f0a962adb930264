"""Meshes of `work_server.py`: deployments, graphs over them, and what their replicas recorded."""

import contextlib
import json
import sys
import tempfile

from conftest import check_gone
from mesh import HERE, Mesh

DO = "work.v1.Work/Do"


def call(deployment, **options):
    return {"call": deployment, "method": DO, **options}


def deployment(name, folder=None, *, options=None, **config):
    """With a folder it keeps records there; `options` are the deployment's own."""
    records = {"records": str(folder / f"{name}.records")} if folder else {}
    return {
        "name": name, "command": [sys.executable, str(HERE / "work_server.py")],
        "services": ["work.v1.Work"], "num_replicas": 1, "idempotent": True,
        "max_ongoing_requests": 200, "resources": {"cpus": 0.01},
        "user_config": {**config, **records}, **(options or {})}


def by_kind(cases):
    """A graph that takes the case that the request's `kind` names."""
    return {"switch": {"on": "kind", "cases": cases}}


def write(mesh, deployments, graphs):
    file = mesh.folder / "app.yaml"
    file.write_text(json.dumps({
        "name": "work", "max_message": "4Mi", "protos": [str(HERE / "protos/work/v1/work.proto")],
        "deployments": deployments,
        "routes": [{"method": method, "graph": graph} for method, graph in graphs.items()]}))
    return file


@contextlib.contextmanager
def folder_of_mesh(stubs):
    """A mesh that is not up yet."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        mesh = Mesh(folder, stubs)
        try:
            yield mesh
        finally:
            check_gone(mesh)


def up(mesh, deployments, graphs, *arguments):
    mesh.up(write(mesh, deployments, graphs), *arguments)
    for each in deployments:
        if each["num_replicas"]:
            mesh.wait_running(each["name"], each["num_replicas"])


def records(mesh, *names):
    """What the replicas of some deployments recorded so far."""
    found = []
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            lines = (mesh.folder / f"{name}.records").read_text().splitlines()
            found += [json.loads(line) for line in lines]
    return found
