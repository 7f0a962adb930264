"""The commands of `martlet` on a running mesh."""

import json
import subprocess
import time

from mesh import MARTLET, probe_app, wait_until


def test_status_in_three_shapes(mesh):
    mesh.up(probe_app(mesh.folder))
    assert "probe-app" in mesh.cli("status").stdout
    assert "probe-app" in json.dumps(json.loads(mesh.cli("status", "-o", "json").stdout))
    assert "probe-app" in mesh.cli("status", "-o", "yaml").stdout


def test_call_prints_the_answer_as_json(mesh):
    mesh.up(probe_app(mesh.folder))
    answer = json.loads(mesh.cli("call", "probe.v1.Probe/Echo", '{"text": "grüße"}').stdout)
    assert answer["text"] == "grüße"
    failed = mesh.cli(
        "call", "probe.v1.Probe/Echo", '{"status_code": 9, "status_message": "not yet"}', check=False)
    assert failed.returncode == 1
    assert "FAILED_PRECONDITION" in failed.stderr and "not yet" in failed.stderr


def test_logs_follow_a_deployment(mesh):
    mesh.up(probe_app(mesh.folder))
    assert "serving on" in mesh.cli("logs", "probe").stdout
    follower = subprocess.Popen(
        [MARTLET, "logs", "-f", "probe", "--run-dir", str(mesh.run_dir)], stdout=subprocess.PIPE,
        text=True)
    try:
        assert "serving on" in follower.stdout.readline()
        mesh.cli("call", "probe.v1.Probe/Echo", '{"text": "gone", "sleep_ms": 5000}', "--timeout",
                 "0.2", check=False)
        end = time.monotonic() + 10
        while "cancelled gone" not in (line := follower.stdout.readline()):
            assert line and time.monotonic() < end
    finally:
        follower.kill()
        follower.wait()


def test_events_tell_what_happened(mesh):
    mesh.up(probe_app(mesh.folder))
    mesh.cli("scale", "probe=2")
    mesh.wait_running("probe", 2)
    shown = mesh.cli("events").stdout
    for word in ("Deployed", "Scaled", "ReplicaReady"):
        assert word in shown


def test_rollback_brings_the_version_before_back(mesh):
    mesh.up(probe_app(mesh.folder, user_config={"version": "one"}))
    mesh.cli("deploy", probe_app(mesh.folder, user_config={"version": "two"}))
    mesh.cli("rollback", "probe-app")
    wait_until(
        lambda: json.loads(mesh.cli("call", "probe.v1.Probe/Echo", "{}").stdout)["version"] == "one",
        20, "the version before answers")


def test_delete_ends_an_app_and_keeps_the_mesh(mesh):
    mesh.up(probe_app(mesh.folder))
    mesh.cli("delete", "probe-app")
    wait_until(lambda: not mesh.status().apps, 20, "the app is gone")
    refused = mesh.cli("call", "probe.v1.Probe/Echo", "{}", check=False)
    assert refused.returncode != 0
    mesh.cli("deploy", probe_app(mesh.folder))
    assert mesh.wait_running("probe", 1)


def test_up_on_a_running_mesh_says_what_to_do(mesh):
    file = probe_app(mesh.folder)
    mesh.up(file)
    again = mesh.cli("up", file, "--detach", "--listen", "127.0.0.1:0", check=False)
    assert again.returncode != 0
    assert "martlet deploy" in again.stderr


def test_simulate_gives_the_same_run_for_the_same_seed(mesh):
    arguments = ("simulate", probe_app(mesh.folder), "--duration", "5", "--kill", "probe@2")
    first = mesh.cli(*arguments).stdout
    assert "probe" in first
    assert first == mesh.cli(*arguments).stdout
    assert first != mesh.cli(*arguments, "--seed", "2").stdout
