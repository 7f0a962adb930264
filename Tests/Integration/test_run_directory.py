"""Files that a cleaner takes out of a run directory come back, and a full disk stops nothing that runs."""

import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest

from mesh import MARTLET, Load, Mesh, alive, probe_app, wait_until
from test_failures import echo


def connects(path):
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
            return True
        except OSError:
            return False


def call_from_here(mesh):
    return json.loads(mesh.cli("call", "probe.v1.Probe/Echo", '{"text": "on"}').stdout)["text"]


def restart(mesh, role):
    first = mesh.process(role)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: mesh.process(role) not in (None, first), 5, f"a new {role}")


def test_sockets_come_back_while_calls_go_on(mesh):
    mesh.up(probe_app(mesh.folder))
    mesh.wait_running("probe", 1)
    sockets = [p for p in mesh.run_dir.rglob("*") if p.is_socket()]
    assert len(sockets) == 3
    with mesh.channel() as channel, Load(echo(channel)) as load:
        for path in sockets:
            path.unlink()
        for path in sockets:
            wait_until(lambda: connects(path), 10, f"{path.name} is there again")
        assert call_from_here(mesh) == "on"
        # A new router finds the replica by the name that came back.
        restart(mesh, "router")
        load.steady(50)
        assert mesh.wait_running("probe", 1)
    codes = {code for _, code, _ in load.failures}
    assert len(load.failures) <= 4 and codes <= {"UNAVAILABLE"}, "what the killed router had in hand"
    assert "FilesRestored" in mesh.cli("events").stdout


def test_the_state_is_written_anew(mesh):
    mesh.up(probe_app(mesh.folder))
    before = mesh.wait_running("probe", 1)[0].pid
    for path in mesh.run_dir.glob("state.sqlite*"):
        path.unlink()
    wait_until(lambda: (mesh.run_dir / "state.sqlite").exists(), 10, "the state is there again")
    wait_until(lambda: "FilesRestored" in mesh.cli("events").stdout, 5, "the event")
    mesh.cli("scale", "probe=2")
    mesh.wait_running("probe", 2)
    restart(mesh, "controller")
    assert before in [replica.pid for replica in mesh.wait_running("probe", 2)]
    assert "Scaled" in mesh.cli("events").stdout


@pytest.mark.parametrize("what", ["files", "everything"])
def test_other_files_come_back(mesh, what):
    mesh.up(probe_app(mesh.folder))
    mesh.wait_running("probe", 1)
    address = mesh.find_address()
    if what == "files":
        for name in ("lock", "address", "controller.lock"):
            (mesh.run_dir / name).unlink()
        for path in (mesh.run_dir / "config").iterdir():
            path.unlink()
        for name in ("config", "logs"):
            shutil.rmtree(mesh.run_dir / name)
    else:
        shutil.rmtree(mesh.run_dir)
    names = ["lock", "address", "controller.lock", "controller.sock", "router.sock", "state.sqlite"]
    for name in names:
        wait_until(lambda: (mesh.run_dir / name).exists(), 10, f"{name} is there again")
    assert mesh.find_address() == address
    wait_until(lambda: list((mesh.run_dir / "config").glob("*.json")), 10, "the configuration")
    again = mesh.cli("up", "--detach", "--listen", "127.0.0.1:0", check=False)
    assert again.returncode == 69 and "already" in again.stderr
    mesh.cli("scale", "probe=2")
    mesh.wait_running("probe", 2)
    assert call_from_here(mesh) == "on"
    wait_until(lambda: "serving on" in mesh.cli("logs", "probe#1").stdout, 10, "the log is found")


def test_cleaners_find_the_directory_locked_and_its_files_young(mesh):
    mesh.up(probe_app(mesh.folder))
    mesh.wait_running("probe", 1)
    descriptor = os.open(mesh.run_dir, os.O_RDONLY)
    try:
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(descriptor)


def test_the_standard_place_is_not_tmp_and_the_old_one_is_found(stubs):
    """As a user without a session: below ~/.local/state, or where a mesh runs already."""
    with tempfile.TemporaryDirectory(prefix="h") as home, \
            tempfile.TemporaryDirectory(prefix="x") as session:
        environment = {k: v for k, v in os.environ.items() if k != "XDG_RUNTIME_DIR"}
        environment["HOME"] = home

        def martlet(*words, **variables):
            return subprocess.run(
                [MARTLET, *words], env={**environment, **variables}, capture_output=True, text=True,
                timeout=60)

        place = "/run/martlet" if os.geteuid() == 0 else f"{home}/.local/state/martlet"
        if os.path.exists(place):
            pytest.skip(f"{place} is in use")
        assert f"no mesh runs in {place};" in martlet("status").stderr
        assert f"{session}/martlet;" in martlet("status", XDG_RUNTIME_DIR=session).stderr
        old = pathlib.Path(f"/tmp/martlet-{os.geteuid()}")
        if old.exists():
            pytest.skip(f"{old} is in use")
        try:
            started = martlet("up", "--detach", "--listen", "127.0.0.1:0", "--run-dir", str(old))
            assert started.returncode == 0, started.stderr
            assert "no apps" in martlet("status").stdout
            assert "no apps" in martlet("status", XDG_RUNTIME_DIR=session).stdout
        finally:
            martlet("down", "--run-dir", str(old))
            shutil.rmtree(old, ignore_errors=True)


@pytest.fixture
def small_disk(stubs):
    """A mesh whose run directory is on a disk of 8 MiB."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        made = Mesh(folder, stubs)
        made.run_dir.mkdir(mode=0o700)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", made.run_dir])
        if mounted.returncode != 0:
            pytest.skip("a disk can be mounted by root alone")
        try:
            yield made
            assert not made.down()
        finally:
            subprocess.run(["umount", "-l", made.run_dir], check=True)


def fill(mesh):
    ballast = mesh.run_dir / "ballast"
    with open(ballast, "ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return ballast


def exhaust(mesh):
    """Until nothing at all can be stored, and the controller says so."""
    for count in range(300):
        fill(mesh)
        done = mesh.cli("scale", f"probe={2 + count % 2}", check=False)
        if done.returncode != 0:
            assert "nothing can be stored" in done.stderr and "full" in done.stderr, done.stderr
            return
    raise AssertionError("everything could be stored")


def test_a_full_disk_stops_nothing_and_heals(small_disk):
    mesh = small_disk
    mesh.up(probe_app(mesh.folder, num_replicas=2, idempotent=True))
    mesh.wait_running("probe", 2)
    with mesh.channel() as channel, Load(echo(channel)) as load:
        ballast = fill(mesh)
        for _ in range(3):
            victim = mesh.replicas("probe")[0]
            os.kill(victim.pid, signal.SIGKILL)
            wait_until(lambda: not alive(victim.pid), 5, "the victim is gone")
            mesh.wait_running("probe", 2)
            fill(mesh)
        controller = mesh.process("controller")
        exhaust(mesh)
        assert mesh.process("controller") == controller, "it went on"
        victim = mesh.replicas("probe")[0]
        os.kill(victim.pid, signal.SIGKILL)
        wait_until(lambda: not alive(victim.pid), 5, "the victim is gone")
        wait_until(lambda: len(mesh.replicas("probe")) >= 2, 20, "it is replaced")
        wait_until(lambda: "nothing can be stored" in mesh.cli("status").stdout, 10, "status tells")
        load.steady(50)
        ballast.unlink()
        wait_until(lambda: "problem" not in mesh.cli("status").stdout, 10, "it has healed")
        mesh.cli("scale", "probe=1")
        mesh.wait_running("probe", 1)
        restart(mesh, "controller")
        mesh.wait_running("probe", 1)
    assert load.failures == []


def test_a_controller_that_begins_on_a_full_disk_does_its_work(small_disk):
    mesh = small_disk
    mesh.up(probe_app(mesh.folder, num_replicas=2))
    mesh.wait_running("probe", 2)
    exhaust(mesh)
    ballast = fill(mesh)
    restart(mesh, "controller")
    wait_until(lambda: len(mesh.replicas("probe")) >= 2, 20, "replicas run")
    victim = mesh.replicas("probe")[0]
    os.kill(victim.pid, signal.SIGKILL)
    wait_until(lambda: not alive(victim.pid), 5, "the victim is gone")
    wait_until(lambda: len(mesh.replicas("probe")) >= 2, 20, "it is replaced")
    assert call_from_here(mesh) == "on"
    ballast.unlink()
    wait_until(lambda: mesh.cli("scale", "probe=1", check=False).returncode == 0, 10, "healed")
    mesh.wait_running("probe", 1)
