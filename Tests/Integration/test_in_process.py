"""An app in one process answers as the same app in a mesh, byte for byte."""

import concurrent.futures
import contextlib
import itertools
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

import grpc
import pytest

import rawhttp2 as h2
import webclient
from conftest import check_gone
from mesh import BINARIES, Mesh, wait_until

PROGRAM = str(BINARIES / "graph-fixture")
PARTS = [{"kind": "a", "number": 2}, {"kind": "b", "number": 5}]
BAD = [{"kind": "a", "number": 2}, {"kind": "bad", "number": 7}, {"kind": "b", "number": 5}]

# Method, item and what goes along, in the order in which they are asked: flaky models count.
REQUESTS = [
    ("Front/Chain", {"text": "hello"}, {}),
    ("Front/Chain", {"text": "boom"}, {}),
    ("Front/Chain", {"text": "mishap"}, {}),
    ("Front/Choose", {"text": "small"}, {}),
    ("Front/Choose", {"text": "huge"}, {}),
    ("Front/Choose", {"text": "enormous"}, {}),
    ("Front/Compare", {"score": 0.2}, {}),
    ("Front/Compare", {"score": 0.5}, {}),
    ("Front/Compare", {"score": 0.8}, {}),
    ("Front/Compare", {"score": float("nan")}, {}),
    ("Front/Each", {"parts": PARTS}, {}),
    ("Front/Each", {}, {}),
    ("Front/Each", {"parts": BAD}, {}),
    ("Front/EachSkipping", {"parts": BAD}, {}),
    ("Front/Vote", {"text": "vote"}, {}),
    ("Front/Mean", {"number": 3}, {}),
    ("Front/Weighted", {"number": 3}, {}),
    ("Front/Largest", {"number": -3}, {}),
    ("Front/Merged", {"text": "merge"}, {}),
    ("Front/Fastest", {}, {}),
    ("Front/Collected", {"text": "both"}, {}),
    ("Front/Judged", {"number": 1}, {}),
    ("Front/Quorum", {}, {}),
    ("Front/NoQuorum", {}, {}),
    ("Front/Rescued", {"text": "r"}, {}),
    ("Front/Hopeless", {}, {}),
    ("Front/Hedged", {}, {}),
    ("Front/Counted", {"number": 2}, {}),
    ("Front/Counted", {"number": 7}, {}),
    ("Front/Repeated", {"number": 7}, {}),
    ("Front/Endless", {}, {}),
    ("Front/Mirrored", {"text": "m"}, {}),
    *[("Front/Split", {"text": f"text {n}"}, {}) for n in range(6)],
    *[("Front/SplitByUser", {}, {"metadata": [("user", f"u{n}")]}) for n in range(6)],
    ("Front/Retried", {"text": "once"}, {}),
    ("Front/GivenUp", {"text": "twice"}, {}),
    ("Front/Skipped", {}, {}),
    ("Front/Excused", {"text": "e"}, {}),
    ("Front/Relayed", {"text": "x"}, {"metadata": [("user", "eva")]}),
    ("Front/Relayed", {"text": "to large"}, {}),
    ("Front/Relayed", {"text": "to broken"}, {}),
    ("Front/Relayed", {"text": "to nobody"}, {}),
    ("Front/Nothing", {}, {}),
    *[("Front/Extra", fields, {}) for fields in ({"note": ""}, {"loose_part": {}}, {})],
    ("Feed/Say", {"text": "said", "number": 4}, {}),
    ("Feed/Say", {"text": "x" * 300_000}, {}),
    ("Feed/Say", {"text": "compressed " * 1000}, {"compression": grpc.Compression.Gzip}),
    ("Model/Ask", {"text": "plain"}, {}),
    ("Model/Ask", {"text": "boom"}, {}),
    ("Frond/Chain", {}, {}),
]


def outcome(call):
    """All that a client sees of one call."""
    try:
        answers, call = call()
        return [answer.hex() for answer in answers], "OK", "", metadata(call)
    except grpc.RpcError as error:
        return [], error.code().name, error.details(), metadata(error)


def metadata(call):
    # Trailers say how loaded a replica is, which is no part of the answer.
    fields = (*call.initial_metadata(), *call.trailing_metadata())
    return sorted((name, value) for name, value in fields)


class Client:
    def __init__(self, channel):
        from graphs.v1 import graphs_pb2
        self.channel, self.types = channel, graphs_pb2

    def item(self, fields):
        item = self.types.Item(**{k: v for k, v in fields.items() if k != "parts"})
        item.parts.extend(self.types.Part(**part) for part in fields.get("parts", []))
        return item.SerializeToString()

    def unary(self, method, request, **options):
        def call():
            options.setdefault("timeout", 30)
            answer, call = self.channel.unary_unary(f"/graphs.v1.{method}").with_call(
                request, **options)
            return [answer], call

        return outcome(call)

    def stream(self, kind, method, requests):
        def call():
            call = getattr(self.channel, kind)(f"/graphs.v1.{method}")(requests, timeout=30)
            return list(call), call

        return outcome(call)

    def everything(self):
        """What each request comes to, by its name."""
        outcomes = {}
        for number, (method, fields, options) in enumerate(REQUESTS):
            outcomes[f"{number} {method}"] = self.unary(method, self.item(fields), **dict(options))
        for name in ("Chain", "Compare", "Each"):
            outcomes[f"{name} of garbage"] = self.unary(f"Front/{name}", b"\x0a\xff")
        for number, text in ((3, ""), (2, "enough"), (0, "")):
            outcomes[f"Count {number} {text}"] = self.stream(
                "unary_stream", "Feed/Count", self.item({"number": number, "text": text}))
        for fields in ({"note": "x", "number": 1}, {"loose_part": {}, "number": 1}, {"number": 1}):
            outcomes[f"Followed {' '.join(fields)}"] = self.stream(
                "unary_stream", "Front/Followed", self.item(fields))
        items = [self.item({"number": n}) for n in (1, 2, 3)]
        outcomes["Talk"] = self.stream("stream_stream", "Feed/Talk", iter(items))

        def total():
            answer, call = self.channel.stream_unary("/graphs.v1.Feed/Sum").with_call(
                iter(items), timeout=30)
            return [answer], call

        outcomes["Sum"] = outcome(total)
        return outcomes

    def times(self):
        """Codes of those that run out of time: who says so first, router or replica, is chance."""
        late = self.unary("Front/Late", b"")
        relayed = self.unary("Front/Relayed", self.item({"text": "to timed"}))
        behind = self.unary("Front/Relayed", self.item({"text": "to slow"}), timeout=0.1)
        return [late[1], relayed[1], behind[1]]

    def crowd(self):
        """Three at once where one is served and one may wait."""
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            outcomes = list(pool.map(lambda _: self.unary("Model/Ask", b""), range(3)))
        # When the third may come again depends on when it came.
        return sorted((answers, code, details) for answers, code, details, _ in outcomes)

    def own(self):
        """The router's health and what it tells of its services."""
        from grpc_health.v1 import health_pb2, health_pb2_grpc
        from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

        health = health_pb2_grpc.HealthStub(self.channel)
        statuses = [health.Check(health_pb2.HealthCheckRequest(service=name), timeout=10).status
                    for name in ("", "graphs.v1.Front", "graphs.v1.Feed")]
        with pytest.raises(grpc.RpcError) as unknown:
            health.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=10)
        stub = reflection_pb2_grpc.ServerReflectionStub(self.channel)
        questions = [
            reflection_pb2.ServerReflectionRequest(list_services=""),
            reflection_pb2.ServerReflectionRequest(file_containing_symbol="graphs.v1.Front"),
        ]
        answers = [answer.SerializeToString()
                   for answer in stub.ServerReflectionInfo(iter(questions), timeout=10)]
        return statuses, unknown.value.code(), unknown.value.details(), answers


def everything(address):
    with grpc.insecure_channel(
            address, options=[("grpc.max_receive_message_length", -1)]) as channel:
        client = Client(channel)
        return {
            "requests": client.everything(), "times": client.times(), "crowd": client.crowd(),
            "own": client.own()}


# -- the three ways to run the app


@contextlib.contextmanager
def started(*arguments):
    """The program `run`, until its address is known; then Ctrl-C, which must end it well."""
    said = tempfile.NamedTemporaryFile("w+")
    process = subprocess.Popen(
        [PROGRAM, "run", "--listen", "127.0.0.1:0", *arguments], stderr=said)

    def address():
        text = pathlib.Path(said.name).read_text()
        assert process.poll() is None, f"it did not come up: {text}"
        return re.search(r"serves on (\S+)", text)

    try:
        yield process, wait_until(address, 60, "it serves")[1]
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            status = process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        text = pathlib.Path(said.name).read_text()
        said.close()
    assert status == 0, text


@pytest.fixture(scope="module")
def in_process(stubs):
    with started("--in-process") as (_, address):
        yield everything(address)


def test_as_a_mesh_that_the_program_runs(in_process):
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        with started("--run-dir", folder) as (_, address):
            assert_same(in_process, everything(address))


def test_as_a_mesh_of_the_file_that_it_builds(in_process, stubs):
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        mesh = Mesh(folder, stubs)
        file = pathlib.Path(folder) / "app.yaml"
        subprocess.run([PROGRAM, "build", "-o", file], check=True, capture_output=True)
        try:
            mesh.up(file)
            for deployment in mesh.app().deployments:
                mesh.wait_running(deployment.name, 1)
            assert_same(in_process, everything(mesh.address))
        finally:
            check_gone(mesh)


def assert_same(local, mesh):
    assert local["requests"].keys() == mesh["requests"].keys()
    wrong = {name: (outcome, mesh["requests"][name])
             for name, outcome in local["requests"].items()
             if outcome != mesh["requests"][name]}
    assert not wrong
    for part in ("times", "crowd", "own"):
        assert local[part] == mesh[part]


def test_the_requests_come_to_what_they_should(in_process):
    """The comparison is not of nothing with nothing."""
    codes = [code for _, code, _, _ in in_process["requests"].values()]
    assert len(codes) >= 60
    assert codes.count("OK") >= 35
    assert {"DATA_LOSS", "INVALID_ARGUMENT", "UNKNOWN", "FAILED_PRECONDITION", "OUT_OF_RANGE",
            "RESOURCE_EXHAUSTED", "UNAVAILABLE", "UNIMPLEMENTED", "ABORTED"} <= set(codes)
    assert set(in_process["times"]) == {"DEADLINE_EXCEEDED"}
    assert [code for _, code, _ in in_process["crowd"]].count("OK") == 2
    assert any("RESOURCE_EXHAUSTED" == code for _, code, _ in in_process["crowd"])
    boom = in_process["requests"]["1 Front/Chain"]
    assert dict(boom[3])["grpc-status-details-bin"]


def test_members_of_a_oneof_lead_to_models_and_to_streams(in_process):
    from graphs.v1 import graphs_pb2

    def items(name):
        answers, code, details, _ = in_process["requests"][name]
        assert code == "OK", details
        return [graphs_pb2.Item.FromString(bytes.fromhex(answer)) for answer in answers]

    extra = [name for name in in_process["requests"] if name.endswith("Front/Extra")]
    assert [items(name)[0].trail for name in extra] == [["small"], ["large"], ["huge"]]
    followed = {name: [item.number for item in items(f"Followed {name}")]
                for name in ("note number", "loose_part number", "number")}
    assert followed == {
        "note number": [0, 1], "loose_part number": [0, 1, 2], "number": [3]}


# -- its port


def test_the_port_s_options_hold_in_one_process(stubs):
    page = "https://app.example"
    question = [("origin", page), ("access-control-request-method", "POST")]
    head = h2.block(
        (":method", "POST"), (":scheme", "http"), (":path", "/graphs.v1.Model/Ask"),
        (":authority", "mesh"), ("te", "trailers"), ("content-type", "application/grpc"))

    def pings_too_often(address):
        """Within a call that goes on, since its message does not come."""
        with h2.Connection(address) as connection:
            connection.greet()
            connection.send(h2.headers(1, head))
            for _ in range(6):
                connection.send(h2.ping())
                connection.pump(lambda: connection.goaway is not None, 0.2)
            return connection.goaway == h2.Code.ENHANCE_YOUR_CALM

    with started("--in-process", "--cors-origin", page, "--min-ping-interval", "0.2") as (_, address):
        reply = webclient.http1(address, "OPTIONS", "/graphs.v1.Model/Ask", question)
        assert (reply.status, reply.field("access-control-allow-origin")) == (204, page)
        assert not pings_too_often(address)
    with started("--in-process") as (_, address):
        reply = webclient.http1(address, "OPTIONS", "/graphs.v1.Model/Ask", question)
        assert reply.field("access-control-allow-origin") is None
        assert pings_too_often(address)


# -- its life


def test_there_is_one_process_and_no_socket_but_the_port():
    with started("--in-process") as (process, address):
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        assert children == ""
        held = {os.readlink(f"/proc/{process.pid}/fd/{fd}")
                for fd in os.listdir(f"/proc/{process.pid}/fd")}
        sockets = {name for name in held if name.startswith("socket:")}
        kinds = [name for name in ("tcp", "tcp6", "unix", "udp")
                 for line in pathlib.Path(f"/proc/{process.pid}/net/{name}").read_text().split("\n")
                 for inode in sockets if f" {inode[8:-1]} " in f"{line} "]
        assert kinds == ["tcp"], f"sockets beside the port: {kinds}"


def test_ctrl_c_lets_finish_what_runs(stubs):
    from graphs.v1 import graphs_pb2

    with started("--in-process") as (process, address), grpc.insecure_channel(address) as channel:
        ask = channel.unary_unary(
            "/graphs.v1.Model/Ask", graphs_pb2.Item.SerializeToString, graphs_pb2.Item.FromString)
        ask(graphs_pb2.Item(), timeout=10)
        running = ask.future(graphs_pb2.Item(text="last"), timeout=10)
        time.sleep(0.1)  # it has arrived; the model takes three times as long
        process.send_signal(signal.SIGINT)
        assert running.result().trail == ["narrow"]
        assert process.wait(10) == 0


def test_a_second_ctrl_c_waits_for_nothing(stubs):
    from graphs.v1 import graphs_pb2

    process = subprocess.Popen(
        [PROGRAM, "run", "--in-process", "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
    with process, grpc.insecure_channel(address_of(process)) as channel:
        count = channel.unary_stream("/graphs.v1.Feed/Count")(
            graphs_pb2.Item(number=2_000_000_000).SerializeToString(), timeout=60)
        next(count)  # it runs, and goes on as long as somebody reads it
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 1


def address_of(process):
    return re.search(r"serves on (\S+)", process.stderr.readline())[1]


def test_what_makes_no_sense_in_one_process_is_refused():
    result = subprocess.run(
        [PROGRAM, "run", "--in-process", "--routers", "2"], capture_output=True, text=True,
        timeout=30)
    assert result.returncode == 64
    assert "--routers is for a mesh of processes" in result.stderr


def test_a_port_that_is_taken_is_named():
    with started("--in-process") as (_, address):
        result = subprocess.run(
            [PROGRAM, "run", "--in-process", "--listen", address], capture_output=True, text=True,
            timeout=30)
    assert result.returncode == 1
    assert f"cannot listen on {address}" in result.stderr
