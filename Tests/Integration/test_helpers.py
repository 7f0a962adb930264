"""Processes that a replica starts belong to it: they live through its controller's death and end with it."""

import contextlib
import os
import pathlib
import signal
import sys
import threading
import time

import grpc
import pytest

from mesh import HERE, Load, alive, probe_app, wait_until

KINDS = ["session", "daemon", "bare"]


def echo(channel, timeout=20, **fields):
    from probe.v1 import probe_pb2, probe_pb2_grpc
    stub = probe_pb2_grpc.ProbeStub(channel)
    return lambda: stub.Echo(probe_pb2.EchoRequest(**fields), timeout=timeout)


def helped_app(mesh, helpers=KINDS, **deployment):
    folder = mesh.folder / "helpers"
    folder.mkdir(exist_ok=True)
    config = {"helpers": list(helpers), "folder": str(folder), **deployment.pop("config", {})}
    return probe_app(
        mesh.folder, command=[sys.executable, str(HERE / "helper_server.py")], user_config=config,
        **deployment)


def helper_pids(mesh):
    return [int(path.read_text()) for path in (mesh.folder / "helpers").glob("*.pid")]


@pytest.fixture
def helped(mesh):
    """No helper outlives its test, even if Martlet lets it."""
    yield mesh
    left = [pid for pid in helper_pids(mesh) if alive(pid)]
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def restart_controller(mesh):
    first = mesh.process("controller")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: mesh.process("controller") not in (None, first), 5, "a new controller")
    mesh.status()


def gone(pids):
    return lambda: not any(alive(pid) for pid in pids)


def test_a_replica_with_helpers_survives_its_controller_with_its_calls(helped):
    helped.up(helped_app(helped))
    before = helped.wait_running("probe", 1)[0].pid
    helpers = helper_pids(helped)
    assert len(helpers) == 3
    with helped.channel() as channel, Load(echo(channel, sleep_ms=300)) as load:
        for _ in range(2):
            restart_controller(helped)
            load.steady(20)
    assert load.failures == []
    assert helped.wait_running("probe", 1)[0].pid == before
    assert all(alive(pid) for pid in helpers)


@pytest.mark.parametrize("end, adopted", [
    ("kill", False), ("scale", False), ("update", False), ("kill", True), ("delete", True),
    ("down", True)])
def test_helpers_end_with_their_replica(helped, end, adopted):
    file = helped_app(helped)
    helped.up(file)
    replica = helped.wait_running("probe", 1)[0]
    if adopted:
        restart_controller(helped)
        assert helped.wait_running("probe", 1)[0].pid == replica.pid
    time.sleep(2.5)  # a helper without any mark is known by then
    helpers = helper_pids(helped)
    assert len(helpers) == 3 and all(alive(pid) for pid in helpers)
    if end == "kill":
        os.kill(replica.pid, signal.SIGKILL)
    elif end == "scale":
        helped.cli("scale", "probe=0")
    elif end == "delete":
        helped.cli("delete", "probe-app")
    elif end == "down":
        helped.cli("down")
    else:
        for path in (helped.folder / "helpers").glob("*.pid"):
            path.unlink()
        helped.cli("deploy", helped_app(helped, config={"version": "two"}))
    wait_until(lambda: not alive(replica.pid), 20, "the replica is gone")
    wait_until(gone(helpers), 10, "its helpers are gone")
    if end in ("kill", "update"):
        helped.wait_running("probe", 1)
        assert any(alive(pid) for pid in helper_pids(helped)), "the new replica keeps its own"


def test_only_helpers_of_the_replica_that_ends_are_ended(helped):
    helped.up(helped_app(helped, helpers=["session"], num_replicas=2))
    replicas = helped.wait_running("probe", 2)
    wait_until(lambda: len(helper_pids(helped)) == 2, 5, "both have a helper")
    marks = {}
    for pid in helper_pids(helped):
        words = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        marks[next(w for w in words if w.startswith(b"MARTLET_REPLICA=")).decode()] = pid
    victim, other = replicas
    os.kill(victim.pid, signal.SIGKILL)
    wait_until(gone([marks[f"MARTLET_REPLICA=probe#{victim.number}"]]), 5, "its helper is gone")
    helped.wait_running("probe", 2)
    assert alive(marks[f"MARTLET_REPLICA=probe#{other.number}"])


def test_a_process_of_another_mesh_is_left_alone(helped):
    """It has the words of a replica, with another run directory."""
    import subprocess
    helped.up(probe_app(helped.folder))
    replica = helped.wait_running("probe", 1)[0]
    environment = {
        **os.environ, "MARTLET_REPLICA": f"probe#{replica.number}",
        "MARTLET_LISTEN": f"unix:/tmp/other/replicas/{replica.number}.sock"}
    stranger = subprocess.Popen(["sleep", "60"], env=environment, start_new_session=True)
    try:
        restart_controller(helped)
        os.kill(replica.pid, signal.SIGKILL)
        wait_until(lambda: not alive(replica.pid), 5, "the replica is gone")
        helped.wait_running("probe", 1)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_helper_has_the_rest_of_the_grace(helped):
    helped.up(helped_app(helped, helpers=["polite"], graceful_shutdown_timeout_s=10))
    helped.wait_running("probe", 1)
    helped.cli("down")
    assert (helped.folder / "helpers" / "polite.ended").exists(), "it was cut off"


@pytest.mark.parametrize("wrapper, end", [
    ("{}; true", "down"), ("{}; true", "scale"), ("trap 'echo told' TERM; {} & wait; wait", "down"),
    ("{} & trap 'kill $!' TERM; wait", "scale")])
def test_a_stream_behind_a_wrapper_has_the_whole_grace(helped, wrapper, end):
    server = f"{sys.executable} {HERE}/probe_server.py"
    helped.up(probe_app(
        helped.folder, command=["sh", "-c", wrapper.format(server)],
        graceful_shutdown_timeout_s=6))
    helped.wait_running("probe", 1)
    answers = []
    with helped.channel() as channel:
        call = echo(channel, text="late", sleep_ms=4500)
        thread = threading.Thread(target=lambda: answers.append(outcome(call)))
        thread.start()
        wait_until(lambda: helped.deployment("probe").ongoing_requests == 1, 5, "the call runs")
        helped.cli(*(["down"] if end == "down" else ["scale", "probe=0"]))
        thread.join(20)
    assert answers == ["late"]


def outcome(call):
    try:
        return call().text
    except grpc.RpcError as error:
        return f"{error.code().name}: {error.details()}"


# -- control groups


def control_group(pid):
    """The folder of a process's control group of version 2, and its path in the hierarchy."""
    mounts = pathlib.Path("/proc/self/mounts").read_text().splitlines()
    folder = next((line.split()[1] for line in mounts if line.split()[2] == "cgroup2"), None)
    lines = pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    own = next((line[3:] for line in lines if line.startswith("0::")), "")
    return pathlib.Path(folder + own) if folder and "martlet-" in own else None


@pytest.fixture
def grouped(helped):
    """A mesh with two replicas whose helpers have left all traces before anybody looked."""
    helped.up(helped_app(helped, helpers=["bare"], num_replicas=2, config={"each": True}))
    replicas = helped.wait_running("probe", 2)
    if control_group(replicas[0].pid) is None:
        pytest.skip("no cgroup v2 that this process may make groups in")
    wait_until(lambda: len(helper_pids(helped)) == 2, 5, "both have a helper")
    return helped


@pytest.mark.parametrize("adopted", [False, True])
def test_a_helper_that_hides_everything_ends_with_its_replica_alone(grouped, adopted):
    replicas = grouped.wait_running("probe", 2)
    helpers = {control_group(pid).name: pid for pid in helper_pids(grouped)}
    assert set(helpers) == {str(replica.number) for replica in replicas}
    if adopted:
        restart_controller(grouped)
        grouped.wait_running("probe", 2)
    victim, other = replicas
    os.kill(victim.pid, signal.SIGKILL)
    wait_until(gone([helpers[str(victim.number)]]), 5, "its helper is gone")
    grouped.wait_running("probe", 2)
    assert alive(helpers[str(other.number)]) and alive(other.pid)


def test_groups_are_gone_with_their_replicas_and_their_mesh(grouped):
    replica = grouped.wait_running("probe", 2)[0]
    group = control_group(replica.pid)
    assert group.is_dir()
    (group / "of-its-own").mkdir()
    os.kill(replica.pid, signal.SIGKILL)
    wait_until(lambda: not group.exists(), 10, "its group is gone")
    grouped.cli("down")
    assert not group.parent.exists()


def test_a_mesh_whose_controller_hangs_leaves_no_group(helped):
    helped.up(helped_app(helped, helpers=["hydra"], graceful_shutdown_timeout_s=1))
    replica = helped.wait_running("probe", 1)[0]
    group = control_group(replica.pid)
    if group is None:
        pytest.skip("no cgroup v2 that this process may make groups in")
    os.kill(helped.process("controller"), signal.SIGSTOP)
    helped.cli("down", timeout=50)
    assert not alive(replica.pid)
    assert not group.parent.exists()


def test_helpers_that_die_and_come_again_end(helped):
    """They are other processes at every look."""
    helped.up(helped_app(helped, helpers=["hydra"], graceful_shutdown_timeout_s=1))
    replica = helped.wait_running("probe", 1)[0]
    group = control_group(replica.pid)
    if group is None:
        pytest.skip("no cgroup v2 that this process may make groups in")
    assert len((group / "cgroup.procs").read_text().split()) > 1
    os.kill(replica.pid, signal.SIGKILL)
    wait_until(lambda: not group.exists(), 10, "all are gone")
    helped.wait_running("probe", 1)


@pytest.mark.parametrize("end", ["kill", "scale"])
def test_without_control_groups_helpers_end_all_the_same(helped, end):
    hide = 'umount -l -t cgroup2 -a; exec "$@"'
    helped.wrapper = ["unshare", "-m", "sh", "-c", hide, "sh"]
    if os.geteuid() != 0:
        pytest.skip("only root may hide the control groups")
    helped.up(helped_app(helped))
    helped.wrapper = []
    replica = helped.wait_running("probe", 1)[0]
    assert control_group(replica.pid) is None
    helpers = helper_pids(helped)
    assert len(helpers) == 3
    if end == "kill":
        os.kill(replica.pid, signal.SIGKILL)
    else:
        helped.cli("scale", "probe=0")
    wait_until(gone([replica.pid, *helpers]), 20, "the replica and its helpers are gone")
