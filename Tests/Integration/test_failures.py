"""Processes are killed under load, and every call is counted."""

import os
import random
import resource
import signal
import time

import grpc
import pytest

from mesh import Load, alive, children_of_run, probe_app, wait_until


def echo(channel, **fields):
    from probe.v1 import probe_pb2, probe_pb2_grpc
    stub = probe_pb2_grpc.ProbeStub(channel)
    return lambda: stub.Echo(probe_pb2.EchoRequest(**fields), timeout=20)


def echo_later(channel, **fields):
    from probe.v1 import probe_pb2, probe_pb2_grpc
    stub = probe_pb2_grpc.ProbeStub(channel)
    return stub.Echo.future(probe_pb2.EchoRequest(**fields), timeout=20)


def test_sigkill_of_one_replica_of_two_fails_no_idempotent_call(mesh):
    mesh.up(probe_app(mesh.folder, num_replicas=2, idempotent=True))
    mesh.wait_running("probe", 2)
    with mesh.channel() as channel, Load(echo(channel, sleep_ms=5)) as load:
        victim = mesh.replicas("probe")[0]
        os.kill(victim.pid, signal.SIGKILL)
        load.steady(500)
        healed = mesh.wait_running("probe", 2)
        load.steady(200)
    assert load.failures == []
    assert victim.pid not in [r.pid for r in healed]


def test_sigkill_of_a_replica_that_is_not_idempotent_fails_only_its_own_calls(mesh):
    mesh.up(probe_app(mesh.folder, num_replicas=2, idempotent=False))
    mesh.wait_running("probe", 2)
    with mesh.channel() as channel, Load(echo(channel, sleep_ms=20)) as load:
        os.kill(mesh.replicas("probe")[0].pid, signal.SIGKILL)
        load.steady(300)
    assert 1 <= len(load.failures) <= 4  # what ran on it: at most the four threads' calls
    assert {code for _, code, _ in load.failures} == {"UNAVAILABLE"}


def test_sigkill_of_the_controller_fails_nothing_and_adopts_the_same_replicas(mesh):
    mesh.up(probe_app(mesh.folder, num_replicas=2))
    before = {r.pid for r in mesh.wait_running("probe", 2)}
    with mesh.channel() as channel, Load(echo(channel)) as load:
        first = mesh.process("controller")
        os.kill(first, signal.SIGKILL)
        load.steady(500)
        wait_until(lambda: mesh.process("controller") not in (None, first), 5, "a new controller")
        after = {r.pid for r in mesh.wait_running("probe", 2)}
        load.steady(500)
    assert load.failures == []
    assert after == before
    probes = [p for p in children_of_run(mesh.run_dir) if "probe_server" in command(p)]
    assert sorted(probes) == sorted(before), "none doubled, none orphaned"


def test_sigkill_of_the_router_leaves_new_connections_waiting_not_refused(mesh):
    mesh.up(probe_app(mesh.folder))
    mesh.wait_running("probe", 1)
    router = mesh.process("router")
    os.kill(router, signal.SIGKILL)
    began = time.monotonic()
    with mesh.channel() as channel:
        assert echo(channel, text="again")().text == "again"
    assert time.monotonic() - began < 2
    assert mesh.process("router") not in (None, router)


def test_a_new_router_serves_nobody_before_its_first_table(mesh):
    mesh.up(probe_app(mesh.folder))
    mesh.wait_running("probe", 1)
    controller, router = mesh.process("controller"), mesh.process("router")
    os.kill(controller, signal.SIGSTOP)
    try:
        os.kill(router, signal.SIGKILL)
        with mesh.channel() as channel:
            call = echo_later(channel, text="again")
            wait_until(lambda: mesh.process("router") not in (None, router), 5, "a new router")
            with pytest.raises(grpc.FutureTimeoutError):
                call.result(timeout=0.5)
            os.kill(controller, signal.SIGCONT)
            assert call.result().text == "again"
    finally:
        os.kill(controller, signal.SIGCONT)


def test_deploy_of_a_new_version_under_load_fails_nothing(mesh):
    mesh.up(probe_app(mesh.folder, num_replicas=2, user_config={"version": "one"}))
    mesh.wait_running("probe", 2)
    startup = 2
    with mesh.channel() as channel, Load(echo(channel, sleep_ms=20)) as load:
        mesh.cli("deploy", probe_app(mesh.folder, num_replicas=2, user_config={
            "version": "two", "startup_s": startup}))
        wait_until(lambda: echo(channel)().version == "two", 30, "the new version answers")
        load.steady(300)
        mesh.wait_running("probe", 2)
        assert {echo(channel)().version for _ in range(50)} == {"two"}
    assert load.failures == []
    assert load.slowest < startup, "a call waited for the new version to start"
    wait_until(lambda: mesh.logs().count("drained") == 2, 10, "the old replicas end by themselves")


def test_a_version_that_crashes_at_start_is_rolled_back_with_its_reason(mesh):
    mesh.up(probe_app(mesh.folder, num_replicas=2, user_config={"version": "one"}))
    before = {r.pid for r in mesh.wait_running("probe", 2)}
    with mesh.channel() as channel, Load(echo(channel, sleep_ms=5)) as load:
        result = mesh.cli("deploy", probe_app(mesh.folder, num_replicas=2, user_config={"crash": True}),
                          check=False)
        wait_until(lambda: "DEPLOY_FAILED" in mesh.cli("status").stdout, 60, "the failure shows")
        load.steady(200)
    shown = mesh.cli("status").stdout
    assert result.returncode == 1 or "DEPLOY_FAILED" in shown
    assert "no such file weights.bin" in shown and "3" in shown
    assert load.failures == []
    assert {r.pid for r in mesh.wait_running("probe", 2)} == before


def test_scale_up_down_to_zero_and_back_fails_nothing(mesh):
    mesh.up(probe_app(
        mesh.folder, num_replicas="auto", autoscaling_config={
            "min_replicas": 0, "max_replicas": 4, "initial_replicas": 1,
            "target_ongoing_requests": 2, "downscale_delay_s": 0.3,
            "downscale_to_zero_delay_s": 0.5}))
    mesh.wait_running("probe", 1)
    with mesh.channel() as channel:
        with Load(echo(channel, sleep_ms=50), threads=8) as load:
            mesh.wait_running("probe", 4)
            load.steady(200)
        assert load.failures == []
        # Fewer than before, but enough for each of the four: those that go are at work.
        with Load(echo(channel, sleep_ms=200), threads=4) as load:
            mesh.wait_running("probe", 2)
            load.steady(20)
        assert load.failures == []
        # A replica that still drains could answer; only without any the call has to wait.
        wait_until(lambda: not mesh.deployment("probe").replicas, 20, "no process is left")
        assert echo(channel, text="woken")().text == "woken"


def test_scale_by_hand(mesh):
    mesh.up(probe_app(mesh.folder, num_replicas=1))
    # Long calls, so that the replicas that go are at work.
    with mesh.channel() as channel, Load(echo(channel, sleep_ms=50)) as load:
        mesh.cli("scale", "probe=3")
        mesh.wait_running("probe", 3)
        load.steady(50)
        mesh.cli("scale", "probe=1")
        mesh.wait_running("probe", 1)
        load.steady(50)
    assert load.failures == []


def test_down_leaves_nothing(mesh):
    mesh.up(probe_app(mesh.folder, num_replicas=2))
    mesh.wait_running("probe", 2)
    assert len(children_of_run(mesh.run_dir)) >= 5
    mesh.cli("down")
    assert children_of_run(mesh.run_dir) == []
    assert not [p for p in mesh.run_dir.rglob("*") if p.is_socket()]


def test_sigkill_of_the_supervisor_leaves_no_process(mesh):
    mesh.up(probe_app(mesh.folder, num_replicas=2))
    mesh.wait_running("probe", 2)
    supervisor = parent(mesh.process("router"))
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: children_of_run(mesh.run_dir) == [], 30, "everything has followed")
    assert not [p for p in mesh.run_dir.rglob("*") if p.is_socket()]


def test_two_meshes_side_by_side_never_meet(mesh, stubs):
    import tempfile
    from conftest import check_gone
    from mesh import Mesh
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        other = Mesh(folder, stubs)
        mesh.up(probe_app(mesh.folder, user_config={"version": "left"}))
        other.up(probe_app(other.folder, user_config={"version": "right"}))
        with mesh.channel() as left, other.channel() as right:
            assert echo(left)().version == "left"
            assert echo(right)().version == "right"
        check_gone(other)
        with mesh.channel() as left:
            assert echo(left)().version == "left"


@pytest.mark.timeout(1200)
def test_many_sigkills_leave_memory_and_descriptors_flat(mesh):
    kills = int(os.environ.get("MARTLET_KILLS", "60"))
    mesh.up(probe_app(mesh.folder, num_replicas=3, idempotent=True, resources={"cpus": 0.01}))
    mesh.wait_running("probe", 3)
    chance = random.Random(7)
    with mesh.channel() as channel, Load(echo(channel), threads=2) as load:
        marks = []
        for index in range(kills):
            victim = chance.choice(mesh.wait_running("probe", 3, within=60))
            os.kill(victim.pid, signal.SIGKILL)
            wait_until(lambda: not alive(victim.pid), 5, "the victim is gone")
            if index in (kills // 3, kills - 1):
                mesh.wait_running("probe", 3, within=60)
                load.steady(50)
                marks.append({role: usage(mesh.process(role)) for role in ("controller", "router")})
    assert load.failures == []
    for role in ("controller", "router"):
        (memory, files), (memory_after, files_after) = marks[0][role], marks[1][role]
        assert files_after <= files + 4, f"{role}: {files} -> {files_after} descriptors"
        assert memory_after <= memory + 8 * 1024, f"{role}: {memory} -> {memory_after} KiB"


def usage(pid):
    """(resident KiB, open descriptors)"""
    with open(f"/proc/{pid}/statm") as file:
        pages = int(file.read().split()[1])
    return pages * resource.getpagesize() // 1024, len(os.listdir(f"/proc/{pid}/fd"))


def command(pid):
    with open(f"/proc/{pid}/cmdline") as file:
        return file.read()


def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])
