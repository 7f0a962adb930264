"""Graphs pass on what the calls say beside the messages that their answer is made of."""

import json

import grpc
import pytest

import served_app
import told_app
from told_app import ECHO, GRAPH
from webclient import grpc_web, http1

CALLS = {name: {"call": name, "method": "probe.v1.Probe/Echo"} for name in "abc"}
A, B, C = CALLS.values()
# probe.v1.EchoReply and EchoRequest share `text`.
NEXT = {"map": {"text": "text"}, "as": "probe.v1.EchoRequest"}
GRAPHS = {
    "call": A,
    "sequence": {"sequence": [A, NEXT, B]},
    "first": {"ensemble": [{**A, "on_error": "skip"}, {**B, "on_error": "skip"}], "combine": "first"},
    "merge": {"ensemble": [A, B, C], "combine": "merge"},
    "vote": {"ensemble": [A, B, C], "combine": {"vote": "text"}},
    "map": {"ensemble": [A, B], "combine": {"map": {"text": "b.text"}, "as": "probe.v1.EchoReply"}},
    "fallback": {"fallback": [A, B]},
    "default": {**A, "on_error": {"default": {"text": "none"}}},
}


def told(name, text=None, **says):
    """What a deployment is told to say, all of it under its own name and under one that they share."""
    return {
        "initial": [["x-from", f"i{name}"], [f"x-initial-{name}", "1"]],
        "trailing": [["x-from", f"t{name}"], [f"x-trailing-{name}", "2"], ["martlet-app", "no"],
                     ["grpc-retry-pushback-ms", "5"]],
        **({"text": text} if text is not None else {}), **says}


@pytest.fixture(scope="module")
def graphs(stubs):
    """One app; its routes are deployed anew for each graph."""
    with served_app.running(stubs, told_app.app("abc", graph=A)) as mesh:
        yield mesh


def deploy(mesh, graph):
    file = mesh.folder / "app.yaml"
    file.write_text(json.dumps(told_app.app("abc", graph=graph)))
    mesh.cli("deploy", file)


def call(mesh, says):
    from probe.v1 import probe_pb2
    with mesh.channel() as channel:
        method = channel.unary_unary(GRAPH, lambda m: m.SerializeToString(), probe_pb2.EchoReply.FromString)
        try:
            answer, ended = method.with_call(told_app.request(**says), timeout=10)
        except grpc.RpcError as error:
            answer, ended = None, error
    kept = [[(name, value) for name, value in found if not name.startswith("grpc-accept")]
            for found in (ended.initial_metadata(), ended.trailing_metadata())]
    return answer, ended, *kept


def fields(*names):
    return ([pair for name in names for pair in (("x-from", f"i{name}"), (f"x-initial-{name}", "1"))],
            [pair for name in names for pair in (("x-from", f"t{name}"), (f"x-trailing-{name}", "2"))])


@pytest.mark.parametrize("graph, says, sources", [
    ("call", {"a": told("a")}, "a"),
    ("sequence", {"a": told("a"), "b": told("b")}, "b"),
    ("sequence", {"a": told("a")}, ""),
    ("first", {"a": {"code": 5}, "b": told("b")}, "b"),
    ("merge", {"a": told("a", "1"), "b": told("b", "2", sleep_s=0.2), "c": told("c", "3")}, "abc"),
    ("merge", {"a": told("a", "1"), "c": told("c", "3")}, "ac"),
    ("vote", {"a": told("a", "1"), "b": told("b", "2"), "c": told("c", "2")}, "b"),
    ("map", {"a": told("a", "1"), "b": told("b", "2")}, "ab"),
    ("fallback", {"a": told("a", code=14), "b": told("b")}, "b"),
    ("default", {"a": told("a", code=5)}, ""),
])
def test_an_answer_has_the_metadata_of_those_it_is_made_of(graphs, graph, says, sources):
    deploy(graphs, GRAPHS[graph])
    answer, ended, initial, trailing = call(graphs, says)
    assert answer is not None, ended
    assert (initial, trailing) == fields(*sources)


def test_a_failure_has_the_metadata_of_the_call_that_failed(graphs):
    deploy(graphs, GRAPHS["sequence"])
    failing = told("b", code=9, message="b ")
    _, ended, initial, trailing = call(graphs, {"a": told("a"), "b": failing})
    assert (ended.code(), ended.details()) == (grpc.StatusCode.FAILED_PRECONDITION, "b ")
    assert trailing[-2:] == fields("b")[1]
    assert not [name for name, _ in trailing if name.startswith(("martlet-", "grpc-")) or name.endswith("-a")]


def test_json_and_grpc_web_have_it_too(graphs):
    deploy(graphs, GRAPHS["merge"])
    text = told_app.text(a=told("a", "1"), b=told("b", "2"))
    reply = http1(graphs.address, "POST", GRAPH, [("content-type", "application/json")],
                  json.dumps({"text": text}).encode())
    assert reply.status == 200
    assert reply.all("x-from") == ["ia", "ib"] and reply.all("trailer-x-from") == ["ta", "tb"]
    assert reply.field("x-initial-b") == "1" and reply.field("trailer-x-trailing-a") == "2"
    found = grpc_web(http1, graphs.address, GRAPH, told_app.request(a=told("a", "1"), b=told("b")).SerializeToString())
    assert [value for name, value in found.initial if name == "x-from"] == ["ia", "ib"]
    assert [value for name, value in found.trailing if name == "x-from"] == ["ta", "tb"]
    # The plain route says the same in JSON.
    plain = http1(graphs.address, "POST", ECHO, [("content-type", "application/json")],
                  json.dumps({"text": text}).encode())
    assert plain.all("x-from") == ["ia"] and plain.all("trailer-x-from") == ["ta"]


def test_clients_with_default_limits_get_the_answer(graphs):
    """What is too much is left out, field by field from the end."""
    deploy(graphs, GRAPHS["merge"])
    long = {name: {"trailing": [[f"x-{name}{n}", "v" * 900] for n in range(4)], "text": name} for name in "abc"}
    answer, ended, _, trailing = call(graphs, long)
    assert answer is not None, ended
    names = [name for name, _ in trailing]
    assert names == [f"x-{name}{n}" for name in "abc" for n in range(4)][:len(names)] and len(names) == 6
