"""An app of deployments that answer as they are told (`told_server.py`)."""

import json
import sys

from mesh import HERE

ECHO, GRAPH, LOOK = "/probe.v1.Probe/Echo", "/probe.v1.Other/Double", "/probe.v1.Other/Look"


def app(names=("told",), routes=None, graph=None):
    """By default `Echo` and `Look` are plain routes to the first deployment, and `Double` is a graph that calls it."""
    first = names[0]
    return {
        "name": "told",
        "protos": [str(HERE / "protos/probe/v1/probe.proto")],
        "deployments": [{
            "name": name, "command": [sys.executable, str(HERE / "told_server.py")],
            "services": ["probe.v1.Probe", "probe.v1.Other"], "num_replicas": 1, "resources": {"cpus": 0.1}}
            for name in names],
        "routes": routes or [
            {"service": "probe.v1.Probe", "deployment": first},
            {"method": "probe.v1.Other/Look", "deployment": first},
            {"method": "probe.v1.Other/Double", "graph": graph or {"call": first, "method": "probe.v1.Probe/Echo"}}]}


def text(**says):
    """The `text` of a request; a name stands for what its deployment is told."""
    return json.dumps(says)


def request(**says):
    from probe.v1 import probe_pb2
    return probe_pb2.EchoRequest(text=text(**says))
