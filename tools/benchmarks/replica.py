"""`tools/bench replica`: one replica beside bare nghttp2, gRPC's C++ library and grpcio, over TCP."""

import contextlib
import functools
import os
import pathlib

import peers
import streams
from measure import SHAPES, compare, free_port, process, wait_for_port


@contextlib.contextmanager
def replica(program, deployment, listen, cpu, prefix=(), **environment):
    """An app in role `replica`, as a controller would start it."""
    with peers.folder() as folder:
        config = folder / "config.json"
        config.write_text("{}")
        environment = {
            **os.environ, "MARTLET_LISTEN": listen, "MARTLET_APP": deployment,
            "MARTLET_DEPLOYMENT": deployment, "MARTLET_REPLICA": f"{deployment}#1",
            "MARTLET_CONFIG": str(config), "MARTLET_ROUTER": f"unix:{folder}/none.sock",
            **environment}
        binary = pathlib.Path(os.environ["MARTLET_BIN"]) / program
        with process([*prefix, binary, "replica", deployment], cpu=cpu, env=environment) as started:
            if listen.startswith("unix:"):
                peers.wait_for_socket(pathlib.Path(listen.removeprefix("unix:")))
            else:
                wait_for_port(int(listen.rsplit(":", 1)[1]))
            yield started.pid


def echo_replica(listen, cpu, prefix=(), **environment):
    return replica("echo-app", "echo", listen, cpu, prefix, **environment)


def stream_replica(listen, cpu):
    """Answers the calls of `streams`."""
    return replica("interop", "interop", listen, cpu)


@contextlib.contextmanager
def on_port(start, cpu):
    port = free_port()
    with start(f"127.0.0.1:{port}", cpu) as pid:
        yield port, [pid]


def figures(rounds, requests):
    shapes = {name: SHAPES[name] for name in ("c8-m16", "c1-m1", "c1000-m1")}
    martlet = functools.partial(on_port, echo_replica)
    systems = {"martlet": (martlet, 1), "floor": (peers.floor, 1), "grpc++": (peers.grpcpp, 4),
               "grpcio": (peers.grpcio, 20)}
    of_streams = {"martlet": functools.partial(on_port, stream_replica), "grpc++": peers.grpcpp}
    return compare("replica", systems, shapes, rounds, requests) + streams.compare(
        "replica", of_streams, rounds, requests // 10)
