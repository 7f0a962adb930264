"""A mesh for the clients of plain HTTP: a plain deployment, a graph, and a stream."""

import sys

import served_app
from mesh import BINARIES, HERE

ECHO = "/probe.v1.Probe/Echo"
GRAPH = "/probe.v1.Other/Double"
EXPAND = "/stream.v1.Stream/Expand"


def app(other=None, **first_route):
    graph_name = {"http": other} if other else {}
    return {
        "name": "web", "max_message": "4Mi",
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


def running(stubs, *arguments, **routes):
    return served_app.running(stubs, app(**routes), *arguments)
