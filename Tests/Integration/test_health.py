"""Replicas that are busy, loading, silent or dead: who keeps its calls, and who is replaced."""

import contextlib
import json
import os
import re
import signal
import sys
import time

import grpc
import pytest

from mesh import BINARIES, HERE, alive, wait_until
from work_app import by_kind, call, up, write

# A replica that is dead is found within about a second.
QUICK = {"health_check_period_s": 0.1, "health_check_timeout_s": 0.4, "health_check_failures": 2}
DO = "work.v1.Work/Do"
MANNERS = [
    "threads", "threads that refuse", "threads keeping the interpreter", "asyncio",
    "asyncio keeping the interpreter"]


def deployment(name, *, command=(), options=None, **config):
    return {
        "name": name,
        "command": [*command, sys.executable, str(HERE / "busy_server.py")],
        "services": ["work.v1.Work"], "num_replicas": 1, "max_ongoing_requests": 64,
        "graceful_shutdown_timeout_s": 2, "resources": {"cpus": 0.01},
        "user_config": {"manner": "threads", **config}, **QUICK, **(options or {})}


def one(mesh, **fields):
    """A mesh of one deployment, `busy`."""
    made = deployment("busy", **fields)
    up(mesh, [made], {DO: call("busy")})
    return made


def do(channel, *, kind="", text="", sleep=0.0):
    from work.v1 import work_pb2, work_pb2_grpc
    item = work_pb2.Item(kind=kind, text=text)
    item.order.sleep_ms = int(sleep * 1000)
    return work_pb2_grpc.WorkStub(channel).Do.future(item, timeout=60)


def reasons(mesh):
    return [event.reason for event in mesh.events()]


def test_a_server_that_is_at_work_keeps_its_calls_however_late_its_health_is(mesh):
    names = {manner: f"m{index}" for index, manner in enumerate(MANNERS)}
    up(mesh, [deployment(name, manner=manner) for manner, name in names.items()],
       {DO: by_kind({name: call(name) for name in names.values()})})
    before = {name: mesh.replicas(name)[0].pid for name in names.values()}
    with mesh.channel() as channel:
        # As many as it has workers; the asyncio loops take one after the other.
        calls = [do(channel, kind=name, sleep=2.5) for name in names.values() for _ in range(2)]
        time.sleep(1.5)
        messages = {name: mesh.replicas(name)[0].message for name in names.values()}
        for made in calls:
            made.result()
    assert all(message.startswith("busy: ") for message in messages.values()), messages
    assert {name: mesh.replicas(name)[0].pid for name in names.values()} == before
    assert not {"ReplicaUnhealthy", "ReplicaKilled", "ReplicaDied"} & set(reasons(mesh))


def test_a_stopped_process_is_replaced_also_when_it_has_calls_in_hand(mesh):
    one(mesh)
    victim = mesh.replicas("busy")[0].pid
    with mesh.channel() as channel:
        made = do(channel, sleep=60)
        wait_until(lambda: mesh.deployment("busy").ongoing_requests == 1, 5, "the call is in hand")
        os.kill(victim, signal.SIGSTOP)
        with pytest.raises(grpc.RpcError):
            made.result(timeout=10)
        assert mesh.wait_running("busy", 1)[0].pid != victim
        do(channel).result()
    assert "nor to pings" in next(e.message for e in mesh.events() if e.reason == "ReplicaKilled")


def test_a_replica_whose_health_hangs_while_it_has_no_calls_is_replaced(mesh):
    one(mesh, workers=8)
    victim = mesh.replicas("busy")[0].pid
    with mesh.channel() as channel:
        do(channel, text="hang health").result()
        wait_until(lambda: not alive(victim), 10, "the replica is killed")
        assert mesh.wait_running("busy", 1)[0].pid != victim
        do(channel).result()


def test_a_connection_that_falls_silent_is_replaced_and_the_replica_is_not(mesh):
    relay = [sys.executable, str(HERE / "deaf_relay.py")]
    one(mesh, command=relay)
    replica = mesh.replicas("busy")[0].pid
    os.kill(replica, signal.SIGUSR1)
    time.sleep(2)
    assert mesh.replicas("busy")[0].pid == replica
    assert "ReplicaUnhealthy" not in reasons(mesh)


def test_a_silent_replica_is_busy_while_it_computes_and_dead_afterwards(mesh):
    relay = [sys.executable, str(HERE / "deaf_relay.py")]
    one(mesh, command=relay, manner="threads that compute")
    victim = mesh.replicas("busy")[0].pid
    with mesh.channel() as channel:
        made = do(channel, sleep=5)
        wait_until(lambda: mesh.deployment("busy").ongoing_requests == 1, 5, "the call is in hand")
        os.kill(victim, signal.SIGUSR2)
        wait_until(
            lambda: [r for r in mesh.replicas("busy") if "it computes" in r.message], 3, "it is busy")
        time.sleep(1.5)
        assert [r.pid for r in mesh.replicas("busy")] == [victim]
        wait_until(lambda: not alive(victim), 15, "it is killed once it does nothing any more")
        made.cancel()
    mesh.wait_running("busy", 1)


@contextlib.contextmanager
def blocked_loop(mesh, seconds):
    """A Swift replica of which a handler blocks the event loop: its pid and the call."""
    from stream.v1 import stream_pb2, stream_pb2_grpc
    file = mesh.folder / "app.yaml"
    file.write_text(json.dumps({
        "name": "stream", "protos": [str(HERE / "protos/stream/v1/stream.proto")],
        "deployments": [{
            "name": "stream", "command": [str(BINARIES / "stream-fixture"), "replica", "stream"],
            "services": ["stream.v1.Stream"], "resources": {"cpus": 0.01}, **QUICK}],
        "routes": [{"service": "stream.v1.Stream", "deployment": "stream"}]}))
    mesh.up(file)
    pid = mesh.wait_running("stream", 1)[0].pid
    with mesh.channel() as channel:
        chunks = stream_pb2_grpc.StreamStub(channel).Expand(stream_pb2.ExpandRequest(
            name="blocks", chunks=1, chunk_bytes=3, pause_ms=int(seconds * 1000)), timeout=60)
        wait_until(
            lambda: [r for r in mesh.replicas("stream") if "holds its event loop" in r.message], 5,
            "it is busy")
        yield pid, chunks


def test_a_handler_that_blocks_its_event_loop_is_busy(mesh):
    with blocked_loop(mesh, seconds=5) as (pid, chunks):
        assert [chunk.payload for chunk in chunks] == [b"ZZZ"]
        wait_until(
            lambda: [r.message for r in mesh.replicas("stream")] == [""], 5, "it is healthy again")
        assert mesh.replicas("stream")[0].pid == pid
    assert not {"ReplicaUnhealthy", "ReplicaKilled", "ReplicaDied"} & set(reasons(mesh))


def test_a_process_that_is_stopped_while_its_event_loop_is_blocked_is_dead(mesh):
    with blocked_loop(mesh, seconds=50) as (pid, chunks):
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: not alive(pid), 10, "it is killed")
        with pytest.raises(grpc.RpcError):
            list(chunks)
        assert mesh.wait_running("stream", 1)[0].pid != pid


def test_a_changed_period_holds_at_once(mesh):
    made = one(mesh, options={"health_check_period_s": 3600, "health_check_timeout_s": 3600})
    victim = mesh.replicas("busy")[0].pid
    mesh.cli("deploy", write(mesh, [{**made, **QUICK}], {DO: call("busy")}))
    assert mesh.replicas("busy")[0].pid == victim, "a deploy of health keys restarts nothing"
    os.kill(victim, signal.SIGSTOP)
    wait_until(lambda: not alive(victim), 10, "the stopped replica is killed")
    mesh.wait_running("busy", 1)


def test_a_start_may_take_as_long_as_the_deployment_says(mesh):
    first = deployment("busy", workers=1)
    up(mesh, [first], {DO: call("busy")})
    loading = deployment("busy", workers=2, load_s=4)

    def deploy(**keys):
        return mesh.cli("deploy", write(mesh, [{**loading, **keys}], {DO: call("busy")}), check=False)

    failed = deploy(startup_timeout_s=1.5)
    assert failed.returncode == 1
    assert "did not answer SERVING within 1.5 seconds (startup_timeout_s)" in failed.stderr
    assert "loading: answers NOT_SERVING" in failed.stderr
    done = deploy(startup_timeout_s=0)
    assert done.returncode == 0, done.stderr
    # What was waited for, and why; a slow machine sees the first of these.
    assert re.search(r"; busy#\d+: (.*does not listen on |loading: answers NOT_SERVING)", done.stderr)


def test_status_says_what_a_start_waits_for(mesh):
    up(mesh, [deployment("busy")], {DO: call("busy")})
    made = deployment("busy", deaf_s=2, load_s=4)
    mesh.cli("deploy", write(mesh, [made], {DO: call("busy")}), "--no-wait")
    wait_until(lambda: "does not listen on" in mesh.cli("status").stdout, 10, "nobody listens yet")
    wait_until(
        lambda: "loading: answers NOT_SERVING for" in mesh.cli("status").stdout, 10, "it loads")
    mesh.wait_running("busy", 1)
