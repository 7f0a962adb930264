"""Deploys, deletes, scalings and restarts of the controller that meet one another."""

import json
import os
import signal
import subprocess
import threading
import time
import urllib.request

from mesh import MARTLET, probe_app, wait_until
from probe_calls import deploy, ended, rewrite, stub


def routes(mesh):
    with urllib.request.urlopen(f"http://{mesh.address}/-/routes", timeout=10) as answer:
        return answer.read().decode()


def waiting(mesh, *arguments):
    """A command that goes on by itself; `communicate` has what it says."""
    return subprocess.Popen(
        [MARTLET, *map(str, arguments), "--run-dir", str(mesh.run_dir)], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, cwd=mesh.folder, env=mesh.environment())


def app_file(mesh, name, app=None, **options):
    """An app file of its own name, of an app of its own name."""
    folder = mesh.folder / name
    folder.mkdir(exist_ok=True)
    file = probe_app(folder, **options)
    spec = json.loads(file.read_text())
    spec["name"] = app or name
    file.write_text(json.dumps(spec))
    return file


class Call(threading.Thread):
    """A call that is in hand once `start_and_wait` returns."""

    def __init__(self, mesh, seconds):
        super().__init__()
        self.mesh, self.seconds, self.result = mesh, seconds, None

    def run(self):
        with self.mesh.channel() as channel:
            self.result = ended(stub(self.mesh, channel), sleep_ms=int(self.seconds * 1000))

    def start_and_wait(self):
        self.start()
        wait_until(
            lambda: any(d.ongoing_requests for a in self.mesh.status().apps for d in a.deployments),
            10, "the call is in hand")
        return self


# -- deletes


def test_after_a_delete_new_calls_go_to_the_app_that_was_hidden(mesh):
    mesh.up(app_file(mesh, "a-first", user_config={"version": "first"}))
    deploy(mesh, app_file(mesh, "b-second", user_config={"version": "second"}))
    with mesh.channel() as channel:
        assert ended(stub(mesh, channel))[1].version == "first"
        call = Call(mesh, 4).start_and_wait()
        delete = waiting(mesh, "delete", "a-first")
        wait_until(lambda: "a-first" not in routes(mesh), 2, "its routes are gone")
        assert ended(stub(mesh, channel))[1].version == "second"
        assert delete.poll() is None and call.result is None, "the call is still in hand"
        call.join()
        assert call.result[0] == "OK" and call.result[1].version == "first"
        assert "a-first is deleted" in delete.communicate(timeout=30)[0]


def test_after_a_delete_new_calls_find_no_route(mesh):
    mesh.up(probe_app(mesh.folder))
    call = Call(mesh, 3).start_and_wait()
    delete = waiting(mesh, "delete", "probe-app")
    wait_until(lambda: "probe.v1" not in routes(mesh), 2, "its routes are gone")
    with mesh.channel() as channel:
        code, _, seconds = ended(stub(mesh, channel), timeout=10)
        assert code in ("UNIMPLEMENTED", "UNAVAILABLE") and seconds < 1
    assert call.result is None
    call.join()
    assert call.result[0] == "OK"
    delete.communicate(timeout=30)


def test_a_deploy_over_a_delete_is_taken_and_leaves_no_time_without_a_route(mesh):
    file = probe_app(mesh.folder, user_config={"version": "old"})
    mesh.up(file)
    call = Call(mesh, 3).start_and_wait()
    delete = waiting(mesh, "delete", "probe-app")
    wait_until(lambda: "probe.v1" not in routes(mesh), 5, "it is being deleted")
    rewrite(file, user_config={"version": "new", "startup_s": 1})
    new = waiting(mesh, "deploy", file)
    wait_until(lambda: "probe.v1" in routes(mesh), 5, "the deploy is taken")
    seen = set()
    with mesh.channel() as channel:
        while new.poll() is None:
            code, reply, _ = ended(stub(mesh, channel))
            assert code == "OK", reply
            seen.add(reply.version)
        assert ended(stub(mesh, channel))[1].version == "new"
    assert "RUNNING" in new.communicate()[0] and "old" in seen
    call.join()
    assert call.result[0] == "OK" and call.result[1].version == "old"
    # Who deleted is told, and does not wait for what will not be.
    said, _ = delete.communicate(timeout=10)
    assert delete.returncode == 0 and "deployed anew" in said


# -- scaling


def test_a_scale_during_a_rollout_outlives_it_and_the_controller(mesh):
    file = probe_app(mesh.folder)
    mesh.up(file)
    new = waiting(mesh, "deploy", rewrite(file, user_config={"startup_s": 2}))
    wait_until(lambda: mesh.app().target_version == 2, 10, "the rollout has begun")
    mesh.cli("scale", "probe=3")
    assert "RUNNING" in new.communicate(timeout=60)[0]
    mesh.wait_running("probe", 3)
    os.kill(mesh.process("controller"), signal.SIGKILL)
    wait_until(lambda: mesh.status().routers, 20, "the controller is back")
    time.sleep(1)
    assert mesh.deployment("probe").desired_replicas == 3
    mesh.wait_running("probe", 3)


# -- waiting for a rollout


def test_an_overtaken_deploy_says_so(mesh):
    file = probe_app(mesh.folder)
    mesh.up(file)
    overtaken = waiting(
        mesh, "deploy", app_file(mesh, "two", "probe-app", user_config={"startup_s": 5}))
    wait_until(lambda: mesh.app().target_version == 2, 10, "the rollout has begun")
    deploy(mesh, app_file(mesh, "three", "probe-app", user_config={"version": "3"}))
    said, complained = overtaken.communicate(timeout=20)
    assert overtaken.returncode == 1, said
    assert "RUNNING" not in said and "v2 was overtaken by v3" in complained


def test_a_waiting_deploy_outlives_the_controller(mesh):
    file = probe_app(mesh.folder)
    mesh.up(file)
    new = waiting(mesh, "deploy", rewrite(file, user_config={"startup_s": 3, "version": "new"}))
    wait_until(lambda: mesh.app().target_version == 2, 10, "the rollout has begun")
    for _ in range(2):
        os.kill(mesh.process("controller"), signal.SIGKILL)
        wait_until(lambda: mesh.status().routers, 20, "the controller is back")
        assert new.poll() is None, new.communicate()
    said, complained = new.communicate(timeout=60)
    assert new.returncode == 0 and "v2 is RUNNING" in said, complained
    assert mesh.app().version == 2


def test_a_waiting_deploy_ends_when_the_mesh_does(mesh):
    file = probe_app(mesh.folder)
    mesh.up(file)
    new = waiting(mesh, "deploy", rewrite(file, user_config={"startup_s": 60}))
    wait_until(lambda: mesh.app().target_version == 2, 10, "the rollout has begun")
    mesh.cli("down")
    new.communicate(timeout=20)
    assert new.returncode != 0


def test_the_same_deploy_twice_waits_for_the_first(mesh):
    file = probe_app(mesh.folder)
    mesh.up(file)
    rewrite(file, user_config={"crash": True})
    first = waiting(mesh, "deploy", file)
    wait_until(lambda: mesh.app().target_version == 2, 10, "the rollout has begun")
    second = waiting(mesh, "deploy", file)
    for command in (first, second):
        said, complained = command.communicate(timeout=60)
        assert command.returncode == 1 and "just so" not in said, said
        assert "did not come up" in complained


# -- rollbacks


def test_a_rollback_to_the_same_files_says_that_nothing_changes(mesh):
    file = probe_app(mesh.folder)
    spec = json.loads(file.read_text())
    program = mesh.folder / "server.py"
    here = os.path.dirname(spec["deployments"][0]["command"][1])
    text = f"import sys\nsys.path.insert(0, {here!r})\nimport probe_server\nprobe_server.main()\n"
    program.write_text(text)
    rewrite(file, command=[spec["deployments"][0]["command"][0], str(program)])
    mesh.up(file)
    program.write_text(text + "# built anew\n")
    deploy(mesh, file)
    before = mesh.wait_running("probe", 1)[0].pid
    said = mesh.cli("rollback", "probe-app").stdout
    assert "nothing changes" in said and "rolled out" not in said
    assert mesh.app().version == 2 and mesh.wait_running("probe", 1)[0].pid == before


def test_a_rollback_waits_and_says_what_it_brought_back(mesh):
    file = probe_app(mesh.folder, user_config={"version": "one"})
    mesh.up(file)
    deploy(mesh, rewrite(file, user_config={"version": "two"}))
    said = mesh.cli("rollback", "probe-app").stdout
    assert "v3 (v1 again) is RUNNING" in said
    with mesh.channel() as channel:
        assert ended(stub(mesh, channel))[1].version == "one"


def test_a_rollback_during_a_rollout_returns_to_what_serves_at_once(mesh):
    file = probe_app(mesh.folder, user_config={"version": "zero"})
    mesh.up(file)
    deploy(mesh, rewrite(file, user_config={"version": "one"}))
    before = mesh.wait_running("probe", 1)[0].pid
    new = waiting(mesh, "deploy", rewrite(file, user_config={"startup_s": 30, "version": "two"}))
    wait_until(lambda: mesh.app().target_version == 3, 10, "the rollout has begun")
    starting = wait_until(lambda: mesh.replicas("probe", "STARTING"), 10, "its replica starts")
    began = time.monotonic()
    said = mesh.cli("rollback", "probe-app").stdout
    assert "v3 is given up; v2 serves as before" in said and time.monotonic() - began < 2
    complained = new.communicate(timeout=5)[1]
    assert new.returncode == 1 and "it was rolled back to version v2" in complained, complained
    assert mesh.app().version == 2 and mesh.app().target_version == 0
    wait_until(lambda: not os.path.exists(f"/proc/{starting[0].pid}"), 25, "the new replica is gone")
    assert mesh.wait_running("probe", 1)[0].pid == before, "the old one was not touched"
    with mesh.channel() as channel:
        assert ended(stub(mesh, channel))[1].version == "one"
    # The next one undoes the deploy before.
    assert "v1 again" in mesh.cli("rollback", "probe-app").stdout
    with mesh.channel() as channel:
        assert ended(stub(mesh, channel))[1].version == "zero"


def test_a_rollback_after_a_failed_deploy_ends_the_failure(mesh):
    file = probe_app(mesh.folder, user_config={"version": "zero"})
    mesh.up(file)
    deploy(mesh, rewrite(file, user_config={"version": "one"}))
    assert deploy(mesh, rewrite(file, user_config={"crash": True}), check=False).returncode == 1
    assert "v3 is given up; v2 serves as before" in mesh.cli("rollback", "probe-app").stdout
    assert "DEPLOY_FAILED" not in mesh.cli("status").stdout
    with mesh.channel() as channel:
        assert ended(stub(mesh, channel))[1].version == "one"


def test_a_delete_during_a_rollout_tells_the_deploy(mesh):
    file = probe_app(mesh.folder)
    mesh.up(file)
    new = waiting(mesh, "deploy", rewrite(file, user_config={"startup_s": 30}))
    wait_until(lambda: mesh.app().target_version == 2, 10, "the rollout has begun")
    mesh.cli("delete", "probe-app")
    complained = new.communicate(timeout=5)[1]
    assert new.returncode == 1 and "it was deleted" in complained, complained


def test_a_rollout_gives_up_the_version_that_somebody_rolls_back_over_a_restart(mesh):
    file = probe_app(mesh.folder, user_config={"version": "one"})
    mesh.up(file)
    new = waiting(mesh, "deploy", rewrite(file, user_config={"startup_s": 30, "version": "two"}))
    wait_until(lambda: mesh.replicas("probe", "STARTING"), 10, "its replica starts")
    mesh.cli("rollback", "probe-app")
    os.kill(mesh.process("controller"), signal.SIGKILL)
    wait_until(lambda: mesh.status().routers, 20, "the controller is back")
    assert new.communicate(timeout=20)[1].count("rolled back") == 1 and new.returncode == 1
    assert mesh.app().version == 1 and mesh.app().target_version == 0


def test_deploys_that_overtake_one_another_within_milliseconds_all_tell_the_truth(mesh):
    mesh.up(app_file(mesh, "zero", "probe-app"))
    files = [
        app_file(mesh, f"f{number}", "probe-app", user_config={"version": str(number)})
        for number in range(4)]
    commands = []
    for file in files:
        commands.append(waiting(mesh, "deploy", file))
        time.sleep(0.02)
    ends = [command.communicate(timeout=60) for command in commands]
    served = mesh.app().version
    with mesh.channel() as channel:
        version = ended(stub(mesh, channel))[1].version
    running = [index for index, command in enumerate(commands) if command.returncode == 0]
    assert len(running) == 1 and str(running[0]) == version, ends
    for index, (said, complained) in enumerate(ends):
        if index in running:
            assert f"v{served} is RUNNING" in said
        else:
            assert "was overtaken by v" in complained and "RUNNING" not in said, ends


def test_a_deploy_right_after_a_delete_under_load_loses_only_what_the_delete_refuses(mesh):
    file = probe_app(mesh.folder)
    mesh.up(file)
    codes = []
    stopping = threading.Event()

    def call():
        with mesh.channel() as channel:
            probe = stub(mesh, channel)
            while not stopping.is_set():
                codes.append(ended(probe, timeout=20, sleep_ms=5)[:2])

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for round in range(3):
            wait_until(lambda: len(codes) > 50 * (round + 1), 20, "calls go on")
            delete = waiting(mesh, "delete", "probe-app")
            wait_until(lambda: "probe.v1" not in routes(mesh), 5, "it is being deleted")
            deploy(mesh, file)
            delete.communicate(timeout=30)
            reached = len(codes)
            wait_until(lambda: len(codes) > reached + 20, 20, "calls go on")
            assert all(code == "OK" for code, _ in codes[-15:]), codes[-15:]
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    others = {text for code, text in codes if code != "OK"}
    assert all("no route for probe.v1.Probe/Echo" in text for text in others), others
