"""`tools/bench replica`: one replica of the echo app beside bare nghttp2 and grpcio, over TCP."""

import contextlib
import os
import pathlib

import peers
from measure import SHAPES, compare, free_port, process, wait_for_port


@contextlib.contextmanager
def echo_replica(listen, cpu, prefix=(), **environment):
    """The echo app in role `replica`, as a controller would start it."""
    with peers.folder() as folder:
        config = folder / "config.json"
        config.write_text("{}")
        environment = {
            **os.environ, "MARTLET_LISTEN": listen, "MARTLET_APP": "echo",
            "MARTLET_DEPLOYMENT": "echo", "MARTLET_REPLICA": "echo#1",
            "MARTLET_CONFIG": str(config), "MARTLET_ROUTER": f"unix:{folder}/none.sock",
            **environment}
        binary = pathlib.Path(os.environ["MARTLET_BIN"]) / "echo-app"
        with process([*prefix, binary, "replica", "echo"], cpu=cpu, env=environment) as started:
            if listen.startswith("unix:"):
                peers.wait_for_socket(pathlib.Path(listen.removeprefix("unix:")))
            else:
                wait_for_port(int(listen.rsplit(":", 1)[1]))
            yield started.pid


@contextlib.contextmanager
def martlet(cpu):
    port = free_port()
    with echo_replica(f"127.0.0.1:{port}", cpu) as pid:
        yield port, [pid]


def figures(rounds, requests):
    shapes = {name: SHAPES[name] for name in ("c8-m16", "c1-m1", "c1000-m1")}
    systems = {"martlet": (martlet, 1), "floor": (peers.floor, 1), "grpcio": (peers.grpcio, 20)}
    return compare("replica", systems, shapes, rounds, requests)
