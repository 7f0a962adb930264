"""A mesh whose one route is a graph with a case for every kind of node, chosen by the request's text."""

import sys

import served_app
from mesh import HERE

METHOD = "probe.v1.Probe/Echo"


def call(deployment, **options):
    return {"call": deployment, "method": METHOD, **options}


# The probe takes another type than it gives, so one is asked once on each way through the graph.
CASES = {
    "fallback": {"fallback": [call("slow", timeout_s=0.1), call("broken"), call("fast")]},
    "hopeless": {"fallback": [call("slow", timeout_s=0.1), call("broken")]},
    "share": {"fallback": [call("slow"), call("fast")]},
    "late": call("slow", timeout_s=0.1, name="judge"),
    "first": {"ensemble": [call("slow"), call("broken"), call("fast")], "combine": "first"},
    "quorum": {
        "ensemble": [call("fast"), call("broken"), call("slow")], "combine": "merge", "quorum": 2},
    "left out": {
        "ensemble": [call("broken", on_error="skip"), call("fast")], "combine": {"vote": "version"}},
    "default": call("broken", on_error={"default": {"text": "sorry", "pid": 7}}),
    "split": {
        "splitter": [{"weight": 50, "do": call("fast")}, {"weight": 50, "do": call("slow")}],
        "by_metadata": "user"},
    "mirror": {
        "sequence": [{"mirror": "slow", "method": METHOD}, {"mirror": "broken", "method": METHOD},
                     call("fast")]},
    "hedge": {"hedge": call("slow"), "after_s": 0.1},
    "measured": {"hedge": call("fast"), "after_percentile": 95},
    "cascade": {
        "sequence": [
            call("fast"),
            {"switch": {"on": "pid", "cases": {"< 0": "return"},
                        "default": call("slow", data="$request")}}]},
}


def deployment(name, **config):
    return {
        "name": name, "command": [sys.executable, str(HERE / "probe_server.py")],
        "services": ["probe.v1.Probe"], "num_replicas": 1, "idempotent": True,
        "resources": {"cpus": 0.1}, "user_config": {"version": name, **config}}


def app():
    return {
        "name": "graphs", "max_message": "4Mi", "protos": [str(HERE / "protos/probe/v1/probe.proto")],
        "deployments": [
            deployment("fast"), deployment("slow", delay_s=0.5), deployment("broken", fails=True)],
        "routes": [{"method": METHOD, "graph": {
            "switch": {"on": "text", "cases": CASES, "default": call("fast")}}}]}


def running(stubs):
    return served_app.running(stubs, app())
