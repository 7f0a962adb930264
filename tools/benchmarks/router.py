"""`tools/bench router`: the router beside other proxies, in front of the same replica.

All of them reach the replica through a unix socket. `direct` is the replica without any proxy: what a
proxy's p50 exceeds it by is the latency that the hop adds.
"""

import contextlib
import functools

import peers
from measure import LOAD_CPU, SERVER_CPU, SHAPES, compare, free_port, pin
from meshes import mesh
from replica import echo_replica


@contextlib.contextmanager
def martlet(_cpu):
    """The whole mesh; only the router is pinned to the measured core."""
    with mesh("echo") as running:
        for pid in running.pids():
            pin(pid, LOAD_CPU)
        pin(running.router(), SERVER_CPU)
        yield running.port, [running.router()]


@contextlib.contextmanager
def direct(_cpu):
    port = free_port()
    with echo_replica(f"127.0.0.1:{port}", LOAD_CPU):
        yield port, []


@contextlib.contextmanager
def before_a_replica(peer, cpu):
    with peers.folder() as folder:
        upstream = folder / "replica.sock"
        with echo_replica(f"unix:{upstream}", LOAD_CPU), peer(cpu, upstream) as running:
            yield running


def figures(rounds, requests):
    systems = {"martlet": (martlet, 1)}
    for peer in peers.installed(peers.nghttpx, peers.haproxy, peers.envoy, peers.nginx):
        systems[peer.__name__] = (functools.partial(before_a_replica, peer), 4)
    systems["direct"] = (direct, 4)
    return compare("router", systems, SHAPES, rounds, requests)
