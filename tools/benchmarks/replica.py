"""`tools/bench replica`: one replica of the echo app beside a grpcio server, both over TCP."""

import contextlib
import os
import pathlib
import sys
import tempfile

from measure import free_port, median, process, tree, under_load, wait_for_port

HERE = pathlib.Path(__file__).resolve().parent
SHAPES = {"c8-m16": dict(connections=8, streams=16), "c1-m1": dict(connections=1, streams=1)}


@contextlib.contextmanager
def echo_replica(port, cpu):
    """The echo app in role `replica`, as a controller would start it."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        config = pathlib.Path(folder) / "config.json"
        config.write_text("{}")
        environment = {
            **os.environ, "MARTLET_LISTEN": f"127.0.0.1:{port}", "MARTLET_APP": "echo",
            "MARTLET_DEPLOYMENT": "echo", "MARTLET_REPLICA": "echo#1",
            "MARTLET_CONFIG": str(config), "MARTLET_ROUTER": f"unix:{folder}/none.sock"}
        binary = pathlib.Path(os.environ["MARTLET_BIN"]) / "echo-app"
        with process([binary, "replica", "echo"], cpu=cpu, env=environment) as started:
            wait_for_port(port)
            yield started.pid


@contextlib.contextmanager
def grpcio(port, cpu):
    with process([sys.executable, HERE / "grpcio_echo.py", port], cpu=cpu) as started:
        wait_for_port(port)
        yield started.pid


def figures(rounds, requests):
    systems = {"martlet": (echo_replica, requests), "grpcio": (grpcio, max(requests // 20, 1000))}
    taken = {}
    for turn in range(rounds):
        for system in sorted(systems, reverse=turn % 2 == 0):
            start, count = systems[system]
            port = free_port()
            with start(port, "0") as pid:
                for scenario, shape in SHAPES.items():
                    share = count if scenario == "c8-m16" else max(count // 10, 500)
                    taken.setdefault((scenario, system), []).append(
                        under_load("replica", scenario, system, port, tree(pid), share, **shape))
    return [median(taken[scenario, system]) for scenario in SHAPES for system in systems]
