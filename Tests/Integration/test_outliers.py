"""Replicas that pass their health checks and fail, hang or dawdle, and requests that kill."""

import collections
import sys
import threading
import time

import grpc
import pytest

from mesh import HERE, Load, alive, probe_app, wait_until


def up(mesh, bad=None, replicas=4, *, options=None, routes=None, **config):
    """A mesh with replicas of which one is bad."""
    user_config = {"token": str(mesh.folder / "token"), "bad": bad, **config}
    mesh.up(probe_app(
        mesh.folder, command=[sys.executable, str(HERE / "fickle_server.py")], num_replicas=replicas,
        resources={"cpus": 0.01}, user_config=user_config, routes=routes, **(options or {})))
    mesh.wait_running("probe", replicas)


def echo(channel, timeout=20, metadata=None, **fields):
    from probe.v1 import probe_pb2, probe_pb2_grpc
    stub = probe_pb2_grpc.ProbeStub(channel)
    return stub.Echo(probe_pb2.EchoRequest(**fields), timeout=timeout, metadata=metadata)


class Stream:
    """Calls at a steady rate, whatever becomes of them: counted by replica, failures by code."""

    def __init__(self, channel, rate, timeout=20):
        from probe.v1 import probe_pb2, probe_pb2_grpc
        self.stub, self.request = probe_pb2_grpc.ProbeStub(channel), probe_pb2.EchoRequest()
        self.rate, self.timeout = rate, timeout
        self.ends, self.lock = collections.Counter(), threading.Lock()
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        due = time.monotonic()
        while not self.stopping.wait(max(0, due - time.monotonic())):
            self.stub.Echo.future(self.request, timeout=self.timeout).add_done_callback(self.count)
            due += 1 / self.rate

    def count(self, future):
        error = future.exception()
        with self.lock:
            self.ends[error.code().name if error else future.result().replica] += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(30)

    def share(self, end):
        with self.lock:
            return self.ends[end] / max(1, sum(self.ends.values()))

    def forget(self):
        with self.lock:
            self.ends.clear()


@pytest.mark.parametrize(("rate", "code"), [(80, 14), (250, 13)], ids=["80", "250"])
def test_a_replica_that_fails_at_once_is_no_black_hole(mesh, rate, code):
    up(mesh, "fails", code=code)
    name = {14: "UNAVAILABLE", 13: "INTERNAL"}[code]
    with mesh.channel() as channel, Stream(channel, rate) as calls:
        wait_until(lambda: sum(calls.ends.values()) >= 5 * rate, 30, f"{5 * rate} calls")
        ends = dict(calls.ends)
        print(f"\n{rate} a second: {ends}")
        assert 0 < calls.share(name) < 0.05
    assert ends.keys() == {name, *(k for k in ends if k.startswith("probe#"))}


def test_bad_requests_of_one_caller_eject_no_replica(mesh):
    from probe.v1 import probe_pb2, probe_pb2_grpc
    mesh.up(probe_app(mesh.folder, num_replicas=2, resources={"cpus": 0.01}))
    mesh.wait_running("probe", 2)
    with mesh.channel() as channel, mesh.channel() as other, Stream(channel, 40) as calls:
        stub = probe_pb2_grpc.ProbeStub(other)
        end = time.monotonic() + 4
        while time.monotonic() < end:
            bad = [stub.Echo.future(probe_pb2.EchoRequest(status_code=2), timeout=20) for _ in range(8)]
            assert {call.code() for call in bad} == {grpc.StatusCode.UNKNOWN}
            if end - time.monotonic() > 3:
                calls.forget()
        print(f"\n{dict(calls.ends)}")
        assert len(calls.ends) == 2, "only answers, of both"
        assert all(calls.share(end) > 0.2 for end in calls.ends)


def hangs(mesh):
    return [event for event in mesh.events() if event.reason == "ReplicaHangs"]


def test_a_replica_whose_calls_hang_is_replaced(mesh):
    up(mesh, "hangs")
    before = {r.pid for r in mesh.replicas("probe")}
    with mesh.channel() as channel, Stream(channel, 60, timeout=1) as calls:
        events = wait_until(lambda: hangs(mesh), 60, "it is noticed")
        assert "does not answer calls" in events[0].message
        print(f"\n{events[0].message}; {dict(calls.ends)}")
        assert calls.share("DEADLINE_EXCEEDED") < 0.15
        wait_until(lambda: len(before - {r.pid for r in mesh.replicas("probe")}) == 1, 30, "it left")
        running = {r.pid for r in mesh.wait_running("probe", 4, within=30)}
        assert len(running & before) == 3
        time.sleep(1.5)  # what it had in hand ends
        calls.forget()
        wait_until(lambda: sum(calls.ends.values()) >= 100, 30, "calls after that")
        assert calls.share("DEADLINE_EXCEEDED") == 0
    assert len(hangs(mesh)) == 1


def test_a_replica_that_hangs_is_replaced_also_where_no_call_has_a_deadline(mesh):
    """Its few calls in hand keep others away from it, so it is asked now and then."""
    up(mesh, "hangs", options={"graceful_shutdown_timeout_s": 1})
    before = {r.pid for r in mesh.replicas("probe")}
    with mesh.channel() as channel, Stream(channel, 60, timeout=None) as calls:
        wait_until(lambda: hangs(mesh), 120, "it is noticed")
        wait_until(lambda: len(before - {r.pid for r in mesh.replicas("probe")}) == 1, 30, "it left")
        running = {r.pid for r in mesh.wait_running("probe", 4, within=30)}
        assert len(running & before) == 3
        wait_until(lambda: calls.ends["UNAVAILABLE"], 10, "what it had in hand ends")
        print(f"\n{hangs(mesh)[0].message}; {dict(calls.ends)}")
        assert calls.ends["UNAVAILABLE"] < 20 and len(hangs(mesh)) == 1
        calls.forget()
        wait_until(lambda: sum(calls.ends.values()) >= 100, 30, "calls after that")
        assert calls.share("UNAVAILABLE") == 0


def test_replicas_that_all_hang_are_replaced_one_at_a_time(mesh):
    file = mesh.folder / "hang"
    up(mesh, replicas=3, hang=str(file), options={"graceful_shutdown_timeout_s": 1})
    before = {r.pid for r in mesh.replicas("probe")}
    left = []
    with mesh.channel() as channel, Stream(channel, 30, timeout=0.5) as calls:
        wait_until(lambda: sum(calls.ends.values()) >= 60, 10, "answers before that")
        file.touch()
        calls.forget()

        def all_left():
            left.append(len(before - {r.pid for r in mesh.replicas("probe")}))
            time.sleep(0.1)
            return left[-1] == 3

        wait_until(lambda: hangs(mesh), 60, "it is noticed")
        assert not [end for end in calls.ends if end.startswith("probe#")], "nobody answered"
        wait_until(all_left, 90, "all are replaced")
        calls.forget()
        wait_until(lambda: sum(calls.ends.values()) >= 60, 10, "answers after that")
        print(f"\n{[event.message for event in hangs(mesh)]}; {dict(calls.ends)}")
        assert calls.share("DEADLINE_EXCEEDED") == 0
    times = [event.unix_ms / 1000 for event in hangs(mesh)]
    assert len(times) == 3
    # The pauses that Health.md names, less what a clock may be off.
    assert times[1] - times[0] > 9.5 and times[2] - times[1] > 19.5, times
    assert max(after - now for now, after in zip(left, left[1:])) == 1


def test_a_slow_replica_gets_what_its_speed_deserves(mesh):
    up(mesh, "dawdles", delay_s=0.03)
    with mesh.channel() as channel, Stream(channel, 80) as calls:
        wait_until(lambda: sum(calls.ends.values()) >= 320, 30, "320 calls")
        ends = dict(calls.ends)
        print(f"\n{ends}")
        assert min(ends.values()) / sum(ends.values()) < 0.15
    assert len(ends) == 4
    assert not [e for e in mesh.events() if e.reason == "ReplicaHangs"]


def test_a_request_that_kills_its_replica_kills_two_and_no_other_call(mesh):
    up(mesh, options={"idempotent": True})
    before = {r.pid for r in mesh.replicas("probe")}
    with mesh.channel() as channel, Load(lambda: echo(channel), threads=4) as load:
        with pytest.raises(grpc.RpcError) as caught:
            echo(channel, text="die", metadata=[("x-request-id", "r-4711")])
        error = caught.value
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert "died while they had this request; it is not sent again" in error.details()
        assert dict(error.trailing_metadata())["grpc-retry-pushback-ms"] == "-1"
        wait_until(lambda: sum(alive(pid) for pid in before) <= 2, 5, "two have died")
        mesh.wait_running("probe", 4)
        load.steady(200)
    assert load.failures == []
    assert sum(alive(pid) for pid in before) == 2
    event, = [e for e in mesh.events() if e.reason == "DeadlyRequest"]
    assert "r-4711" in event.message and "probe.v1.Probe/Echo" in event.message
    assert event.deployment == "probe"


HEDGE = {"hedge": {"call": "probe", "method": "probe.v1.Probe/Echo"}, "after_s": 0.1}


@pytest.mark.parametrize("text", ["die", "die later"])
@pytest.mark.parametrize("graph", [
    HEDGE, {**HEDGE, "retry": {"attempts": 4, "backoff_s": 0.05}}], ids=["hedge", "retry"])
def test_a_request_that_kills_kills_two_also_in_a_hedge(mesh, graph, text):
    up(mesh, replicas=5, options={"idempotent": True},
       routes=[{"method": "probe.v1.Probe/Echo", "graph": graph}])
    before = {r.pid for r in mesh.replicas("probe")}
    with mesh.channel() as channel:
        with pytest.raises(grpc.RpcError) as caught:
            echo(channel, text=text)
        print(f"\n{caught.value.code().name}: {caught.value.details()}")
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert "died while they had this request; it is not sent again" in caught.value.details()
        mesh.wait_running("probe", 5)
        echo(channel)
    assert sum(alive(pid) for pid in before) == 3
    assert [e.reason for e in mesh.events()].count("DeadlyRequest") == 1


# -- UNAVAILABLE of an idempotent deployment


def test_an_idempotent_call_is_asked_of_another_replica(mesh):
    up(mesh, "fails", replicas=2, options={"idempotent": True})
    with mesh.channel() as channel:
        answers = [echo(channel) for _ in range(10)]
    assert len({answer.replica for answer in answers}) == 1
    assert {answer.metadata["attempts"] for answer in answers} == {"", "1"}


@pytest.mark.parametrize(("pushback", "waits"), [("-1", None), ("soon", None), ("400", 0.4)])
def test_the_replica_s_pushback_is_kept(mesh, pushback, waits):
    up(mesh, "fails", replicas=2, pushback=pushback, options={"idempotent": True})
    times, failures = [], []
    with mesh.channel() as channel:
        for _ in range(4):
            began = time.monotonic()
            try:
                echo(channel)
                times.append(time.monotonic() - began)
            except grpc.RpcError as error:
                failures.append(error)
    if waits is None:
        assert {error.details() for error in failures} == {"not today"}
    else:
        assert not failures
        assert max(times) > waits


def test_what_is_not_idempotent_is_asked_once(mesh):
    up(mesh, "fails", replicas=2)
    with mesh.channel() as channel:
        with pytest.raises(grpc.RpcError) as caught:
            for _ in range(4):
                echo(channel)
    assert caught.value.details() == "not today"
