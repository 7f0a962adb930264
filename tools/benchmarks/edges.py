"""What one more call of a graph costs the router: chains of one call and of nine, at the same load."""

import contextlib
import json
import pathlib
import tempfile

from measure import Figure, Shape, compare, pin
from meshes import echo_call, echo_deployments, mesh

HERE = pathlib.Path(__file__).resolve().parent
DEPLOYMENTS = ("first", "second", "third", "fourth")
LENGTHS = {"One": 1, "Nine": 9}
SHAPES = {name: Shape(8, 16, path=f"/echo.v1.Graphs/{name}", one_of=4) for name in LENGTHS}


def app():
    """Each call goes to another connection than the one before."""
    calls = [echo_call(DEPLOYMENTS[number % len(DEPLOYMENTS)])
             for number in range(max(LENGTHS.values()))]
    return {
        "name": "edges", "protos": [str(HERE / "compose.proto")],
        "deployments": echo_deployments(DEPLOYMENTS),
        "routes": [{"method": f"echo.v1.Graphs/{name}", "graph": {"sequence": calls[:length]}}
                   for name, length in LENGTHS.items()]}


def between(one, nine):
    """The share of a call in what a chain of nine costs beyond one of one."""
    return (nine - one) / (LENGTHS["Nine"] - LENGTHS["One"])


@contextlib.contextmanager
def file():
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        path = pathlib.Path(folder) / "app.yaml"
        path.write_text(json.dumps(app()))
        yield path


@contextlib.contextmanager
def router(cpu):
    """The router alone on its core; its replicas are where the load is."""
    with file() as path, mesh(path) as running:
        pin(running.router(), cpu)
        yield running.port, [running.router()]


def figures(rounds, requests):
    one, nine = compare("compose", {"router": (router, 1)}, SHAPES, rounds, requests)
    cost = between(one.cpu_us_per_request, nine.cpu_us_per_request)
    return [Figure("compose", "edge", "router", cpu_us_per_request=cost, pss_mb=nine.pss_mb)]
