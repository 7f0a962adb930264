"""`tools/bench router`: the router beside other proxies, in front of the same replica.

All of them reach the replica through a unix socket. `direct` is the replica without any proxy: what a
proxy's p50 exceeds it by is the latency that the hop adds.
"""

import contextlib
import functools

import peers
import streams
from certificates import certificate
from measure import LOAD_CPU, SERVER_CPU, SHAPES, TLS_SHAPES, compare, pin
from meshes import deployed, mesh
from replica import echo_replica, on_port, stream_replica


@contextlib.contextmanager
def martlet(_cpu, app="echo", tls=None):
    """The whole mesh; only the router is pinned to the measured core."""
    options = ["--tls-cert", tls.certificate, "--tls-key", tls.key] if tls else []
    with mesh(deployed(app), options=options) as running:
        for pid in running.pids():
            pin(pid, LOAD_CPU)
        pin(running.router(), SERVER_CPU)
        yield running.port, [running.router()]


@contextlib.contextmanager
def before_a_replica(peer, cpu, replica=echo_replica, tls=None):
    with peers.folder() as folder:
        upstream = folder / "replica.sock"
        with replica(f"unix:{upstream}", LOAD_CPU), peer(cpu, upstream, tls) as running:
            yield running


@contextlib.contextmanager
def direct(_cpu, replica=echo_replica):
    with on_port(replica, LOAD_CPU) as (port, _):
        yield port, []


def systems(**options):
    """What is measured, by name: the router and each proxy that is installed."""
    found = {"martlet": functools.partial(martlet, **options)}
    for peer in peers.installed(peers.nghttpx, peers.haproxy, peers.envoy, peers.nginx):
        found[peer.__name__] = functools.partial(before_a_replica, peer, **options)
    return found


def fewer_for_peers(systems):
    return {name: (start, 1 if name == "martlet" else 4) for name, start in systems.items()}


def figures(rounds, requests):
    plain = fewer_for_peers(systems()) | {"direct": (direct, 4)}
    measured = compare("router", plain, SHAPES, rounds, requests)
    with certificate() as tls:
        measured += compare(
            "router", fewer_for_peers(systems(tls=tls)), TLS_SHAPES, rounds, requests)
    of_streams = {
        "martlet": functools.partial(martlet, app="interop"),
        **{name: functools.partial(start, replica=stream_replica)
           for name, start in systems().items() if name != "martlet"},
        "direct": functools.partial(direct, replica=stream_replica)}
    return measured + streams.compare("router", of_streams, rounds, requests // 10)
