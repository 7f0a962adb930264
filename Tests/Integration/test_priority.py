"""Who goes first where calls wait: requests by gRPC and JSON, to graphs and plain routes, and mirrors."""

import json
import subprocess

import grpc
import pytest

import work_app
from mesh import wait_until
from work_app import DO, call

BUSY_MS = 400


@pytest.fixture
def mesh(stubs):
    with work_app.folder_of_mesh(stubs) as mesh:
        single = {"max_ongoing_requests": 1, "max_queued_requests": 4}
        deployments = [
            work_app.deployment("one", mesh.folder, options=single), work_app.deployment("other")]
        work_app.up(mesh, deployments, {
            DO: call("one"),
            "work.v1.Work/Other": {"sequence": [
                {"mirror": "one", "method": DO}, call("other")]},
        })
        yield mesh


def item(text, sleep_ms=0):
    from work.v1 import work_pb2

    return work_pb2.Item(text=text, order=work_pb2.Order(sleep_ms=sleep_ms))


class Callers:
    """Calls side by side, each of which is sent once those before it are where they wait."""

    def __init__(self, mesh, channel):
        from work.v1 import work_pb2_grpc

        self.mesh, self.stub = mesh, work_pb2_grpc.WorkStub(channel)
        self.calls, self.queued = {}, 0
        self.calls["busy"] = self.stub.Do.future(item("busy", BUSY_MS), timeout=20)
        wait_until(lambda: self.began() == ["busy"], 5, "the replica is busy")

    def send(self, text, priority, method="Do"):
        metadata = [("martlet-priority", str(priority))] if priority is not None else []
        self.calls[text] = getattr(self.stub, method).future(item(text), timeout=20, metadata=metadata)

    def began(self):
        return [each["text"] for each in work_app.records(self.mesh, "one") if each["what"] == "began"]

    def end(self):
        return {text: call.exception() for text, call in self.calls.items()}


def test_the_most_urgent_go_first(mesh):
    with mesh.channel() as channel:
        callers = Callers(mesh, channel)
        for text, priority in (("late", 6), ("usual", None), ("first", 0), ("usual too", 3)):
            callers.send(text, priority)
        assert set(callers.end().values()) == {None}
    assert callers.began() == ["busy", "first", "usual", "usual too", "late"]


def test_a_full_queue_drops_the_least_urgent(mesh):
    with mesh.channel() as channel:
        callers = Callers(mesh, channel)
        for text, priority in (("a", 5), ("b", 5), ("c", 4), ("d", 3), ("refused", 5), ("e", 2)):
            callers.send(text, priority)
        ends = callers.end()
    failed = {text: (end.code(), end.details()) for text, end in ends.items() if end}
    full = "the queue of one is full (max_queued_requests: 4)"
    exhausted = grpc.StatusCode.RESOURCE_EXHAUSTED
    assert failed.keys() == {"b", "refused"}, failed
    assert failed["refused"][0] == failed["b"][0] == exhausted
    assert full in failed["refused"][1] and "more urgent" not in failed["refused"][1]
    assert full + ", and a more urgent call came" in failed["b"][1]
    assert callers.began() == ["busy", "e", "d", "c", "a"]


def test_what_is_mirrored_goes_last(mesh):
    with mesh.channel() as channel:
        callers = Callers(mesh, channel)
        callers.send("copy", 0, method="Other")
        assert callers.calls["copy"].exception() is None
        callers.send("late", 6)
        assert set(callers.end().values()) == {None}
        wait_until(lambda: len(callers.began()) == 3, 5, "the copy is served")
    assert callers.began() == ["busy", "late", "copy"]


def test_by_json(mesh):
    def post(text, *options):
        return subprocess.run(
            ["curl", "-sS", "-d", json.dumps({"text": text}), *options, f"http://{mesh.address}/{DO}"],
            capture_output=True, text=True, timeout=20)

    with mesh.channel() as channel:
        callers = Callers(mesh, channel)
        callers.send("usual", None)
        assert post("urgent", "-H", "martlet-priority: 1").returncode == 0
        assert set(callers.end().values()) == {None}
    assert callers.began() == ["busy", "urgent", "usual"]

    answer = json.loads(post("wrong", "-H", "martlet-priority: high").stdout)
    assert answer["code"] == "invalid_argument"
    assert answer["message"] == 'martlet-priority "high" is not a digit from 0, the most urgent, to 7'


def test_a_wrong_priority_is_told(mesh):
    from work.v1 import work_pb2_grpc

    with mesh.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        work_pb2_grpc.WorkStub(channel).Do(item("wrong"), metadata=[("martlet-priority", "8")])
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert '"8"' in caught.value.details()
