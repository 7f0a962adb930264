"""A program that becomes ready and ends a moment later: it does not take over, and callers hear why."""

import json
import os
import signal
import sys
import time

import pytest
from mesh import HERE, Load, probe_app, wait_until
from probe_calls import deploy, ended, rewrite, stub
from test_failures import echo

# Serves like the probe, and ends by itself so long after it has answered its first health check.
SERVER = f"""
import os, sys, threading, time
sys.path.insert(0, {str(HERE)!r})
import probe_server
life = float(sys.argv[1])
def end():
    print("out of luck at", life, flush=True)
    os._exit(4)
if life:
    from grpc_health.v1 import health
    check = health.HealthServicer.Check
    def timed(self, request, context):
        answer = check(self, request, context)
        if answer.status == 1 and not timers:
            timers.append(threading.Timer(life, end))
            timers[0].start()
        return answer
    timers = []
    health.HealthServicer.Check = timed
probe_server.main()
"""


def mortal(mesh, life, **keys):
    program = mesh.folder / "mortal.py"
    program.write_text(SERVER)
    command = [sys.executable, str(program), str(life)]
    return probe_app(mesh.folder, command=command, **keys)


@pytest.mark.parametrize("life", [0.05, 0.7])
def test_an_update_that_ends_after_it_is_ready_does_not_take_over(mesh, life):
    mesh.up(mortal(mesh, 0, user_config={"version": "old"}))
    before = mesh.wait_running("probe", 1)[0].pid
    with mesh.channel() as channel, Load(echo(channel)) as load:
        failed = deploy(mesh, mortal(mesh, life, user_config={"version": "new"}), check=False)
        assert failed.returncode == 1
        assert "out of luck" in failed.stderr and "exited with status 4" in failed.stderr
        assert "was ready for" in failed.stderr
        load.steady(50)
    assert load.failures == []
    assert mesh.wait_running("probe", 1)[0].pid == before
    assert mesh.app().version == 1
    with mesh.channel() as channel:
        assert {ended(stub(mesh, channel))[1].version for _ in range(20)} == {"old"}


def test_an_update_waits_for_min_ready_and_no_longer(mesh):
    file = mortal(mesh, 0, min_ready_s=0.4)
    mesh.up(file)
    began = time.monotonic()
    deploy(mesh, rewrite(file, user_config={"version": "2"}))
    took = time.monotonic() - began
    deploy(mesh, rewrite(file, user_config={"version": "3"}, min_ready_s=0))
    assert 0.4 < took
    began = time.monotonic()
    deploy(mesh, rewrite(file, user_config={"version": "3"}, max_queued_requests=9))
    assert time.monotonic() - began < 0.5, "no replica starts, so none has to prove itself"


def test_a_call_that_waits_hears_why_nothing_stays_up(mesh):
    mesh.up(mortal(
        mesh, 0.01, num_replicas="auto",
        autoscaling_config={"min_replicas": 0, "max_replicas": 2, "downscale_to_zero_delay_s": 1}))
    with mesh.channel() as channel:
        probe = stub(mesh, channel)
        results = []

        def refused():
            results.append(ended(probe, timeout=20, sleep_ms=500))
            return results[-1][0] == "UNAVAILABLE" and "out of luck" in results[-1][1]

        wait_until(refused, 20, "calls are refused with the reason")
        code, text, seconds = ended(probe, timeout=20, sleep_ms=500)
        assert code == "UNAVAILABLE" and seconds < 5, text
    # It does not spin: tries are ever further apart.
    numbers = [replica.number for replica in mesh.deployment("probe").replicas]
    time.sleep(3)
    later = [event for event in mesh.events() if event.reason == "ReplicaReady"]
    assert len(later) < 12, numbers


def test_replicas_that_are_killed_by_hand_are_replaced_at_once(mesh):
    mesh.up(mortal(mesh, 0))
    for _ in range(5):
        replica = mesh.wait_running("probe", 1)[0]
        os.kill(replica.pid, signal.SIGKILL)
        began = time.monotonic()
        wait_until(
            lambda: [r for r in mesh.replicas("probe") if r.pid != replica.pid], 10, "another one")
        assert time.monotonic() - began < 3
    with mesh.channel() as channel:
        assert ended(stub(mesh, channel))[0] == "OK"


def test_the_first_version_answers_as_soon_as_it_is_ready(mesh):
    file = mortal(mesh, 0, min_ready_s=30)
    began = time.monotonic()
    mesh.up(file)
    with mesh.channel() as channel:
        assert ended(stub(mesh, channel))[0] == "OK"
    assert time.monotonic() - began < 10
    assert json.loads(file.read_text())["deployments"][0]["min_ready_s"] == 30
