"""A deploy that changes only limits holds at once, with the replicas that are there."""

import collections

from mesh import probe_app, wait_until
from probe_calls import at_once, deploy, ended, rewrite, stub


def pids(mesh):
    return sorted(replica.pid for replica in mesh.replicas("probe"))


def test_a_shorter_queue_holds_once_the_deploy_says_running(mesh):
    file = probe_app(mesh.folder, max_ongoing_requests=2, max_queued_requests=50)
    mesh.up(file, "--routers", "2")
    before = pids(mesh)
    assert all(code == "OK" for code, *_ in at_once(mesh, 12, sleep_ms=100))
    deploy(mesh, rewrite(file, max_queued_requests=1))
    codes = collections.Counter(code for code, *_ in at_once(mesh, 12, sleep_ms=500))
    assert codes == {"OK": 3, "RESOURCE_EXHAUSTED": 9}
    assert pids(mesh) == before


def test_a_request_timeout_holds_once_the_deploy_says_running(mesh):
    file = probe_app(mesh.folder)
    mesh.up(file)
    before = pids(mesh)
    with mesh.channel() as channel:
        probe = stub(mesh, channel)
        assert ended(probe, sleep_ms=400)[0] == "OK"
        deploy(mesh, rewrite(file, request_timeout_s=0.2))
        code, _, seconds = ended(probe, sleep_ms=1500)
        assert (code, seconds < 1) == ("DEADLINE_EXCEEDED", True)
        deploy(mesh, rewrite(file, request_timeout_s=None))
        assert ended(probe, sleep_ms=400)[0] == "OK"
    assert pids(mesh) == before


def test_a_deployment_that_became_idempotent_repeats_calls(mesh):
    import os
    import signal
    import threading

    file = probe_app(mesh.folder, num_replicas=2)
    mesh.up(file)
    before = pids(mesh)
    deploy(mesh, rewrite(file, idempotent=True))
    assert pids(mesh) == before
    with mesh.channel() as channel:
        probe = stub(mesh, channel)
        results = []
        caller = threading.Thread(target=lambda: results.append(ended(probe, sleep_ms=1000)))
        caller.start()
        busy = wait_until(
            lambda: [r for r in mesh.replicas("probe") if r.ongoing_requests], 10, "the call runs")
        os.kill(busy[0].pid, signal.SIGKILL)
        caller.join(30)
        assert results[0][0] == "OK", results


def test_a_health_check_period_holds_once_the_deploy_says_running(mesh):
    import os
    import signal

    file = probe_app(mesh.folder, health_check_period_s=600)
    mesh.up(file)
    deploy(mesh, rewrite(file, health_check_period_s=0.1))
    [replica] = mesh.replicas("probe")
    os.kill(replica.pid, signal.SIGSTOP)
    wait_until(
        lambda: [other for other in mesh.replicas("probe") if other.pid != replica.pid], 30,
        "a replica that answers no checks is replaced")


def test_replica_counts_hold_once_the_deploy_says_running(mesh):
    file = probe_app(
        mesh.folder, num_replicas="auto", autoscaling_config={"min_replicas": 1, "max_replicas": 2})
    mesh.up(file)
    before = mesh.wait_running("probe", 1)[0].pid
    deploy(mesh, rewrite(file, autoscaling_config={"min_replicas": 3, "max_replicas": 4}))
    assert before in [replica.pid for replica in mesh.wait_running("probe", 3, within=3)]
    deploy(mesh, rewrite(
        file, autoscaling_config={
            "min_replicas": 0, "max_replicas": 4, "downscale_delay_s": 0.2,
            "downscale_to_zero_delay_s": 0.5}))
    wait_until(lambda: not mesh.deployment("probe").replicas, 20, "nothing asks for a replica")
    deploy(mesh, rewrite(file, num_replicas=2, autoscaling_config=None))
    mesh.wait_running("probe", 2, within=3)
    deploy(mesh, rewrite(file, num_replicas=1))
    mesh.wait_running("probe", 1, within=5)
