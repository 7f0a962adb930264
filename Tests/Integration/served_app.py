"""A mesh with an app of its own, for as long as a test wants it."""

import contextlib
import json
import tempfile

from conftest import check_gone
from mesh import Mesh


@contextlib.contextmanager
def running(stubs, app, *arguments):
    """The mesh, once every deployment of the app has a replica; `arguments` are those of `martlet up`."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        mesh = Mesh(folder, stubs)
        file = mesh.folder / "app.yaml"
        file.write_text(json.dumps(app))
        try:
            mesh.up(file, *arguments)
            for deployment in app["deployments"]:
                mesh.wait_running(deployment["name"], 1)
            yield mesh
        finally:
            check_gone(mesh)


def log(mesh, deployment):
    """What all replicas of a deployment have written."""
    return "".join(
        path.read_text(errors="replace") for path in (mesh.run_dir / "logs").glob(f"*{deployment}*"))
