"""`tools/bench router`: the router beside nginx's grpc_pass, in front of the same echo replica."""

import contextlib
import pathlib
import tempfile

from measure import (
    LOAD_CPU, SERVER_CPU, free_port, median, pin, process, tree, under_load, wait_for_port)
from meshes import mesh
from replica import echo_replica

SHAPES = {"c8-m16": dict(connections=8, streams=16), "c1-m1": dict(connections=1, streams=1)}


@contextlib.contextmanager
def martlet(_cpu):
    """The whole mesh; only the router is pinned to the measured core."""
    with mesh("echo") as running:
        for pid in running.pids():
            pin(pid, LOAD_CPU)
        pin(running.router(), SERVER_CPU)
        yield running.port, [running.router()]


@contextlib.contextmanager
def nginx(cpu):
    """One worker, upstream keepalive, no access log."""
    port, upstream = free_port(), free_port() + 1
    with echo_replica(upstream, LOAD_CPU), tempfile.TemporaryDirectory(prefix="m") as folder:
        file = pathlib.Path(folder) / "nginx.conf"
        file.write_text(f"""
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  keepalive_requests 100000000;
  upstream replica {{ server 127.0.0.1:{upstream}; keepalive 512; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} http2; http2_max_concurrent_streams 1024;
    location / {{ grpc_pass grpc://replica; grpc_socket_keepalive on; }}
  }}
}}""")
        with process(["nginx", "-c", file, "-p", folder], cpu=cpu) as started:
            wait_for_port(port)
            yield port, tree(started.pid)


def figures(rounds, requests):
    systems = {"martlet": (martlet, requests), "nginx": (nginx, max(requests // 4, 1000))}
    taken = {}
    for turn in range(rounds):
        for system in sorted(systems, reverse=turn % 2 == 1):
            start, count = systems[system]
            with start(SERVER_CPU) as (port, pids):
                for scenario, shape in SHAPES.items():
                    share = count if scenario == "c8-m16" else max(count // 10, 500)
                    taken.setdefault((scenario, system), []).append(
                        under_load("router", scenario, system, port, pids, share, **shape))
    return [median(taken[scenario, system]) for scenario in SHAPES for system in systems]
